package bot

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plexorbot/plexor/investigations"
)

func TestParseCommand(t *testing.T) {
	for _, test := range []struct{ text, verb, target, rest string }{
		{"web-2:8080", "diagnose", "web-2:8080", ""},
		{"  web-2:8080   plan=mine unit=nginx.service ", "diagnose", "web-2:8080", "plan mine unit=nginx.service"},
		{"unit=nginx.service web-2:8080", "diagnose", "web-2:8080", "unit=nginx.service"},
		{"diagnose web-2:8080", "diagnose", "web-2:8080", ""},
		{"web-2:8080 unit=“my unit.service”", "diagnose", "web-2:8080", "unit=my unit.service"},
		{"web-2:8080 unit=a=b", "diagnose", "web-2:8080", "unit=a=b"},
		{"[2001:db8::1]:80", "diagnose", "[2001:db8::1]:80", ""},
		{"https://web.test/path?a=b", "diagnose", "https://web.test/path?a=b", ""},
		{"Help", "help", "", ""},
		{"--help", "help", "", ""},
		{"history web:80 7d", "history", "", "web:80 7d"},
		{"runners", "runners", "", ""},
	} {
		c, err := ParseCommand(test.text)
		rest := strings.Join(c.Args, " ")
		if c.Plan != "" {
			rest = "plan " + c.Plan
		}
		for _, k := range slices.Sorted(maps.Keys(c.Inputs)) {
			rest = strings.TrimSpace(rest + " " + k + "=" + c.Inputs[k])
		}
		if err != nil || c.Verb != test.verb || c.Target != test.target || rest != test.rest {
			t.Errorf("ParseCommand(%s) = %s %s (%s), %v; want %s %s (%s)", test.text, c.Verb, c.Target, rest, err, test.verb, test.target, test.rest)
		}
	}
}

func TestUnlink(t *testing.T) {
	for text, want := range map[string]string{
		"<http://web.test:80|web.test:80> unit=<http://a.service|a.service>": "web.test:80 unit=a.service",
		"<https://web.test:8443/x>": "https://web.test:8443/x",
		"a &lt;b&gt; &amp;lt;":      "a <b> &lt;",
		"<!channel> <@U1> <#C1|x>":  "<!channel> <@U1> <#C1|x>",
	} {
		if got := unlink(text); got != want {
			t.Errorf("unlink(%s) = %s, want %s", text, got, want)
		}
	}
}

func TestFindTarget(t *testing.T) {
	for text, want := range map[string]string{
		`upstream: "http://10.0.3.12:8080/x"`:      "http://10.0.3.12:8080",
		"at 12:30 web-1.test:8443 went away":       "web-1.test:8443",
		"<http://web:80|web:80> is down":           "http://web:80",
		"[fd00::12]:80 refuses":                    "[fd00::12]:80",
		"nothing at 12:30, see file.go:99999999":   "",
		"http://u:hunter2@web:80 holds a password": "web:80",
	} {
		if got := findTarget(text); got != want {
			t.Errorf("findTarget(%s) = %q, want %q", text, got, want)
		}
	}
}

// FuzzParseCommand holds what every text gets: a command whose target is one, or
// a *UsageError that repeats no secret and is valid text.
func FuzzParseCommand(f *testing.F) {
	for _, test := range badInput {
		f.Add(test.text)
	}
	for _, text := range []string{"web:80 plan=x a=b", "schedule add “*/5 * * * *” web:80", "diagnose diagnose:1", "\x00\xff", "help me"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCommand(text)
		if err != nil {
			bad, ok := errors.AsType[*UsageError](err)
			if !ok {
				t.Fatalf("ParseCommand(%q) = %T, want a *UsageError", text, err)
			}
			if said := refuse(bad).Text; !utf8.ValidString(said) || len(said) > 1000 || strings.ContainsAny(said, "<>") {
				t.Fatalf("ParseCommand(%q) is answered %q", text, said)
			}
			return
		}
		if c.Verb == "" {
			t.Fatalf("ParseCommand(%q) has no verb", text)
		}
		if c.Verb == "diagnose" {
			if _, err := investigations.ParseTarget(c.Target); err != nil || len(c.Inputs) > maxInputs {
				t.Fatalf("ParseCommand(%q) = %+v, whose target is none: %v", text, c, err)
			}
		}
		if again := fmt.Sprint(ParseCommand(text)); again != fmt.Sprint(c, nil) {
			t.Fatalf("ParseCommand(%q) is not the same twice", text)
		}
	})
}
