package alerts

import (
	"net/netip"
	"strings"
)

// Bounds of the work on a text made of nothing but colons, and on one URL.
const (
	maxColons = 256
	maxURL    = 512
)

// A candidate is an address that stands in a text.
type candidate struct {
	target string
	// sure is set when the words before it say that this is what could not be reached.
	sure bool
}

// addressesIn finds the targets that a text for people names. It would rather find none than take a time, a version, a hardware
// address, a file and line, or a link to a dashboard for a target. Where some addresses are said to be what could not be reached,
// only those count: "lb1.example.com:8404 cannot connect to 10.0.3.12:8080" names one target.
func addressesIn(s string) []string {
	s = clip(s, maxTextScanned)
	var found []candidate
	sure, colons := false, 0
	for i := 0; i+1 < len(s) && len(found) < maxTargets && colons < maxColons; i++ {
		if s[i] != ':' {
			continue
		}
		colons++
		if c, ok := candidateAt(s, i); ok {
			found = append(found, c)
			sure = sure || c.sure
		}
	}
	for _, c := range portsInWords(s) {
		found = append(found, c)
		sure = true
	}
	var targets []string
	for _, c := range found {
		if c.sure || !sure {
			targets = appendNew(targets, c.target)
		}
	}
	return targets
}

// candidateAt reads the address whose colon is at i.
func candidateAt(s string, i int) (candidate, bool) {
	if strings.HasPrefix(s[i:], "://") {
		return urlAt(s, i)
	}
	end := i + 1
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	start := hostStart(s, i)
	if bare := bareV6(s, start, i); bare != "" && portEnds(s, end) && end > i+1 {
		t, ok := hostPort(bare + s[i:end])
		return candidate{target: t, sure: true}, ok
	}
	if end == i+1 || start == i || !portEnds(s, end) || !hostBegins(s, start) && !afterSlash(s, start, i) {
		return candidate{}, false
	}
	target, ok := hostPort(s[start:end])
	if !ok || strings.HasPrefix(s[end:], "->") || oddHost(s[start:i]) {
		return candidate{}, false
	}
	before := wordsBefore(s, start)
	if before.foreign() || before.measured(s, start, end) || unspecified(target) {
		return candidate{}, false
	}
	sure := before.reached() || strings.HasSuffix(s[:start], "->")
	if !strings.ContainsAny(s[start:i], ".:") && !sure && strings.TrimSpace(s) != s[start:end] {
		return candidate{}, false // a bare word and a number, such as "error:111", unless the words before it say what it is
	}
	return candidate{target: target, sure: sure}, true
}

// hostStart is where the host before the colon at i begins.
func hostStart(s string, i int) int {
	if i > 0 && s[i-1] == ']' {
		from := max(0, i-64)
		if open := strings.LastIndexByte(s[from:i], '['); open >= 0 {
			return from + open
		}
		return i
	}
	start := i
	for start > 0 && i-start < 254 && (alnum(s[start-1]) || strings.IndexByte(".-_", s[start-1]) >= 0) {
		start--
	}
	for start < i && !alnum(s[start]) {
		start++
	}
	return start
}

// portEnds refuses a port that goes on: "10.0.0.1:80:ff", "nginx:1.25", "02:41Z".
func portEnds(s string, end int) bool {
	if end == len(s) {
		return true
	}
	switch c := s[end]; {
	case c == ':':
		return end+1 == len(s) || s[end+1] == ' ' || s[end+1] == '\n' // "10.0.0.1:80: connection refused"
	case alnum(c) || c == '_' || c == '%':
		return false
	case c == '.' || c == ',' || c == '-':
		return end+1 == len(s) || !alnum(s[end+1])
	}
	return true
}

