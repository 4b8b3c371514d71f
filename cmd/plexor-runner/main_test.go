package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner/agent"
	"github.com/plexorbot/plexor/investigations/runner/hub"
)

const patience = 30 * time.Second

// output is a buffer that goroutines share.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// call runs the program to its end.
func call(ctx context.Context, in string, env map[string]string, args ...string) (code int, out, errors string) {
	var o, e output
	code = run(ctx, program{args: args, in: strings.NewReader(in), out: &o, err: &e, env: func(k string) string { return env[k] }})
	return code, o.String(), e.String()
}

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yml")
	if err := os.WriteFile(bad, []byte("targets: {allow: [10.0.0.0/99]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in     string
		args   string
		code   int
		out    string
		errors string
	}{
		{"", "--version", 0, "plexor-runner ", ""},
		{"", "--help", 0, "--policy FILE", ""},
		{"", "--shell", 3, "", "Usage:"},
		{"", "now", 3, "", `"now" is not understood`},
		{"", "--state " + dir, 3, "", "has not joined"},
		{"", "--join - --state " + dir, 3, "", "no token came"},
		{"rubbish\n", "--join - --state " + dir, 3, "", "not a join token"},
		{"", "--join rubbish --state " + dir, 3, "", "not a join token"},
		{"", "--log loud --state " + dir, 3, "", "log level"},
		{"", "--policy " + bad + " --state " + dir, 3, "", "line 1, column 19"},
		{"", "--help", 0, "--follow none", ""},
		{"", "--follow nginx --state " + dir, 3, "", "nginx=/var/log/nginx/error.log"},
		{"", "--follow squid=/x --state " + dir, 3, "", "known are those of nginx"},
		{"", "--follow haproxy=udp:10.0.0.1:514 --state " + dir, 3, "", "loopback"},
		{"", "--policy " + dir + "/none --state " + dir, 3, "", "read the policy"},
	} {
		code, out, errors := call(t.Context(), c.in, nil, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errors, c.errors) {
			t.Errorf("plexor-runner %s = %d, %q, %q, want %d, %q, %q", c.args, code, out, errors, c.code, c.out, c.errors)
		}
		if strings.Contains(errors, "rubbish") {
			t.Errorf("plexor-runner %s: what may be a secret is printed: %q", c.args, errors)
		}
	}
}

// TestRun is a runner from its token to its end, with a policy, and once more
// without a token.
func TestRun(t *testing.T) {
	h, err := hub.Open(hub.Config{
		Listen: "127.0.0.1:0", Dir: t.TempDir(), Store: &hub.Memory{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	token, err := h.Token(t.Context(), "web", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	policy := filepath.Join(state, "policy.yml")
	if err := os.WriteFile(policy, []byte("targets:\n  allow: [127.0.0.0/8]\nprobes:\n  deny: [net.path]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()

	for _, join := range []string{token, token, ""} {
		ctx, stop := context.WithCancel(t.Context())
		type result struct {
			code   int
			errors string
		}
		ended := make(chan result, 1)
		go func() {
			code, _, errors := call(ctx, "", map[string]string{"PLEXOR_JOIN": join}, "--state", state, "--policy", policy, "--follow", "none")
			ended <- result{code, errors}
		}()
		wait(t, h, true)
		if runtime.GOOS != "windows" {
			code, _, errors := call(t.Context(), "", nil, "--state", state, "--follow", "none")
			if code != exitFailed || !strings.Contains(errors, "another runner works with the state") {
				t.Errorf("a second runner on the same state ended with %d: %s", code, errors)
			}
		}
		args := fmt.Sprintf(`{"addresses":["127.0.0.1"],"port":%d}`, l.Addr().(*net.TCPAddr).Port)
		facts := ask(t, h, "tcp.connect", args)
		if facts.Error != "" || !strings.Contains(string(facts.Facts), `"connected":true`) {
			t.Errorf("tcp.connect = %s, %q", facts.Facts, facts.Error)
		}
		if a := ask(t, h, "tcp.connect", `{"addresses":["192.0.2.1"],"port":80}`); !strings.Contains(a.Error, "policy") {
			t.Errorf("tcp.connect outside of the policy = %s, %q", a.Facts, a.Error)
		}
		stop()
		select {
		case r := <-ended:
			if r.code != exitOK || strings.Contains(r.errors, token) {
				t.Errorf("the runner ended with %d: %s", r.code, r.errors)
			}
		case <-time.After(patience):
			t.Fatal("the runner did not end")
		}
		wait(t, h, false)
	}
	audit, err := os.ReadFile(filepath.Join(state, "audit.jsonl"))
	if n := strings.Count(string(audit), `"verdict":"refused"`); err != nil || n != 3 {
		t.Errorf("audit has %d refusals, want 3: %s, %v", n, audit, err)
	}
}

func ask(t *testing.T, h *hub.Hub, probe, args string) investigations.Answer {
	t.Helper()
	a, err := h.Probe(t.Context(), "web", investigations.Request{
		Investigation: "I1", Check: "c1", Probe: probe, Args: json.RawMessage(args), Timeout: patience,
	})
	if err != nil {
		t.Errorf("Probe(%s) = %v", probe, err)
	}
	return a
}

func wait(t *testing.T, h *hub.Hub, alive bool) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		all, err := h.Runners(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 1 && all[0].Alive == alive {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %s not so: the runner's alive is %v", patience, alive)
		}
	}
}

func TestDecodePolicy(t *testing.T) {
	got, err := decodePolicy([]byte("probes: {allow: ['tcp.*', dns.resolve], deny: [tcp.watch]}\ntargets: {allow: [10.77.3.9/16, '::1'], deny: [10.77.9.1]}\n"))
	want := agent.Policy{
		Probes: []string{"tcp.*", "dns.resolve"}, NoProbes: []string{"tcp.watch"},
		Targets:   []netip.Prefix{netip.MustParsePrefix("10.77.0.0/16"), netip.MustParsePrefix("::1/128")},
		NoTargets: []netip.Prefix{netip.MustParsePrefix("10.77.9.1/32")},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("decodePolicy = %+v, %v, want %+v", got, err, want)
	}
	for text, want := range map[string]string{
		"":                                 "empty",
		"probe: {}":                        "field probe not found",
		"probes: {alow: []}":               "field alow not found",
		"targets: {allow: []}":             "line 1, column 18: a list with at least one",
		"targets:\n  allow:\n":             "a list with at least one",
		"targets: {allow: 10.0.0.0/8}":     "a list with at least one",
		"targets: {allow: [[10.0.0.0/8]]}": "not one word",
		"targets:\n  allow:\n    - 10.0.0.0/8\n    - web": `line 4, column 7: "web" is not an address`,
		"targets: {deny: ['fe80::1%eth0']}":               "not an address",
		"probes: {allow: ['[']}":                          "pattern such as",
		"probes: {}\n---\nprobes: {}\n":                   "more than one",
	} {
		if p, err := decodePolicy([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("decodePolicy(%q) = %+v, %v, want %q", text, p, err, want)
		}
	}
}
