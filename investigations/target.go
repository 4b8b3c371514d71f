package investigations

import (
	"net/netip"
	"strconv"
	"strings"
)

// The kinds of target.
const (
	TargetAddress  = "address"  // an IP address and a port
	TargetName     = "name"     // a host name and a port
	TargetURL      = "url"      // a URL, of which scheme, host and port count
	TargetUpstream = "upstream" // a name that a load balancer gives to a group of servers
)

// maxTarget is the longest text that ParseTarget looks at, in bytes: a host
// name has at most 253 (RFC 1035, 2.3.4), the rest is for what surrounds it.
const maxTarget = 2048

// Target is what a load balancer cannot reach.
type Target struct {
	Text   string `json:"text"`             // as it is shown and written again; ParseTarget(Text) gives the same target
	Kind   string `json:"kind"`             // address, name, url or upstream
	Host   string `json:"host"`             // an address without brackets, a host name in lower case, or an upstream's name
	Port   int    `json:"port,omitempty"`   // 1 to 65535; 0 for an upstream
	Scheme string `json:"scheme,omitempty"` // of a URL, in lower case
}

// String returns the target as a person writes it.
func (t Target) String() string { return t.Text }

// Addr returns the address of a target whose host is one.
func (t Target) Addr() (netip.Addr, bool) {
	a, err := netip.ParseAddr(t.Host)
	return a, err == nil && t.Kind != TargetUpstream
}

// TargetError says why a text is no target and how one is written. Neither
// field repeats the text, which may hold a password.
type TargetError struct {
	Reason string // a clause
	Hint   string // how it is written
}

func (e *TargetError) Error() string { return e.Reason }

// howTo is the hint where no better one is known.
const howTo = "write host:port, for example web.test:8080, 10.0.3.12:8080 or [fd00::12]:8080, a URL, or the name of an upstream"

// ParseTarget reads a target as a person, an alert or a log line writes it:
// host:port, [v6]:port, a URL, or the name of an upstream (NAME, upstream:NAME,
// or backend/server as HAProxy logs it). What Slack and telephones put around
// it is removed. Every spelling of an IPv4 address that inet_aton(3) takes
// becomes the address that it means, and a v4-mapped IPv6 address the IPv4 one.
// The error is a *TargetError.
func ParseTarget(text string) (Target, error) {
	text, err := undecorate(text)
	if err != nil {
		return Target{}, err
	}
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		return parseURL(scheme, rest)
	}
	if name, ok := cutFold(text, "upstream:"); ok && !allDigits(name) {
		return parseUpstream(name)
	}
	if strings.Contains(text, "@") {
		return Target{}, userinfoError(text)
	}
	if !strings.ContainsAny(text, ":[]") && !isNumeric(text) {
		return parseUpstream(text)
	}
	host, port, err := parseHostPort(text, 0)
	if err != nil {
		return Target{}, err
	}
	return hostTarget(host, port), nil
}

// hostTarget makes a target of a host and port that are valid.
func hostTarget(host string, port int) Target {
	kind := TargetName
	if _, err := netip.ParseAddr(host); err == nil {
		kind = TargetAddress
	}
	return Target{Text: joinHostPort(host, port), Kind: kind, Host: host, Port: port}
}

// defaultPorts are the ports of schemes that have one (IANA).
var defaultPorts = map[string]int{"http": 80, "https": 443, "ws": 80, "wss": 443}

// parseURL reads what follows scheme://. Path, query and fragment are dropped:
// they say nothing about the connection and may hold what nobody should see.
func parseURL(scheme, rest string) (Target, error) {
	scheme = strings.ToLower(scheme)
	if !validScheme(scheme) {
		return Target{}, &TargetError{"the part before :// is not a scheme", "write for example http://web.test:8080"}
	}
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		rest = rest[:i]
	}
	if strings.Contains(rest, "@") {
		return Target{}, userinfoError(rest)
	}
	host, port, err := parseHostPort(rest, defaultPorts[scheme])
	if err != nil {
		return Target{}, err
	}
	t := Target{Text: scheme + "://" + joinHostPort(host, port), Kind: TargetURL, Host: host, Port: port, Scheme: scheme}
	if port == defaultPorts[scheme] {
		t.Text = scheme + "://" + bracketed(host)
	}
	return t, nil
}

// userinfoError refuses what stands before an @, which may be a password.
func userinfoError(text string) error {
	user := text[:strings.LastIndex(text, "@")]
	if strings.Contains(user, ":") {
		return &TargetError{"it holds a password", "write it without user and password, for example https://web.test:8443; if the password was real, change it"}
	}
	return &TargetError{"it holds a user name or is a mail address", "write only the host and its port, for example web.test:8080"}
}

// parseUpstream reads the name of an upstream: the characters that HAProxy
// takes in the name of a proxy and nginx in practice, without the colon.
func parseUpstream(name string) (Target, error) {
	group, server, both := strings.Cut(name, "/")
	if !validUpstream(group) || both && !validUpstream(server) {
		if !isASCII(name) {
			_, err := parseName(name)
			return Target{}, err
		}
		return Target{}, &TargetError{"it is neither host:port nor the name of an upstream", howTo}
	}
	t := Target{Text: name, Kind: TargetUpstream, Host: name}
	if isNumeric(name) {
		t.Text = "upstream:" + name
	}
	return t, nil
}

func validUpstream(s string) bool {
	return s != "" && len(s) <= 128 && allOf(s, func(c byte) bool { return isAlnum(c) || c == '.' || c == '_' || c == '-' })
}

func validScheme(s string) bool {
	return s != "" && len(s) <= 32 && s[0] >= 'a' && s[0] <= 'z' &&
		allOf(s, func(c byte) bool { return isAlnum(c) || c == '+' || c == '.' || c == '-' })
}

// cutFold is strings.CutPrefix without regard to the case of ASCII letters.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func joinHostPort(host string, port int) string {
	return bracketed(host) + ":" + strconv.Itoa(port)
}
