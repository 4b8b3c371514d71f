package alerts

import "strings"

// urlAt reads the URL whose scheme ends at i. One without a port counts only where the words say that it was probed, since most
// URLs in alerts are links for people.
func urlAt(s string, i int) (candidate, bool) {
	start := i
	for start > 0 && (alnum(s[start-1]) || s[start-1] == '+') {
		start--
	}
	end := i + 3
	if end == len(s) || !alnum(s[end]) && s[end] != '[' && s[end] != '*' { // "***@" stands for a password
		return candidate{}, false
	}
	for end < len(s) && end-i < maxURL && s[end] > ' ' && strings.IndexByte("\"'`<>|,;\\", s[end]) < 0 {
		end++
	}
	raw := strings.TrimRight(s[start:end], ".):!?]")
	if strings.HasSuffix(s[i:end], "]") && strings.Count(raw, "[") > strings.Count(raw, "]") {
		raw += "]"
	}
	target, err := urlTarget(raw)
	before := wordsBefore(s, start)
	if err != nil || before.foreign() || pageForPeople(raw) {
		return candidate{}, false
	}
	sure := before.reached() || before.probed()
	if !sure && strings.TrimSpace(s) != raw && !strings.Contains(afterScheme(raw), ":") {
		return candidate{}, false
	}
	return candidate{target: target, sure: sure}, true
}

func (c context) probed() bool {
	switch c.last {
	case "get", "post", "head", "put", "options", "url", "targeturl", "monitor", "monitoring":
		return true
	}
	return false
}

// afterScheme is host and port of a URL.
func afterScheme(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	rest = rest[strings.IndexByte(rest, '@')+1:]
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return rest[strings.LastIndexByte(rest, ']')+1:]
}

// pageForPeople tells links to dashboards and the like by their paths.
func pageForPeople(raw string) bool {
	raw = strings.ToLower(raw)
	for _, part := range []string{"/d/", "/graph?", "/#/alerts", "/alerting/", "/explore", "/dashboard", "runbook", "/wiki", "/silences", "/monitors/", "grafana", "prometheus.", "alertmanager", "slack.com/", "pagerduty.com", "console.aws", "console.cloud", "github.com/"} {
		if strings.Contains(raw, part) {
			return true
		}
	}
	return false
}
