package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/plexorbot/plexor/investigations"
)

// maxCommand bounds the text of a command, in bytes.
const maxCommand = 4000

// Command is what a person asked for, in words that were understood.
type Command struct {
	Verb   string            // diagnose, help, runners, history, cancel, schedule, mute …
	Target string            // as typed, of diagnose and history
	Plan   string            // empty: the default
	Inputs map[string]string // the other key=value words
	Args   []string          // what follows any other verb
}

// onlyAsks reports whether a command changes nothing: those that do keep a line
// of their own in the audit, with what they did.
func (c Command) onlyAsks() bool {
	switch c.Verb {
	case "help", "runners", "history", "alerts", "mutes":
		return true
	case "schedule":
		return len(c.Args) == 0 || slices.Contains([]string{"list", "show", "digest"}, strings.ToLower(c.Args[0]))
	}
	return false
}

// UsageError is a command that was not understood, with how it is written.
type UsageError struct {
	Reason string // a clause
	Hint   string // what would be right, as a clause; may be empty
}

func (e *UsageError) Error() string { return e.Reason }

// verbs are the first words that are no target.
var verbs = []string{"help", "runners", "history", "cancel", "schedule", "mute", "unmute", "mutes", "alerts"}

// helpWords are what people write who do not know what to write.
var helpWords = []string{"?", "-h", "--help", "-help", "/?"}

// usage is the shortest way to say how a command is written.
const usage = "/diagnose HOST:PORT [plan=NAME] [key=value …]"

// ParseCommand reads the text behind /diagnose, or behind a mention of the bot.
// It returns a *UsageError, which never repeats a password.
func ParseCommand(text string) (Command, error) {
	if len(text) > maxCommand {
		return Command{}, &UsageError{Reason: fmt.Sprintf("that is %d characters long; a target is short", len(text))}
	}
	words, err := split(text)
	if err != nil {
		return Command{}, err
	}
	if len(words) == 0 {
		return Command{}, &UsageError{Reason: "which backend?", Hint: "for example web-2:8080"}
	}
	first := strings.ToLower(words[0])
	if slices.Contains(helpWords, first) {
		return Command{Verb: "help"}, nil
	}
	for _, v := range verbs {
		if first == v {
			return Command{Verb: v, Args: words[1:]}, nil
		}
	}
	if first == "diagnose" && len(words) > 1 {
		words = words[1:]
	}
	return parseDiagnose(words)
}

func parseDiagnose(words []string) (Command, error) {
	c := Command{Verb: "diagnose", Inputs: map[string]string{}}
	for _, w := range words {
		k, v, isPair := strings.Cut(w, "=")
		switch {
		case isPair && isKey(k) && k == "plan":
			c.Plan = v
		case isPair && isKey(k):
			if len(c.Inputs) == maxInputs {
				return Command{}, &UsageError{Reason: "too many inputs"}
			}
			c.Inputs[k] = v
		case c.Target == "":
			c.Target = w
		default:
			return Command{}, &UsageError{Reason: "one target at a time, please"}
		}
	}
	if c.Target == "" {
		return Command{}, &UsageError{Reason: "which backend?", Hint: "for example web-2:8080"}
	}
	if strings.HasPrefix(c.Target, "-") {
		return Command{}, &UsageError{Reason: "there are no flags here: inputs are written key=value"}
	}
	if _, err := investigations.ParseTarget(c.Target); err != nil {
		return Command{}, targetUsage(err)
	}
	return c, nil
}

// targetUsage turns a target's error into one about the command.
func targetUsage(err error) error {
	if bad, ok := errors.AsType[*investigations.TargetError](err); ok {
		return &UsageError{Reason: bad.Reason, Hint: bad.Hint}
	}
	return &UsageError{Reason: err.Error()}
}

const maxInputs = 16

func isKey(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for i, r := range s {
		if !(r == '_' || 'a' <= r && r <= 'z' || i > 0 && ('0' <= r && r <= '9' || r == '-')) {
			return false
		}
	}
	return true
}

// quotes are what telephones make of ' and ".
var quotes = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "‘", "'", "’", "'", " ", " ")

// split parts a line into words; quotes hold one together.
func split(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	open := false
	flush := func() {
		if open {
			words = append(words, word.String())
		}
		word.Reset()
		open = false
	}
	for _, r := range quotes.Replace(text) {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, open = r, true
		case quote == 0 && unicode.IsSpace(r):
			flush()
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if quote != 0 {
		return nil, &UsageError{Reason: "a quote is not closed"}
	}
	flush()
	return words, nil
}
