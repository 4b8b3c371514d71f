package alerts

import (
	"strings"
)

// pairInText finds HAProxy's sentence inside others: "lb1: Server bk_api/api2 is DOWN".
var pairInText = late(`(?i)\bserver ([a-z0-9_][a-z0-9_.-]*/[a-z0-9_.-]+) is DOWN\b`)

// fromTexts looks into what was written for people: the texts given, then the annotations, the most detailed first.
func fromTexts(a *Alert, texts []string) bool {
	for _, t := range texts {
		if a.takeText(t, "the text of the alert") {
			return true
		}
	}
	first := []string{"description", "message", "summary", "error", "log", "line"}
	for _, name := range first {
		if a.takeText(a.Annotations[name], "annotation "+name) {
			return true
		}
	}
	for _, name := range sortedKeys(a.Annotations) {
		if !isLinkName(name) && a.takeText(a.Annotations[name], "annotation "+name) {
			return true
		}
	}
	return a.takeText(a.Title, "the title")
}

// takeText finds targets in one text: in a log line that it quotes, else as addresses.
func (a *Alert) takeText(s, from string) bool {
	if s == "" {
		return false
	}
	s = clip(s, maxTextScanned)
	for l := range strings.SplitSeq(s, "\n") {
		if f, ok := Recognise("", []byte(strings.TrimSpace(l))); ok && f.Target != "" && !f.Recovered {
			a.take([]string{f.Target}, from+", a line of "+f.Program)
		}
	}
	for _, m := range pairInText().FindAllStringSubmatch(s, maxTargets) {
		a.take([]string{m[1]}, from+", the words of HAProxy")
	}
	if len(a.Targets) > 0 {
		return true
	}
	var found []string
	for _, t := range addressesIn(s) {
		if t != a.measuringPoint() {
			found = append(found, t)
		}
	}
	return a.take(found, from)
}

// measuringPoint is the address of the exporter that measured, which texts often repeat, or "" where instance is the target.
func (a *Alert) measuringPoint() string {
	t, ok := hostPort(a.Labels["instance"])
	if !ok || !containsAny(strings.ToLower(a.Labels["job"]+" "+a.Labels["alertname"]), "haproxy", "nginx", "envoy", "traefik", "caddy", "apache", "ingress", "exporter") {
		return ""
	}
	return t
}

// isLinkName tells annotations that hold links for people.
func isLinkName(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, "url") || strings.HasSuffix(name, "link") || containsAny(name, "runbook", "dashboard", "grafana", "__")
}
