package alerts

import "bytes"

// afterHeader takes off the header of a line that came through syslog, the journal or a container runtime, and names the program
// where the header does. The rest is nil for a line without a header, or of a program whose lines are not read. Forms:
//
//	<134>Nov 21 03:02:58 lb1 haproxy[1234]: …           RFC 3164, with or without priority and host; the journal's "short"
//	<134>1 2026-11-21T03:02:58Z lb1 haproxy 1234 - - …  RFC 5424
//	2026-11-21T03:02:58.123456+00:00 lb1 nginx: …       rsyslog's files
//	2026-11-21T03:02:58.123456789Z stderr F …           a container runtime
func afterHeader(line []byte) (string, []byte) {
	structured := false
	if len(line) > 0 && line[0] == '<' {
		end := bytes.IndexByte(line[:min(len(line), 5)], '>')
		if end < 0 {
			return "", nil
		}
		if line = line[end+1:]; bytes.HasPrefix(line, []byte("1 ")) {
			structured, line = true, line[2:]
		}
	}
	rest, iso := afterTime(line)
	if rest == nil {
		return "", nil
	}
	first, rest := nextField(rest)
	if iso && (string(first) == "stderr" || string(first) == "stdout") {
		_, rest = nextField(rest)
		return "", rest
	}
	if structured {
		return structuredTag(rest)
	}
	if name, message, ok := tag(first, rest); ok {
		return name, message // nginx can leave the host out
	}
	next, rest := nextField(rest)
	if name, message, ok := tag(next, rest); ok {
		return name, message
	}
	return "", nil
}

// afterTime skips "Nov 21 03:02:58 " or an ISO time.
func afterTime(line []byte) (rest []byte, iso bool) {
	switch {
	case len(line) < 24:
	case line[3] == ' ' && line[6] == ' ' && line[9] == ':' && line[12] == ':' && line[15] == ' ':
		return line[16:], false
	case line[4] == '-' && line[7] == '-' && line[10] == 'T':
		_, rest = nextField(line)
		return rest, true
	}
	return nil, false
}

// tag reads "haproxy[1234]: " or "nginx: " in front of the message.
func tag(field, message []byte) (string, []byte, bool) {
	if len(field) < 4 || field[len(field)-1] != ':' {
		return "", nil, false
	}
	field = field[:len(field)-1]
	if open := bytes.IndexByte(field, '['); open > 0 {
		field = field[:open]
	}
	name := programOf(field)
	return name, message, name != ""
}

// structuredTag reads "haproxy 1234 - - " of RFC 5424; structured data with contents is not expected of load balancers.
func structuredTag(rest []byte) (string, []byte) {
	app, rest := nextField(rest)
	for range 3 { // process id, message id, structured data
		_, rest = nextField(rest)
	}
	if name := programOf(app); name != "" {
		return name, bytes.TrimPrefix(rest, []byte("\ufeff"))
	}
	return "", nil
}

// programOf knows programs by the names of their processes.
func programOf(process []byte) string {
	switch string(process) {
	case "nginx", "haproxy", "envoy", "caddy", "traefik":
		return string(process)
	case "apache2", "httpd":
		return "apache"
	}
	return ""
}
