package alerts

import (
	"bytes"
	"slices"
)

// programs are those whose lines are read.
var programs = []string{"nginx", "haproxy", "envoy", "alb", "apache", "caddy", "traefik"}

// Programs are the names of those whose lines [Recognise] reads.
func Programs() []string { return slices.Clone(programs) }

func knownProgram(name string) bool { return slices.Contains(programs, name) }

// detect finds out which program wrote a line, if it is not given, and takes off what syslog, the journal or a container runtime
// put before it. It looks at the front of the line only.
func detect(program string, line []byte) (string, []byte) {
	if found := byForm(line); found != "" && (program == "" || program == found) {
		return found, line
	}
	named, rest := afterHeader(line)
	if rest == nil {
		return program, line
	}
	if named == "" {
		named = byForm(rest)
	}
	if program != "" && program != named {
		return program, line
	}
	return named, rest
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
	if line[4] != '-' || line[7] != '-' {
		if clientAddress(line) {
			return "haproxy"
		}
		return ""
	}
	i := bytes.IndexByte(line[:min(len(line), 40)], ' ')
	if i > 0 && len(line) > i+4 && line[i+4] == ' ' {
		switch string(line[i+1 : i+4]) {
		case "DBG", "INF", "WRN", "ERR", "FTL":
			return "traefik"
		}
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
