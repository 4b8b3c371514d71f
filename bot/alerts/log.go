package alerts

import (
	"bytes"
	"net/http"
	"strings"
)

// A Failure is what one line of a load balancer's log says about a server behind it.
type Failure struct {
	// Program wrote the line: nginx, haproxy, envoy, alb, apache, caddy or traefik.
	Program string
	// Target as in [Alert].Targets, or "" where the line names none; Why then says what that means.
	Target string
	// Kind is one of the constants below; "" for a server that is up again.
	Kind string
	// Recovered is set for a server that is up again.
	Recovered bool
	Why       string
}

// The kinds of failures.
const (
	Refused     = "refused"     // a reset or an ICMP error in answer to the SYN
	TimedOut    = "timeout"     // no answer to the SYN
	Unreachable = "unreachable" // no route, or ICMP says so
	Reset       = "reset"       // a connection that stood was cut
	Closed      = "closed"      // a connection that stood was ended before the answer
	Hang        = "hang"        // connected, but no answer in time
	TLS         = "tls"         // the handshake failed
	Protocol    = "protocol"    // the answer makes no sense
	Check       = "check"       // a health check failed otherwise
	NoServer    = "no-server"   // no server of the group is left
	DNS         = "dns"         // the name does not resolve
	Failed      = "failed"      // the line does not say how
)

// maxLine is how much of a line is read, in bytes. What identifies a failure stands at the front of every form but Envoy's, whose
// lines are shorter.
const maxLine = 16 << 10

// Recognise reads one line of a log. The program is one of those of [Failure], or "" to recognise it by the form of the line. An
// ordinary line costs far less than a microsecond. Parts of a line that a client can write (request, host, user agent) are
// never taken for the load balancer's own words.
func Recognise(program string, line []byte) (Failure, bool) {
	if len(line) > maxLine {
		line = line[:maxLine]
	}
	line = bytes.TrimSpace(line)
	program, line = detect(program, line)
	var f Failure
	var ok bool
	switch program {
	case "nginx":
		f, ok = nginxLine(line)
	case "haproxy":
		f, ok = haproxyLine(line)
	case "envoy":
		f, ok = envoyLine(line)
	case "alb":
		f, ok = albLine(line)
	case "apache":
		f, ok = apacheLine(line)
	case "caddy":
		f, ok = caddyLine(line)
	case "traefik":
		f, ok = traefikLine(line)
	}
	f.Program = program
	return f, ok
}

// Key is [Recognise] for who only has to tell failures apart: lines of one key say the same.
func Key(program string, line []byte) (key string, ok bool) {
	f, ok := Recognise(program, line)
	if !ok {
		return "", false
	}
	return f.Program + " " + f.Target + " " + f.Kind + " " + f.Why, true
}

// Line reads one line of a log as an alert. Program as in [Recognise]. The alert has no time: the line's own has no zone in most
// logs, and who follows the log knows when it came.
func Line(program string, line []byte) (Alert, bool) {
	f, ok := Recognise(program, line)
	if !ok {
		return Alert{}, false
	}
	return f.Alert(line), true
}

// Alert is the failure as an alert; line is kept as evidence, without what follows "?" in URLs.
func (f Failure) Alert(line []byte) Alert {
	a := Alert{
		Source:      "log",
		Firing:      !f.Recovered,
		Labels:      map[string]string{"program": f.Program},
		Annotations: map[string]string{"line": clean(withoutQueries(clip(string(line), maxAnnotation)), maxAnnotation)},
		Targets:     []string{},
		Why:         f.Why,
		Severity:    "critical",
		Fingerprint: fingerprint("log", f.Program, f.Target),
	}
	switch f.Kind {
	case Reset, Closed, Hang, Protocol:
		a.Severity = "warning"
	}
	a.Title = f.Program + ": " + sentences[f.Kind]
	if f.Recovered {
		a.Title = f.Program + ": up again"
	} else {
		a.Labels["failure"] = f.Kind
	}
	if f.Target != "" {
		a.Targets, a.From = []string{f.Target}, "a line of "+f.Program
		a.Labels["upstream"] = f.Target
		a.Title += ": " + f.Target
	} else {
		a.Fingerprint = fingerprint("log", f.Program, f.Kind, f.Why)
	}
	a.Summary = a.Title
	return a
}

// sentences are the kinds of failures in words.
var sentences = map[string]string{
	Refused: "connection refused", TimedOut: "no answer to connecting", Unreachable: "no route to the server",
	Reset: "connection reset by the server", Closed: "connection closed before an answer", Hang: "connected, but no answer in time",
	TLS: "TLS handshake failed", Protocol: "the answer makes no sense", Check: "health check failed",
	NoServer: "no server is left", DNS: "the name does not resolve", Failed: "could not be reached",
}

// withoutQueries drops the parameters of URLs, where tokens travel.
func withoutQueries(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '?')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i+1])
		s = s[i+1:]
		end := strings.IndexAny(s, " \"'\t,;)]}")
		if end < 0 {
			return b.String()
		}
		s = s[end:]
	}
}

// logParser reads a body as lines.
func logParser(program string) parser {
	return func(_ http.Header, body []byte, o Options) (Result, error) {
		if program != "" && !knownProgram(program) {
			return Result{}, withStatus(http.StatusNotFound, "source", "names no known program; known are log:"+strings.Join(programs, ", log:"))
		}
		r := Result{Note: "no line says that a server could not be reached"}
		for line := range bytes.Lines(body) {
			a, ok := Line(program, line)
			if !ok {
				continue
			}
			if len(r.Alerts) == MaxAlerts {
				return Result{}, withStatus(http.StatusRequestEntityTooLarge, "body", "has more than 4000 lines about failures")
			}
			a.StartsAt, r.Note = o.Now, ""
			r.Alerts = append(r.Alerts, a)
		}
		return r, nil
	}
}
