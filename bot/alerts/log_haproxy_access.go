package alerts

import (
	"bytes"
	"strings"
)

// haproxyAccess reads a line of the access log, in HTTP or TCP format, from its front: what a client can write stands at the end.
//
//	client:port [date] frontend backend/server timers status bytes cookie cookie flags …   (HTTP; five timers)
//	client:port [date] frontend backend/server timers bytes flags …                        (TCP; three timers)
func haproxyAccess(line []byte) (Failure, bool) {
	i := bytes.Index(line[:min(len(line), 128)], []byte("] "))
	if i < 0 {
		return Failure{}, false
	}
	_, rest := nextField(line[i+2:]) // frontend
	pair, rest := nextField(rest)
	timers, rest := nextField(rest)
	skip := 1 // bytes
	if bytes.Count(timers, []byte("/")) >= 4 {
		skip = 4 // status, bytes, two cookies
	}
	for range skip {
		_, rest = nextField(rest)
	}
	flags, _ := nextField(rest)
	if len(flags) < 2 || len(flags) > 4 || flags[0] == '-' {
		return Failure{}, false
	}
	kind := terminationKind(flags)
	if kind == "" {
		return Failure{}, false
	}
	return haproxyPair(string(pair), kind)
}

// terminationKind reads the session state at disconnection (configuration manual, 8.5): who or what ended it, and when. Clients
// that leave, refusals by rules, and lack of resources in the proxy itself say nothing about a server.
func terminationKind(flags []byte) string {
	cause, phase := flags[0], flags[1]
	switch {
	case cause == 'D':
		return Failed // killed because the server went down
	case phase == 'C' && cause == 'S':
		return Refused
	case phase == 'C' && cause == 's':
		return TimedOut
	case phase == 'H' && cause == 'S':
		return Closed
	case phase == 'H' && cause == 's':
		return Hang
	case phase == 'Q' && cause == 's':
		return NoServer // waited in the queue for a server in vain
	}
	return ""
}

// haproxyPair is the failure of "backend/server", or of the backend where no server was left.
func haproxyPair(pair, kind string) (Failure, bool) {
	backend, server, ok := strings.Cut(pair, "/")
	if !ok || !validName(backend) {
		return Failure{}, false
	}
	if server == "<NOSRV>" {
		return Failure{Target: backend, Kind: NoServer}, true
	}
	if !validPair(pair) {
		return Failure{}, false // "<STATS>" and the like
	}
	return Failure{Target: pair, Kind: kind}, true
}
