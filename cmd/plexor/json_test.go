package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/bot/workspace"
)

// TestJSONOfActions holds that what a command did is a result, too: each prints
// one JSON value, and in text something that says it.
func TestJSONOfActions(t *testing.T) {
	b := newBed(t, workspace.Config{})
	text, err := os.ReadFile(b.config)
	if err != nil {
		t.Fatal(err)
	}
	listening := strings.Replace(string(text), "runners: {", "runners: {listen: '127.0.0.1:0', ", 1)
	if err := os.WriteFile(b.config, []byte(listening), 0o600); err != nil {
		t.Fatal(err)
	}
	b.start()
	b.ready()
	target := refusing(t)
	var s struct{ ID string }
	b.json(&s, "schedule", "add", "0 0 1 1 *", target, "--channel", "ops")
	var m struct{ ID string }
	b.json(&m, "alerts", "mute", target, "2h", "being", "replaced")
	if s.ID == "" || m.ID == "" {
		t.Fatalf("a schedule and a mute without ids: %+v %+v", s, m)
	}
	for _, args := range [][]string{
		{"schedule", "list"}, {"schedule", "show", s.ID}, {"schedule", "pause", s.ID}, {"schedule", "resume", s.ID},
		{"schedule", "run", s.ID}, {"schedule", "digest", s.ID}, {"schedule", "remove", s.ID},
		{"alerts", "list"}, {"alerts", "mutes"}, {"alerts", "unmute", m.ID},
		{"runner", "token", "--name", "web-1", "--label", "role=backend"}, {"runner", "list"},
		{"history", target, "--period", "1d"}, {"history", target, "--png", filepath.Join(t.TempDir(), "a.png")},
	} {
		var v any
		b.json(&v, args...)
	}
	if code, out, errs := b.plexor("schedule", "remove", s.ID, "--config", b.config); code != exitFailed || out != "" || errs == "" {
		t.Errorf("removing what is gone = %d %q %q, want an error", code, out, errs)
	}
	if code, out, _ := b.plexor("runner", "revoke", "nobody", "--config", b.config, "-o", "json"); code != exitFailed || out != "" {
		t.Errorf("revoking nobody = %d %q", code, out)
	}
}

// json runs a command with -o json and decodes the one value that it prints.
func (b *bed) json(into any, args ...string) {
	b.t.Helper()
	code, out, errs := b.plexor(append(args, "-o", "json", "--config", b.config)...)
	d := json.NewDecoder(strings.NewReader(out))
	if err := d.Decode(into); err != nil || d.More() || code != exitOK || strings.TrimSpace(out) == "null" {
		b.t.Errorf("plexor %q = %d %q %s (%v), want one JSON value", args, code, out, errs, err)
	}
}

// TestJSONOfPlans needs no bot.
func TestJSONOfPlans(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yml")
	if err := os.WriteFile(bad, []byte("plan: x\nnonsense: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		code int
	}{
		{[]string{"plan", "list"}, exitOK}, {[]string{"plan", "show", "connection-refused"}, exitOK},
		{[]string{"plan", "test", "connection-refused"}, exitOK}, {[]string{"plan", "validate", bad}, exitFailed},
		{[]string{"schedule", "explain", "*/5 * * * *"}, exitOK}, {[]string{"version"}, exitOK},
	} {
		code, out, errs := plexor(t, append(test.args, "-o", "json")...)
		if code != test.code || !json.Valid([]byte(out)) || len(out) < 3 {
			t.Errorf("plexor %q = %d %.200q %s, want %d and one JSON value", test.args, code, out, errs, test.code)
		}
	}
}

// TestHelpEverywhere asks every command for help, before and behind its words.
func TestHelpEverywhere(t *testing.T) {
	for _, c := range commands() {
		for _, args := range [][]string{{"help", c.name}, {c.name, "--help"}, {c.name, "-h"}, {c.name, "list", "x", "--help"}} {
			if len(args) == 4 && (c.name == "help" || c.name == "alerts" && args[1] == "list") {
				continue
			}
			code, out, errs := plexor(t, args...)
			if code != exitOK || !strings.HasPrefix(out, "plexor "+c.name) || errs != "" {
				t.Errorf("plexor %q = %d %.80q %q, want its help", args, code, out, errs)
			}
		}
	}
}
