package alerts

import (
	"bytes"
	"slices"
)

// programs are those whose lines are read.
var programs = []string{"nginx", "haproxy", "envoy", "alb", "apache", "caddy", "traefik"}

func knownProgram(name string) bool { return slices.Contains(programs, name) }

// detect finds out which program wrote a line, if it is not given, and takes off what syslog, the journal or a container runtime
// put before it. It looks at the front of the line only.
func detect(program string, line []byte) (string, []byte) {
	line = bytes.TrimLeft(line, " ")
	if found := byForm(line); found != "" && (program == "" || program == found) {
		return found, line
	}
	named, rest := afterHeader(line)
	switch {
	case program != "":
		if len(rest) > 0 && (named == program || named == "" && byForm(rest) == program) {
			return program, rest
		}
		return program, line
	case named != "":
		return named, rest
	}
	return byForm(rest), rest
}

// byForm recognises a line by how it begins.
func byForm(line []byte) string {
	if len(line) < 16 {
		return ""
	}
	switch c := line[0]; {
	case c == '{':
		return jsonProgram(line)
	case c == '[':
		return bracketProgram(line)
	case '0' <= c && c <= '9':
		return digitProgram(line)
	}
	return wordProgram(line)
}

// bracketProgram: Apache begins with a day, Envoy with a year, HAProxy on a terminal with a level.
func bracketProgram(line []byte) string {
	switch c := line[1]; {
	case '0' <= c && c <= '9':
		return "envoy"
	case line[2] >= 'A' && line[2] <= 'Z':
		return "haproxy"
	case 'A' <= c && c <= 'Z':
		return "apache"
	}
	return ""
}

// digitProgram: nginx begins with 2026/11/21, Traefik's console with an ISO time and a level, HAProxy's access log with the
// client's address and a date in brackets.
func digitProgram(line []byte) string {
	if line[4] == '/' && line[7] == '/' {
		return "nginx"
	}
	if line[4] == '-' && line[7] == '-' {
		if i := bytes.IndexByte(line[:min(len(line), 40)], ' '); i > 0 && len(line) > i+4 && line[i+4] == ' ' && bytes.IndexByte([]byte("DIWEF"), line[i+1]) >= 0 {
			return "traefik"
		}
		return ""
	}
	if clientAddress(line) {
		return "haproxy"
	}
	return ""
}

// clientAddress reports whether the line begins with "address:port [".
func clientAddress(line []byte) bool {
	i := bytes.IndexByte(line[:min(len(line), 64)], ' ')
	return i > 0 && i+1 < len(line) && line[i+1] == '[' && bytes.IndexByte(line[:i], ':') > 0
}

// wordStarts are the first words of lines.
var wordStarts = []struct{ start, program string }{
	{"Server ", "haproxy"}, {"Health check for ", "haproxy"}, {"backend ", "haproxy"}, {"Backend ", "haproxy"}, {"proxy ", "haproxy"}, {"Proxy ", "haproxy"},
	{"Backup Server ", "haproxy"}, {"Backup server ", "haproxy"},
	{"http ", "alb"}, {"https ", "alb"}, {"h2 ", "alb"}, {"grpcs ", "alb"}, {"ws ", "alb"}, {"wss ", "alb"},
	{"time=\"", "traefik"}, {"level=", "traefik"},
}

func wordProgram(line []byte) string {
	for _, w := range wordStarts {
		if len(line) > len(w.start) && string(line[:len(w.start)]) == w.start {
			return w.program
		}
	}
	if clientAddress(line) {
		return "haproxy" // an IPv6 client may begin with a letter or a colon
	}
	return ""
}

// afterHeader takes off "<134>Nov 21 03:02:58 lb1 haproxy[1234]: ", its RFC 5424 form, and a container runtime's
// "2026-11-21T03:02:58Z stderr F ". It names the program where the header does.
func afterHeader(line []byte) (string, []byte) {
	head := line[:min(len(line), 160)]
	for _, stream := range []string{" stderr F ", " stdout F "} {
		if i := bytes.Index(head, []byte(stream)); i > 0 && i < 40 {
			return "", line[i+len(stream):]
		}
	}
	if !syslogStart(head) {
		return "", nil
	}
	for _, name := range programs[:2] {
		i := bytes.Index(head, []byte(" "+name))
		if i < 0 {
			continue
		}
		if rest, ok := messageAfter(line[i+1+len(name):]); ok {
			return name, rest
		}
	}
	for _, name := range []string{"envoy", "apache2", "httpd", "caddy", "traefik"} {
		i := bytes.Index(head, []byte(" "+name))
		if i < 0 {
			continue
		}
		if rest, ok := messageAfter(line[i+1+len(name):]); ok {
			return byForm(rest), rest
		}
	}
	return "", nil
}

// syslogStart: "<PRI>", "Nov 21 ", or an ISO time.
func syslogStart(head []byte) bool {
	if len(head) < 16 {
		return false
	}
	return head[0] == '<' || head[3] == ' ' && head[6] == ' ' && head[9] == ':' || head[4] == '-' && head[7] == '-' && head[10] == 'T'
}

// messageAfter skips "[1234]: ", ": ", or the rest of an RFC 5424 header: " 1234 - - ".
func messageAfter(rest []byte) ([]byte, bool) {
	if len(rest) > 0 && rest[0] == '[' {
		end := bytes.IndexByte(rest[:min(len(rest), 16)], ']')
		if end < 0 {
			return nil, false
		}
		rest = rest[end+1:]
	}
	if bytes.HasPrefix(rest, []byte(": ")) {
		return rest[2:], true
	}
	if !bytes.HasPrefix(rest, []byte(" ")) {
		return nil, false
	}
	for range 3 { // process id, message id, structured data without contents
		end := bytes.IndexByte(rest[1:min(len(rest), 40)], ' ')
		if end < 0 {
			return nil, false
		}
		rest = rest[1+end:]
	}
	return bytes.TrimPrefix(rest[1:], []byte("\ufeff")), true
}
