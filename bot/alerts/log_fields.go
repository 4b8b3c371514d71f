package alerts

import (
	"bytes"
	"strings"
)

// failureKind reads the words for errors that the C library, Go, Node and the programs themselves use, or returns "".
func failureKind(s string) string {
	s = strings.ToLower(s)
	switch {
	case containsAny(s, "refused"):
		return Refused
	case containsAny(s, "no route to host", "unreachable", "ehostunreach", "enetunreach", "host is down"):
		return Unreachable
	case containsAny(s, "reset by peer", "econnreset", "connection reset"):
		return Reset
	case containsAny(s, "no such host", "name resolution", "lookup ", "enotfound", "eai_again"):
		return DNS
	case containsAny(s, "tls", "ssl", "x509", "certificate", "handshake"):
		return TLS
	case containsAny(s, "timed out", "timeout", "etimedout", "deadline exceeded"):
		return TimedOut
	case containsAny(s, "eof", "prematurely closed", "broken pipe", "closed"):
		return Closed
	}
	return ""
}

// goNetError reads an error of Go's net package: "dial tcp 10.0.3.12:8080: connect: connection refused", "read tcp a->b: …". The
// address of a failed lookup is the resolver's and is not taken.
func goNetError(s string) (target, kind string) {
	i := indexAny(s, "dial tcp", "read tcp", "write tcp")
	if i < 0 {
		return "", ""
	}
	operation := s[i]
	rest := strings.TrimLeft(s[i+strings.Index(s[i:], " tcp")+4:], "46")
	rest = strings.TrimPrefix(rest, " ")
	if strings.HasPrefix(rest, ": lookup ") || strings.HasPrefix(rest, "lookup ") {
		return "", DNS
	}
	addr, why, ok := strings.Cut(rest, ": ")
	if !ok {
		return "", ""
	}
	if _, remote, ok := strings.Cut(addr, "->"); ok {
		addr = remote
	}
	kind = failureKind(why)
	if kind == "" || containsAny(why, "assign requested address", "too many open files", "operation was canceled", "context canceled") {
		return "", ""
	}
	if operation != 'd' && kind == TimedOut {
		kind = Hang
	}
	if target, ok = hostPort(addr); !ok {
		return "", ""
	}
	return target, kind
}

// indexAny is the place of the first of the words, or -1.
func indexAny(s string, words ...string) int {
	for _, w := range words {
		if i := strings.Index(s, w); i >= 0 {
			return i
		}
	}
	return -1
}

// nextField cuts the text before the next space.
func nextField(line []byte) (field, rest []byte) {
	i := bytes.IndexByte(line, ' ')
	if i < 0 {
		return line, nil
	}
	return line[:i], line[i+1:]
}

// quotedField cuts a field in double quotes at the front, without them, and the space after it.
func quotedField(line []byte) (field, rest []byte, ok bool) {
	if len(line) < 2 || line[0] != '"' {
		return nil, nil, false
	}
	end := bytes.IndexByte(line[1:], '"')
	if end < 0 {
		return nil, nil, false
	}
	return line[1 : 1+end], bytes.TrimPrefix(line[end+2:], []byte(" ")), true
}