// hostBegins refuses a host that is the rest of something longer: "fd91::10.0.0.1:80", "registry/nginx:80", "é.example:80".
func hostBegins(s string, start int) bool {
	if start == 0 {
		return true
	}
	c := s[start-1]
	if c == '/' {
		return false // "scheme://host:port" is read at its own colon
	}
	if c == ':' {
		return tagName(s[:start-1]) // "instance:10.0.0.1:80", as Datadog writes tags
	}
	return !alnum(c) && strings.IndexByte(":_.@\\$%&#~", c) < 0 && c < 0x80
}

// tagName reports whether s ends in the name of a tag that holds an address.
func tagName(s string) bool {
	start := len(s)
	for start > 0 && len(s)-start < 16 && (alnum(s[start-1]) || s[start-1] == '_') {
		start--
	}
	switch s[start:] {
	case "instance", "target", "address", "addr", "upstream", "server", "peer", "backend", "endpoint", "target_host":
		return true
	}
	return false
}

// oddHost tells hosts that are files, dates or versions.
func oddHost(host string) bool {
	if strings.HasPrefix(host, "[") {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	if len(host) > 10 && host[4] == '-' && host[7] == '-' && numeric(host[:4]) {
		return true // 2026-11-21T02:41
	}
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	return strings.Contains(host, ".") && sourceSuffixes[last] || notHosts[strings.ToLower(host)]
}

// sourceSuffixes end names of files, which messages give with a line: "proxy.go:117".
var sourceSuffixes = setOf("go py rb js ts tsx jsx java kt scala c cc cpp h hpp rs php lua pl sh sql cs conf cfg cnf ini toml yml yaml json xml html log txt md")

// notHosts are words that stand before a colon and a number without being hosts.
var notHosts = setOf("error errno code status port line exit http https tcp udp priority severity level pid tid uid gid id count total time ttl weight size attempt retry step version http1 v1 v2 v3 sha256 md5 mac")

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// context is the words before an address, in lower case.
type context struct{ last, previous, third string }

func wordsBefore(s string, start int) context {
	from := max(0, start-48)
	words := strings.FieldsFunc(strings.ToLower(s[from:start]), func(r rune) bool {
		return strings.ContainsRune(" \t\n\"'`()<>=,;", r)
	})
	var c context
	for i, place := range []*string{&c.last, &c.previous, &c.third} {
		if n := len(words) - 1 - i; n >= 0 {
			*place = strings.TrimRight(words[n], ":")
		}
	}
	return c
}

// foreign tells addresses that are said to be something other than the target.
func (c context) foreign() bool {
	if c.third == "lookup" || c.previous == "lookup" {
		return true // "lookup web on 127.0.0.53:53": the resolver
	}
	switch c.last {
	case "client", "resolver", "nameserver", "dns", "from", "image", "via", "listen", "listening", "referrer", "source", "src", "peer":
		return c.last != "from" || !answers[c.previous]
	case "on", "by", "at":
		switch c.previous {
		case "running", "listening", "prometheus", "reported", "seen", "host", "resolver":
			return true
		}
	case "server":
		return c.previous == "dns" || c.previous == "name"
	}
	return false
}

// answers are words after which "from" names who was asked: "502 from 10.0.3.12:8080".
var answers = setOf("refused error response answer reset 502 503 504")

// reached tells addresses that are said to be what could not be reached.
func (c context) reached() bool {
	switch c.last {
	case "to", "reach", "reaching", "connect", "connecting", "dial", "tcp", "upstream", "backend", "target", "endpoint", "server",
		"econnrefused", "ehostunreach", "etimedout", "econnreset", "probe", "probing", "refused", "unreachable", "against":
		return true
	case "of", "for":
		switch c.previous {
		case "probe", "check", "refused", "refused)", "connection", "l4con", "l4tout", "failed", "failing", "down", "healthcheck":
			return true
		}
	case "by", "from":
		return c.previous == "refused"
	}
	return false
}

// appendNew appends what is not there yet, up to the bound.
func appendNew(list []string, s string) []string {
	if len(list) >= maxTargets {
		return list
	}
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}
