package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/bot/workspace"
	"github.com/plexorbot/plexor/investigations"
)

// TestDiagnoseExitCodes holds 0, 2 and 3 of the process itself, and that JSON is
// all that standard output carries.
func TestDiagnoseExitCodes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	closed := freeAddress(t)
	for target, want := range map[string]int{l.Addr().String(): exitOK, closed: exitInconclusive, "127.0.0.1:0": exitFailed, "http://u:hunter2@a/": exitFailed} {
		code, out, errs := plexor(t, "diagnose", target, "-o", "json")
		if code != want {
			t.Errorf("plexor diagnose %s = %d, want %d: %s%s", target, code, want, out, errs)
		}
		var inv investigations.Investigation
		if want != exitFailed && (json.Unmarshal([]byte(out), &inv) != nil || inv.Verdict == nil || inv.Schema != investigations.Schema) {
			t.Errorf("plexor diagnose %s -o json prints %q", target, out)
		}
		if want == exitFailed && out != "" || strings.Contains(out+errs, "hunter2") {
			t.Errorf("plexor diagnose %s prints %q and %q", target, out, errs)
		}
	}
	if _, out, _ := plexor(t, "diagnose", closed); strings.Contains(out, "\x1b") || !strings.Contains(out, "inconclusive") {
		t.Errorf("in text, not on a terminal, it prints %q; want the verdict without colours", out)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, program{args: []string{"diagnose", "127.0.0.1:1"}, in: strings.NewReader(""), out: &out, err: &errs, env: func(string) string { return "" }})
	if code != exitInterrupted {
		t.Errorf("an interrupt = %d, want %d: %s", code, exitInterrupted, errs.String())
	}
}

// TestJSONOfAll holds that -o json prints one JSON value wherever there is a
// result, against a bot that runs and a bot that does not.
func TestJSONOfAll(t *testing.T) {
	b := newBed(t, workspace.Config{})
	kill := b.start()
	b.ready()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("token"), 0o600); err != nil {
		t.Fatal(err)
	}
	closed := freeAddress(t)
	if code, _, errs := b.plexor("diagnose", closed, "--server", b.api, "--token-file", token, "-o", "json"); code != exitInconclusive && code != exitCause {
		t.Fatalf("plexor diagnose --server = %d: %s", code, errs)
	}
	if code, out, errs := b.plexor("diagnose", closed, "--server", b.api, "--token-file", token); code == exitOK || code == exitFailed || !strings.Contains(out, closed) {
		t.Errorf("plexor diagnose --server = %d %q %s; want a verdict in text", code, out, errs)
	}
	if code, _, errs := b.plexor("diagnose", "10.0.0.1:80", "--server", b.api, "--token-file", token); code != exitFailed || !strings.Contains(errs, "not among the targets") {
		t.Errorf("a target that the bot does not allow = %d %s", code, errs)
	}
	id := b.newest()
	commands := [][]string{{"history"}, {"history", closed}, {"show", id}, {"backup", filepath.Join(t.TempDir(), "a.db")}}
	for _, args := range append(commands, []string{"runner", "list"}, []string{"doctor"}, []string{"version"}, []string{"plan", "list"}) {
		b.wantJSON(args)
	}
	kill()
	commands[3][1] = filepath.Join(t.TempDir(), "b.db")
	for _, args := range append(commands, []string{"doctor"}) { // from the state file itself
		b.wantJSON(args)
	}
	if code, _, errs := b.plexor("runner", "list", "--config", b.config); code != exitFailed || !strings.Contains(errs, "no bot answers") {
		t.Errorf("runner list without a bot = %d %s", code, errs)
	}
}

func (b *bed) wantJSON(args []string) {
	b.t.Helper()
	args = append(args, "-o", "json")
	if args[0] != "version" && args[0] != "plan" {
		args = append(args, "--config", b.config)
	}
	code, out, errs := b.plexor(args...)
	if !json.Valid([]byte(out)) || code != exitOK && args[0] != "doctor" {
		b.t.Errorf("plexor %q = %d %q %s, want one JSON value", args, code, out, errs)
	}
}

// plexor runs a command line with the secrets of the bed's bot.
func (b *bed) plexor(args ...string) (code int, out, errs string) {
	b.t.Helper()
	var o, e bytes.Buffer
	env := func(name string) string {
		return map[string]string{"PLEXOR_TOKEN": "token", "SLACK_BOT_TOKEN": "xoxb-test", "SLACK_APP_TOKEN": "xapp-test"}[name]
	}
	code = run(b.t.Context(), program{args: args, in: strings.NewReader(""), out: &o, err: &e, env: env})
	return code, o.String(), e.String()
}

// newest is the id of the newest investigation.
func (b *bed) newest() string {
	b.t.Helper()
	_, out, errs := b.plexor("history", "--config", b.config, "--limit", "1", "-o", "json")
	var list []investigations.Investigation
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 1 {
		b.t.Fatalf("plexor history = %s %s", out, errs)
	}
	return list[0].ID
}

// TestDoctor has the doctor look at a bot in each state, and at tokens that
// Slack does not take.
func TestDoctor(t *testing.T) {
	b := newBed(t, workspace.Config{})
	code, out, _ := b.plexor("doctor", "--config", b.config)
	if code != exitOK || !strings.Contains(out, "ok   bot token") || !strings.Contains(out, "Socket Mode opens") || !strings.Contains(out, "does not run") {
		t.Errorf("doctor before the first start = %d\n%s", code, out)
	}
	for f, want := range map[workspace.Fault]string{
		{Method: "auth.test", Error: "invalid_auth", Times: 1}:              "SLACK_BOT_TOKEN: reinstall the app",
		{Method: "auth.test", Status: http.StatusBadGateway, Times: 1}:      "Slack could not be reached",
		{Method: "apps.connections.open", Error: "missing_scope", Times: 1}: "connections:write",
	} {
		if err := b.control.Fault(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if code, out, _ := b.plexor("doctor", "--config", b.config); code != exitFailed || !strings.Contains(out, "FAIL") || !strings.Contains(out, want) {
			t.Errorf("doctor with %+v = %d, want advice %q\n%s", f, code, want, out)
		}
	}
	b.start()
	b.ready()
	if code, out, _ := b.plexor("doctor", "--config", b.config); !strings.Contains(out, "answers at "+b.api) || !strings.Contains(out, "ok   runner local") || code != exitOK {
		t.Errorf("doctor of a bot that runs = %d\n%s", code, out)
	}
	if code, out, _ := b.plexor("doctor", "--config", fmt.Sprint(b.config, "-none")); code != exitFailed || !strings.Contains(out, "plexor help config") {
		t.Errorf("doctor without a configuration = %d\n%s", code, out)
	}
}
