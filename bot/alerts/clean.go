package alerts

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is kept of an alert. What is longer is cut, so that one odd label does not cost a batch its other alerts.
const (
	maxLabels      = 128
	maxLabelName   = 128
	maxLabelValue  = 1024
	maxAnnotation  = 4096
	maxTitle       = 512
	maxLink        = 2048
	maxTargets     = 64
	maxTextScanned = 64 << 10
)

// clip cuts s to at most max bytes, at the end of a character.
func clip(s string, max int) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max]
}

// clean makes a stranger's text fit to store: valid UTF-8, bounded, no control characters but line feeds and tabs, no
// characters that turn the direction of what follows, and no passwords in URLs.
func clean(s string, max int) string {
	if strings.Contains(s, "://") { // before it is cut: a password without its @ is not known as one
		s = maskUserinfo(s)
	}
	s = clip(s, max)
	if plain(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
}

// plain reports whether s is printable ASCII, as nearly everything is.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// line is clean for what shows on one line.
func oneLine(s string, max int) string {
	return strings.Join(strings.Fields(clean(s, max)), " ")
}

// maskUserinfo replaces the password part of each URL in s ("http://user:secret@host") by "***".
func maskUserinfo(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			break
		}
		rest := s[i+3:]
		end := strings.IndexAny(rest, "/?#\"' \t\n<>,;()")
		if end < 0 {
			end = len(rest)
		}
		b.WriteString(s[:i+3])
		if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
			b.WriteString("***")
			rest, end = rest[at:], end-at
		}
		b.WriteString(rest[:end])
		s = rest[end:]
	}
	b.WriteString(s)
	return b.String()
}

// cleanLabels copies labels or annotations within their bounds, skipping names and values that are empty.
func cleanLabels[S ~string](in map[string]S, maxValue int) map[string]string {
	out := make(map[string]string, len(in))
	for k, v := range in {
		k = oneLine(k, maxLabelName)
		if value := strings.TrimSpace(clean(string(v), maxValue)); k != "" && value != "" {
			out[k] = value
		}
	}
	if len(out) > maxLabels {
		for _, k := range sortedKeys(out)[maxLabels:] {
			delete(out, k)
		}
	}
	return out
}

// cleanLink keeps s if it is a web address that may be shown as a link.
func cleanLink(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxLink || strings.ContainsAny(s, "<>|\" \n") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	u.User = nil
	return u.String()
}
