package alerts

import (
	"bytes"
	"strings"
)

// nginxLine reads a line of nginx's error log: "date time [level] pid#tid: *connection message, client: …, upstream: …".
func nginxLine(line []byte) (Failure, bool) {
	// Ordinary lines have neither word; the search costs a few nanoseconds.
	if !bytes.Contains(line, []byte("upstream")) && !bytes.Contains(line, []byte("resolv")) {
		return Failure{}, false
	}
	message, ok := nginxMessage(line)
	if !ok {
		return Failure{}, false
	}
	kind, words := nginxKind(message)
	if kind == "" {
		return Failure{}, false
	}
	f := Failure{Kind: kind}
	if kind == DNS {
		return nginxDNS(f, words), true
	}
	f.Target, f.Why = nginxUpstream(message, words)
	return f, true
}

// nginxMessage takes off the head of a line and reports whether it had one.
func nginxMessage(line []byte) ([]byte, bool) {
	level := bytes.IndexByte(line[:min(len(line), 32)], '[')
	if level < 0 {
		return nil, false
	}
	end := bytes.Index(line[level:min(len(line), level+64)], []byte(": "))
	if end < 0 {
		return nil, false
	}
	message := line[level+end+2:]
	if len(message) > 0 && message[0] == '*' {
		_, message = nextField(message)
	}
	return message, true
}

// nginxKind recognises the messages about upstreams. It returns the nginx part of the message, up to the fields that follow, which
// repeat what clients sent. Warnings about buffering, errors of PHP ("FastCGI sent in stderr") and clients that went away are ordinary.
func nginxKind(message []byte) (kind, words string) {
	if !nginxMayMatter(message) {
		return "", ""
	}
	end := bytes.Index(message, []byte(", client: "))
	if end < 0 {
		end = len(message)
	}
	words = string(message[:min(end, 512)])
	call, rest, _ := strings.Cut(words, " ")
	switch {
	case strings.HasPrefix(words, "kevent() reported that connect() failed"):
		call = "connect()"
	case strings.HasPrefix(words, "no live upstreams while connecting to upstream"):
		return NoServer, words
	case strings.HasPrefix(words, "upstream "), strings.HasPrefix(words, "peer closed connection in SSL handshake"):
		return nginxSaid(words), words
	case strings.HasPrefix(words, "host not found in upstream "), strings.HasPrefix(rest, "could not be resolved ("):
		return DNS, words
	}
	return nginxCall(call, words), words
}

// nginxMayMatter looks at the first word, at no cost for ordinary lines.
func nginxMayMatter(message []byte) bool {
	first, rest := nextField(message)
	switch string(first) {
	case "connect()", "recv()", "send()", "writev()", "readv()", "sendfile()", "SSL_do_handshake()", "SSL_read()", "SSL_write()",
		"kevent()", "no", "upstream", "peer", "host":
		return true
	}
	return bytes.HasPrefix(rest, []byte("could not be resolved ("))
}

// nginxSaid recognises what nginx says about the upstream itself.
func nginxSaid(words string) string {
	for _, m := range []struct{ start, kind string }{
		{"upstream server temporarily disabled while", Failed},
		{"upstream timed out (", TimedOut},
		{"upstream prematurely closed", Closed},
		{"upstream sent no valid", Protocol},
		{"upstream sent invalid", Protocol},
		{"upstream sent unsupported", Protocol},
		{"upstream SSL certificate", TLS},
		{"peer closed connection in SSL handshake", TLS},
	} {
		if !strings.HasPrefix(words, m.start) {
			continue
		}
		if m.kind == TimedOut && !strings.Contains(words, "while connecting to upstream") {
			return Hang
		}
		return m.kind
	}
	return ""
}

// nginxCall recognises system and library calls that failed.
func nginxCall(call, words string) string {
	resolving := strings.Contains(words, " while resolving")
	switch call {
	case "connect()":
		switch {
		case resolving:
			return DNS
		case !strings.Contains(words, " to upstream"):
			return ""
		}
		return firstOf(failureKind(words), Failed)
	case "recv()", "send()", "writev()", "readv()", "sendfile()", "SSL_read()", "SSL_write()":
		switch {
		case resolving:
			return DNS
		case !strings.Contains(words, " failed (") || !strings.Contains(words, " upstream"):
			return ""
		}
		return firstOf(failureKind(words), Failed)
	case "SSL_do_handshake()":
		if strings.Contains(words, " to upstream") {
			return TLS
		}
	}
	return ""
}

// nginxDNS says what failed to resolve. The resolver's address is not that of the backend.
func nginxDNS(f Failure, words string) Failure {
	if quoted, ok := strings.CutPrefix(words, `host not found in upstream "`); ok {
		name, _, _ := strings.Cut(quoted, `"`)
		if t, ok := hostPort(name); ok {
			f.Target = t
			return f
		}
	}
	f.Why = "the line is about the name server or a name that does not resolve, and names no backend"
	return f
}

// nginxUpstream reads the field upstream: "scheme://host:port/path", "scheme://group/path", "host:port" of the stream module.
// Requests may hold quotes, so that a client can write a field upstream of its own: where the fields disagree, there is no target.
// An error that names the address itself ("connect() to 198.51.100.9:80 failed") decides.
func nginxUpstream(message []byte, words string) (target, why string) {
	if rest, ok := strings.CutPrefix(words, "connect() to "); ok {
		addr, _, _ := strings.Cut(rest, " ")
		if t, ok := hostPort(addr); ok {
			return t, ""
		}
	}
	const marker = `upstream: "`
	for rest := message; ; {
		i := bytes.Index(rest, []byte(marker))
		if i < 0 {
			break
		}
		rest = rest[i+len(marker):]
		end := bytes.IndexByte(rest, '"')
		if end < 0 {
			end = len(rest)
		}
		t, unix := nginxAddress(string(rest[:end]))
		switch {
		case unix:
			return "", "the upstream is a unix socket on the load balancer itself: no address to connect to"
		case target != "" && t != target:
			return "", "the line names more than one upstream, as a request can make it do"
		}
		target = t
	}
	if target == "" {
		why = "the line names no upstream"
	}
	return target, why
}

// nginxAddress normalises the field's value.
func nginxAddress(value string) (target string, unix bool) {
	_, rest, ok := strings.Cut(value, "://")
	if !ok {
		rest = value
	}
	if strings.HasPrefix(rest, "unix:") {
		return "", true
	}
	addr, _, _ := strings.Cut(rest, "/")
	if t, ok := hostPort(addr); ok {
		return t, false
	}
	if validName(addr) {
		return addr, false
	}
	return "", false
}
