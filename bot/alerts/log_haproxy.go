package alerts

import (
	"bytes"
	"strings"
)

// haproxyLine reads a line of HAProxy's log: about health ("Server bk/s1 is DOWN, …"), or of its access log. With the option
// log-health-checks the reason stands on a line "Health check for server …" and the DOWN line has none. The lines carry no
// address: the target is the pair that HAProxy knows.
func haproxyLine(line []byte) (Failure, bool) {
	if len(line) > 0 && line[0] == '[' {
		line = afterLevel(line)
	}
	if clientAddress(line) {
		return haproxyAccess(line)
	}
	for _, form := range haproxyForms {
		if len(line) > len(form.start) && string(line[:len(form.start)]) == form.start {
			return form.read(string(line[len(form.start):min(len(line), 512)]))
		}
	}
	return Failure{}, false
}

// haproxyForms are the beginnings of the lines about health.
var haproxyForms = []struct {
	start string
	read  func(rest string) (Failure, bool)
}{
	{"Health check for server ", haproxyCheck},
	{"Health check for backup server ", haproxyCheck},
	{"Server ", haproxyServer},
	{"Backup Server ", haproxyServer},
	{"Backup server ", haproxyServer},
	{"backend ", haproxyBackend},
	{"Backend ", haproxyBackend},
	{"proxy ", haproxyBackend},
	{"Proxy ", haproxyBackend},
}

// afterLevel takes off "[WARNING] (715) : " and the older "[WARNING] 324/030405 (715) : " of a terminal.
func afterLevel(line []byte) []byte {
	if i := bytes.Index(line[:min(len(line), 64)], []byte(" : ")); i >= 0 {
		return line[i+3:]
	}
	_, rest := nextField(line)
	return rest
}

// haproxyCheck reads "bk/s1 failed, reason: Layer4 connection problem, info: "Connection refused", …".
func haproxyCheck(rest string) (Failure, bool) {
	name, rest, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(rest, "failed") || !validPair(name) {
		return Failure{}, false
	}
	return Failure{Target: name, Kind: haproxyReason(rest)}, true
}

// haproxyServer reads "bk/s1 is DOWN, reason: …" and "bk/s1 is UP, …". A server going into or out of maintenance is a person's doing.
func haproxyServer(rest string) (Failure, bool) {
	name, rest, _ := strings.Cut(rest, " ")
	if !validPair(name) {
		return Failure{}, false
	}
	switch {
	case strings.HasPrefix(rest, "is DOWN") && !strings.HasPrefix(rest, "is DOWN for maintenance"), strings.HasPrefix(rest, "is going DOWN") && !strings.Contains(rest, "maintenance"):
		return Failure{Target: name, Kind: haproxyReason(rest)}, true
	case strings.HasPrefix(rest, "is UP") && !strings.Contains(rest, "maintenance"):
		return Failure{Target: name, Recovered: true}, true
	}
	return Failure{}, false
}

// haproxyBackend reads "bk has no server available!", with or without quotes.
func haproxyBackend(rest string) (Failure, bool) {
	name, rest, _ := strings.Cut(rest, " ")
	name = strings.Trim(name, "'")
	if !strings.HasPrefix(rest, "has no server available") || !validName(name) {
		return Failure{}, false
	}
	return Failure{Target: name, Kind: NoServer}, true
}

// validPair accepts "backend/server".
func validPair(name string) bool { return strings.Contains(name, "/") && validName(name) }

// haproxyReason reads the result of a check: the layer that failed and the info that it gives (management guide, "check_status").
func haproxyReason(s string) string {
	_, reason, found := strings.Cut(s, "reason: ")
	if !found {
		return Failed
	}
	switch {
	case strings.HasPrefix(reason, "Layer4 timeout"), strings.HasPrefix(reason, "Layer1-4 timeout"):
		return TimedOut
	case strings.HasPrefix(reason, "Layer4"), strings.HasPrefix(reason, "Socket error"):
		return firstOf(failureKind(reason), Failed)
	case strings.HasPrefix(reason, "Layer6"):
		return TLS
	case strings.HasPrefix(reason, "Layer7 timeout"):
		return Hang
	case strings.HasPrefix(reason, "Layer7 invalid"):
		return Protocol
	}
	return Check
}
