package probe

import (
	"regexp"
	"strings"
)

const masked = "***"

// secretWord is in the names of options and variables that carry a secret.
const secretWord = `(?i:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_.]?key|access[-_.]?key|private[-_.]?key|auth(?:orization)?|credentials?|bearer|cookie)`

var (
	// secretFlag is an argument whose name alone announces a secret: the next
	// argument is it.
	secretFlag = regexp.MustCompile(`^--?[\w.-]*` + secretWord + `$`)
	// secretValue is name=value or name:value, wherever in an argument, as in
	// a URL's query.
	secretValue = regexp.MustCompile(`([\w.-]*` + secretWord + `[\w.-]*["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s&;,"']+)`)
	// bearerValue is the value of an Authorization header.
	bearerValue = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[^\s"']+`)
	// userInfo is user:password@ of a URL (RFC 3986, 3.2.1).
	userInfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*):[^/\s@]+@`)
	// knownToken are tokens that their own form gives away: Slack, GitHub, AWS,
	// JSON Web Tokens.
	knownToken = regexp.MustCompile(`\b(?:xox[a-z]-|xapp-|gh[pousr]_|AKIA|eyJ[\w-]+\.)[\w.-]{8,}`)
)

// MaskCommand makes a command line of its arguments, of at most limit bytes,
// in which what looks like a secret is masked.
func MaskCommand(argv []string, limit int) string {
	words := make([]string, 0, len(argv))
	next := false
	for _, arg := range argv {
		switch {
		case next && !strings.HasPrefix(arg, "-"):
			arg = masked
		default:
			arg = MaskSecrets(arg)
		}
		next = secretFlag.MatchString(arg)
		words = append(words, arg)
	}
	return clip(MaskSecrets(printable(strings.Join(words, " "))), limit)
}

// MaskSecrets masks what looks like a secret in a text.
func MaskSecrets(s string) string {
	s = userInfo.ReplaceAllString(s, "${1}:"+masked+"@")
	s = bearerValue.ReplaceAllString(s, "${1} "+masked)
	s = secretValue.ReplaceAllString(s, "${1}"+masked)
	return knownToken.ReplaceAllString(s, masked)
}

// printable replaces control characters by spaces.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?")))
}

// clip cuts a text to at most limit bytes, at a character.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit-len("…")], "") + "…"
}
