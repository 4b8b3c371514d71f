package alerts

import (
	"bytes"
	"strings"
)

// apacheLine reads a line of Apache's error log: "[date] [module:level] [pid …] (errno)text: [client …] AH00957: message". The code
// must stand where Apache writes it; what clients sent comes later.
func apacheLine(line []byte) (Failure, bool) {
	if !bytes.Contains(line, []byte("proxy")) {
		return Failure{}, false
	}
	code, errno, message := apacheMessage(line)
	switch code {
	case "AH00957", "AH02454": // attempt to connect to ADDRESS (NAME) failed; the second is of unix sockets
		return apacheAttempt(message, errno)
	case "AH00959", "AH00940", "AH01030": // disabling worker for (NAME); disabled connection for (NAME)
		return apacheNamed(message, "for (", ")", Failed)
	case "AH01102", "AH01097": // error reading status line from remote server NAME
		return apacheNamed(message, "remote server ", " ,", firstOf(failureKind(errno), Closed))
	case "AH01084": // pass request body failed to ADDRESS (NAME)
		return apacheNamed(message, "failed to ", " ,", firstOf(failureKind(errno), Reset))
	case "AH01114", "AH01079", "AH00896", "AH00868": // failed to make connection to backend: HOST[:PORT]
		return apacheNamed(message, "backend: ", " ,", Failed)
	case "AH00898":
		if strings.HasPrefix(message, "DNS lookup failure for: ") {
			return Failure{Kind: DNS, Why: "the line is about a name that does not resolve, and names no port"}, true
		}
	}
	return Failure{}, false
}

// apacheMessage skips groups in brackets and the error in between: "(111)Connection refused: ".
func apacheMessage(line []byte) (code, errno, message string) {
	s := string(line[:min(len(line), 1024)])
	for range 8 {
		switch {
		case strings.HasPrefix(s, "["):
			_, rest, ok := strings.Cut(s, "] ")
			if !ok {
				return "", "", ""
			}
			s = rest
		case strings.HasPrefix(s, "(") && errno == "":
			text, rest, ok := strings.Cut(s, ": ")
			if !ok {
				return "", "", ""
			}
			errno, s = text, rest
		case strings.HasPrefix(s, "AH") && len(s) > 9 && s[7:9] == ": " && numeric(s[2:7]):
			return s[:7], errno, s[9:]
		default:
			return "", "", ""
		}
	}
	return "", "", ""
}

// apacheAttempt reads "http: attempt to connect to 10.0.3.12:8080 (web:8080) failed".
func apacheAttempt(message, errno string) (Failure, bool) {
	_, rest, ok := strings.Cut(message, "attempt to connect to ")
	if !ok {
		return Failure{}, false
	}
	f := Failure{Kind: firstOf(failureKind(errno), Failed)}
	if strings.HasPrefix(rest, "Unix domain socket") {
		f.Why = "the upstream is a unix socket on the load balancer itself: no address to connect to"
		return f, true
	}
	addr, _, _ := strings.Cut(rest, " ")
	f.Target, ok = hostPort(addr)
	return f, ok
}

// apacheNamed reads the address between two marks. Without a port there is no target: the line AH00957 just before names it.
func apacheNamed(message, before, after, kind string) (Failure, bool) {
	_, rest, ok := strings.Cut(message, before)
	if !ok {
		return Failure{}, false
	}
	if i := strings.IndexAny(rest, after); i >= 0 {
		rest = rest[:i]
	}
	target, ok := hostPort(strings.TrimSpace(rest))
	return Failure{Target: target, Kind: kind}, ok
}
