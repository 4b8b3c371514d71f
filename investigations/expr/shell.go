package expr

import (
	"fmt"
	"strings"
	"unicode"
)

// Quote gives one word of a POSIX shell's command line that stands for arg,
// whatever is in it. Control characters are written as escapes, so that no
// value can start a line or hide text on a terminal.
func Quote(arg string) string {
	if arg == "" {
		return "''"
	}
	if strings.IndexFunc(arg, needsQuote) < 0 {
		return arg
	}
	if strings.IndexFunc(arg, needsEscape) < 0 {
		return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for _, r := range arg {
		switch {
		case r == '\'' || r == '\\':
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x80 && needsEscape(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case needsEscape(r):
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + "'"
}

func needsQuote(r rune) bool {
	plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !plain && !strings.ContainsRune("_@%+=:,./-", r)
}

func needsEscape(r rune) bool { return !unicode.IsPrint(r) }

// shellText spells a value for a command line: a list of words as words, a list
// of such lists as commands of which each runs if the one before went well.
func shellText(v any) string {
	list, ok := v.([]any)
	if !ok {
		return Quote(Text(v))
	}
	words, sep := make([]string, len(list)), " "
	for i, w := range list {
		if _, ok := w.([]any); ok {
			sep = " && "
		}
		words[i] = shellText(w)
	}
	return strings.Join(words, sep)
}

// option reports whether a text that somebody chose would be taken for an
// option, behind what stands before it: no quoting helps against that. Lists of
// words are the plan's own.
func option(before string, v any) bool {
	text, ok := v.(string)
	return ok && strings.HasPrefix(text, "-") && (before == "" || strings.HasSuffix(before, " "))
}

// unsafe says what is wrong with a value at the end of a command line's text as
// it stands so far, if anything is.
func (t *Template) unsafe() string {
	if !t.shell {
		return ""
	}
	var quote rune
	var text strings.Builder
	for _, p := range t.parts {
		text.WriteString(p.text)
	}
	escaped := false
	for _, r := range text.String() {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && quote != '\'':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && strings.ContainsRune("'\"`", r):
			quote = r
		}
	}
	switch {
	case escaped:
		return "a value after a backslash is not safe"
	case quote != 0:
		return "values are quoted by the program: no quotes around {{ }}"
	case strings.Contains(text.String(), "<<"):
		return "a value after << is not safe"
	}
	return ""
}
