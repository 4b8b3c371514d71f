package investigations

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// quotes are the marks that people, telephones and Slack's mrkdwn put around a
// target; tails are what a sentence puts after it.
const (
	quotes = "\"'`“”„‟‘’‚‛«»‹›*~"
	tails  = ".,;!?…"
	blanks = " \t\r\n\u00a0\u200b\u2060\ufeff"
)

// undecorate returns the target in a text without what surrounds it, or says
// why there can be none.
func undecorate(text string) (string, error) {
	if len(text) > maxTarget {
		return "", &TargetError{"it is too long", howTo}
	}
	if !utf8.ValidString(text) {
		return "", &TargetError{"it is not text", howTo}
	}
	text = strings.Trim(unlink(text), blanks)
	for before := ""; before != text; {
		before = text
		text = strings.Trim(text, quotes+blanks)
		text = strings.TrimRight(text, tails)
		text = unparenthesise(text)
		if rest, ok := strings.CutSuffix(text, ":"); ok && strings.Contains(rest, ":") {
			text = rest // the colon of a log line: "web.test:8080: connection refused"
		}
	}
	return text, checkText(text)
}

// unparenthesise removes one pair of round brackets, or a closing one alone.
func unparenthesise(s string) string {
	s = strings.TrimPrefix(s, "(")
	if strings.HasSuffix(s, ")") {
		return strings.TrimSuffix(s, ")")
	}
	return s
}

// checkText refuses what no target holds.
func checkText(text string) error {
	if text == "" {
		return &TargetError{"there is no target", howTo}
	}
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			return &TargetError{"there is a space in it", "write one target, without spaces: web.test:8080"}
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return &TargetError{"there are control characters in it", howTo}
		case r == '<' || r == '>' || r == '|':
			return &TargetError{"it is a mention or a broken link", howTo}
		}
	}
	return nil
}

// unlink undoes Slack's links, <http://web:8080|web:8080>, anywhere in a text,
// and its three entities.
func unlink(text string) string {
	if !strings.ContainsAny(text, "<&") {
		return text
	}
	var out strings.Builder
	for {
		before, rest, opened := strings.Cut(text, "<")
		inner, after, closed := strings.Cut(rest, ">")
		if !opened || !closed {
			out.WriteString(text)
			break
		}
		out.WriteString(before)
		out.WriteString(linked(inner))
		text = after
	}
	return entities.Replace(out.String())
}

// entities are the three that Slack writes.
var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// linked returns what a link stands for: the text that was typed where Slack
// made the link of it, and the link's address where somebody labelled it.
func linked(inner string) string {
	if inner == "" || strings.ContainsRune("@#!", rune(inner[0])) {
		return "<" + inner + ">" // a mention: refused later
	}
	url, label, labelled := strings.Cut(inner, "|")
	plain := url
	for _, scheme := range []string{"http://", "https://", "tel:", "mailto:"} {
		if rest, ok := cutFold(url, scheme); ok {
			plain = rest
			break
		}
	}
	if labelled && strings.EqualFold(strings.TrimSuffix(plain, "/"), strings.TrimSuffix(label, "/")) {
		return label
	}
	if strings.Contains(url, "://") {
		return url
	}
	return plain
}
