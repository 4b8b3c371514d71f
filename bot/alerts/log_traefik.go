package alerts

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json"
)

// traefikLine reads a line of Traefik's log: of version 2 (key=value), of version 3 on a console, or of either as JSON. What is
// said about a backend is "502 Bad Gateway" at level debug, a failed health check, or an error while dialing of a TCP router.
func traefikLine(line []byte) (Failure, bool) {
	if !bytes.Contains(line, []byte("tcp")) && !bytes.Contains(line, []byte("ealth check")) {
		return Failure{}, false
	}
	if line[0] == '{' {
		return traefikJSON(line)
	}
	s := string(line)
	url, _, _ := strings.Cut(textAfter(s, "targetURL=", `URL: \"`), " ")
	return traefikFailure(s, s, strings.Trim(url, `"\`))
}

func traefikJSON(line []byte) (Failure, bool) {
	var l struct {
		Level     string `json:"level"`
		Error     string `json:"error"`
		Message   string `json:"message"`
		Msg       string `json:"msg"`
		TargetURL string `json:"targetURL"`
	}
	if countParts(line) != nil || json.Unmarshal(line, &l, lenient) != nil || l.Level == "" {
		return Failure{}, false
	}
	message := firstOf(l.Message, l.Msg)
	url, _, _ := strings.Cut(firstOf(l.TargetURL, textAfter(message, `URL: "`)), `"`)
	return traefikFailure(message, message+" "+l.Error, url)
}

// traefikFailure judges a message. A health check names the URL itself; elsewhere the address is in Go's error.
func traefikFailure(message, errors, url string) (Failure, bool) {
	health := containsAny(message, "Health check failed", "Health check still failing")
	if health || strings.Contains(message, "Health check up") {
		if t, ok := address(url); ok && health {
			return Failure{Target: t, Kind: firstOf(failureKind(errors), Check)}, true
		} else if ok {
			return Failure{Target: t, Recovered: true}, true
		}
	}
	if !health && !containsAny(message, "502 Bad Gateway", "504 Gateway Timeout", "500 Internal Server Error", "dialing backend", "connection to backend") {
		return Failure{}, false
	}
	target, kind := goNetError(errors)
	switch {
	case kind == DNS:
		return Failure{Kind: DNS, Why: "the line is about a name that does not resolve, and names no port"}, true
	case target == "":
		return Failure{}, false
	}
	return Failure{Target: target, Kind: kind}, true
}

// textAfter is what follows the first of the marks that is there.
func textAfter(s string, marks ...string) string {
	for _, m := range marks {
		if _, rest, ok := strings.Cut(s, m); ok {
			return rest
		}
	}
	return ""
}
