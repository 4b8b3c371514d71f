package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// TestMain plays plexor itself where a test starts this program as one.
func TestMain(m *testing.M) {
	if os.Getenv("PLEXOR_TEST_MAIN") != "" || len(os.Args) > 1 && os.Args[1] == backendCommandName {
		main()
	}
	os.Exit(m.Run())
}

// plexor runs one command line in this process.
func plexor(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), program{args: args, in: strings.NewReader(""), out: &o, err: &e, env: func(string) string { return "" }})
	return code, o.String(), e.String()
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string // in either output
	}{
		{nil, exitFailed, "plexor diagnose"},
		{[]string{"--help"}, exitOK, "plexor serve"},
		{[]string{"help", "diagnose"}, exitOK, "Exit code: 0 healthy"},
		{[]string{"diagnose", "--help"}, exitOK, "Exit code: 0 healthy"},
		{[]string{"help", "config"}, exitOK, "targets.allow"},
		{[]string{"diagnos"}, exitFailed, `did you mean "diagnose"?`},
		{[]string{"diagnose"}, exitFailed, "which backend?"},
		{[]string{"diagnose", "web:0"}, exitFailed, "port"},
		{[]string{"diagnose", "web:70000"}, exitFailed, "port"},
		{[]string{"diagnose", "http://u:hunter2@web/"}, exitFailed, "password"},
		{[]string{"diagnose", "web:80", "plan=nothing"}, exitFailed, "connection-refused"},
		{[]string{"diagnose", "web:80", "color=red"}, exitFailed, "takes no input"},
		{[]string{"diagnose", "web:80", "-o", "xml"}, exitFailed, "text or json"},
		{[]string{"plan", "list"}, exitOK, "connection-refused"},
		{[]string{"plan", "show", "connection-refused"}, exitOK, "proc-not-running"},
		{[]string{"plan", "show", "nothing"}, exitFailed, "there is no plan"},
		{[]string{"plan", "test", "connection-refused"}, exitOK, "0 failed"},
		{[]string{"runner"}, exitFailed, "token, list or revoke"},
		{[]string{"alerts"}, exitFailed, "test, list, mute"},
		{[]string{"alerts", "test", "-"}, exitFailed, "--source"},
		{[]string{"alerts", "test", "--source", "nagios", "-"}, exitFailed, "alertmanager"},
		{[]string{"help", "alerts"}, exitOK, "webhook_configs"},
		{[]string{"help", "prometheus-rules"}, exitOK, "PlexorDown"},
		{[]string{"help", "plans"}, exitOK, "# Writing a plan"},
		{[]string{"help", "connection-refused.yml"}, exitOK, "plan: connection-refused\n"},
		{[]string{"help", "plexor.service"}, exitOK, "ExecStart=/usr/local/bin/plexor serve"},
		{[]string{"help", "plexor-runner.service"}, exitOK, "CapabilityBoundingSet=CAP_NET_RAW"},
		{[]string{"help", "plexor-runer.service"}, exitFailed, "plexor-runner.service"},
		{[]string{"version"}, exitOK, "plexor "},
		{[]string{"serve", "--config", "/nonexistent.yml"}, exitFailed, "no such file"},
		{[]string{"history", "--server", "nonsense"}, exitFailed, "--server is a URL"},
	} {
		code, out, errs := plexor(t, test.args...)
		if code != test.code || !strings.Contains(out+errs, test.want) {
			t.Errorf("plexor %q = %d, %q; want %d and %q", test.args, code, out+errs, test.code, test.want)
		}
		if strings.Contains(out+errs, "hunter2") {
			t.Errorf("plexor %q repeats a password", test.args)
		}
	}
}

func TestPanicIsThree(t *testing.T) {
	var e bytes.Buffer
	code := run(context.Background(), program{args: []string{"diagnose", "127.0.0.1:1"}, out: nil, err: &e, env: nil})
	if code != exitFailed {
		t.Errorf("a panic = %d, want %d", code, exitFailed)
	}
}
