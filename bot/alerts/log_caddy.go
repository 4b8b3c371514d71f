package alerts

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json"
)

// jsonProgram tells the programs that log JSON apart by what stands near the front of a line, and leaves ordinary lines unnamed.
func jsonProgram(line []byte) string {
	if bytes.Contains(line[:min(len(line), 160)], []byte(`"logger":"`)) {
		return "caddy"
	}
	if i := bytes.Index(line, responseFlags); i >= 0 {
		flags, _, ok := quotedField(bytes.TrimLeft(line[i+len(responseFlags):], " "))
		if !ok || envoyKind(string(flags)) == "" {
			return ""
		}
		return "envoy"
	}
	if bytes.HasPrefix(line, []byte(`{"level":"`)) {
		return "traefik"
	}
	return ""
}

// responseFlags is the key of Envoy's examples for JSON.
var responseFlags = []byte(`"response_flags":`)

// caddyLoggers are those that say what happened to an upstream; the access log repeats it without an address.
var caddyLoggers = [][]byte{[]byte(`"logger":"http.log.error`), []byte(`"logger":"http.handlers.reverse_proxy`)}

// caddyLine reads a line of Caddy's JSON log.
func caddyLine(line []byte) (Failure, bool) {
	head := line[:min(len(line), 160)]
	if !bytes.Contains(head, caddyLoggers[0]) && !bytes.Contains(head, caddyLoggers[1]) {
		return Failure{}, false
	}
	var l struct {
		Logger string `json:"logger"`
		Msg    string `json:"msg"`
		Error  string `json:"error"`
		Host   string `json:"host"`
	}
	if countParts(line) != nil || json.Unmarshal(line, &l, lenient) != nil {
		return Failure{}, false
	}
	if strings.HasPrefix(l.Logger, "http.handlers.reverse_proxy.health_checker") {
		return caddyHealth(l.Msg, l.Error, l.Host)
	}
	if strings.HasPrefix(l.Msg, "no upstreams available") || strings.HasPrefix(l.Error, "no upstreams available") {
		return Failure{Kind: NoServer, Why: "the line names no upstream; the lines of Caddy's health checks do"}, true
	}
	for _, s := range []string{l.Msg, l.Error} {
		target, kind := goNetError(s)
		if kind == DNS {
			return Failure{Kind: DNS, Why: "the line is about a name that does not resolve, and names no port"}, true
		}
		if target != "" {
			return Failure{Target: target, Kind: kind}, true
		}
	}
	return Failure{}, false
}

// caddyHealth reads a line of the active health checker.
func caddyHealth(msg, err, host string) (Failure, bool) {
	if t, ok := address(host); ok && msg == "host is up" { // said once, when it had been down
		return Failure{Target: t, Recovered: true}, true
	}
	if !containsAny(msg, "failed", "unexpected status", "unhealthy", "timed out", "does not match", "host is down") {
		return Failure{}, false
	}
	target, kind := goNetError(err)
	if target == "" {
		var ok bool
		if target, ok = address(host); !ok {
			return Failure{}, false
		}
		kind = firstOf(failureKind(err), Check)
	}
	return Failure{Target: target, Kind: kind}, true
}
