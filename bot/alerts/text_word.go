package alerts

import (
	"net/netip"
	"regexp"
	"strings"
)

// portWords are the ways in which programs write a host and its port as words: curl, ssh and libpq ("connect to 10.0.3.12 port
// 8080", `connection to server at "10.0.3.12", port 5432`), Python's ("host='10.0.3.12', port=8080").
var portWords = []func() *regexp.Regexp{
	late(`(?i)\b(?:connect|connection|connecting|reach)(?: to)?(?: host| server)?(?: at)? ["'\[(]?([a-z0-9][a-z0-9._:-]*)["'\])]?,? port ([0-9]{1,5})\b`),
	late(`(?i)\bhost ?= ?["']?([a-z0-9][a-z0-9._:-]*)["']?,? +port ?= ?["']?([0-9]{1,5})\b`),
}

// fillers are words that stand where a host would: "connect to port 8080".
var fillers = setOf("to on at the a its this that host server via local remote destination target")

// portsInWords finds the addresses that a text writes as words.
func portsInWords(s string) (found []candidate) {
	if !strings.Contains(s, "port") {
		return nil
	}
	for _, form := range portWords {
		for _, m := range form().FindAllStringSubmatch(s, maxTargets) {
			if t, ok := hostPort(joinPort(m[1], m[2])); ok && !unspecified(t) && !oddHost(m[1]) && !fillers[m[1]] {
				found = append(found, candidate{target: t, sure: true})
			}
		}
	}
	return found
}

// bareV6 is the IPv6 address before the colon at i that Node writes without brackets: "connect ECONNREFUSED ::1:8080". Only
// after such a word is the last number surely a port.
func bareV6(s string, start, i int) string {
	for start > 0 && i-start < 46 && (alnum(s[start-1]) || s[start-1] == ':') {
		start--
	}
	if strings.Count(s[start:i], ":") < 2 {
		return ""
	}
	switch wordsBefore(s, start).last {
	case "econnrefused", "ehostunreach", "etimedout", "econnreset", "enetunreach":
	default:
		return ""
	}
	addr, err := netip.ParseAddr(s[start:i])
	if err != nil || !addr.Is6() || addr.Zone() != "" {
		return ""
	}
	return "[" + addr.String() + "]"
}

// afterSlash accepts the way Java writes a socket address: "web-2/10.0.3.12:8080", or "/10.0.3.12:8080" without a name. A path
// or the name of an image is longer, or holds no address.
func afterSlash(s string, start, i int) bool {
	if start == 0 || s[start-1] != '/' {
		return false
	}
	if _, err := netip.ParseAddr(strings.Trim(s[start:i], "[]")); err != nil {
		return false
	}
	from := start - 1
	for from > 0 && (alnum(s[from-1]) || strings.IndexByte(".-_", s[from-1]) >= 0) {
		from--
	}
	return from == 0 || strings.IndexByte(" \t\n\"'([=", s[from-1]) >= 0
}

// measured tells the address of who saw the trouble: "instance lb1:8404 reports", "unreachable from lb1 (10.0.1.1:8404)".
func (c context) measured(s string, start, end int) bool {
	if start > 0 && s[start-1] == '(' && (c.previous == "from" || c.previous == "by" || c.previous == "via" || c.previous == "on") {
		return true
	}
	after, _, _ := strings.Cut(strings.TrimLeft(s[end:min(len(s), end+24)], " "), " ")
	switch strings.TrimRight(strings.ToLower(after), ",:") {
	case "reports", "reported", "says", "said", "sees", "saw":
		return true
	}
	return false
}

// unspecified tells the address on which a program listens everywhere: nobody connects to it.
func unspecified(target string) bool {
	return strings.HasPrefix(target, "0.0.0.0:") || strings.HasPrefix(target, "[::]:")
}
