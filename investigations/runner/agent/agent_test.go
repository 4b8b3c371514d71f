package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner"
)

// function is a prober made of one.
type function func(context.Context, investigations.Request) investigations.Answer

func (f function) Probe(ctx context.Context, r investigations.Request) investigations.Answer {
	return f(ctx, r)
}

// newAgent makes an agent that never connects.
func newAgent(t *testing.T, c Config) *Agent {
	t.Helper()
	key, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := key.Seed()
	if err != nil {
		t.Fatal(err)
	}
	c.Identity = Identity{Name: "web", Address: "127.0.0.1:1", Pin: make([]byte, 32), Seed: seed}
	c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestCarryInTurn(t *testing.T) {
	release, running := make(chan struct{}), make(chan struct{})
	a := newAgent(t, Config{AtOnce: 1, Prober: function(func(ctx context.Context, r investigations.Request) investigations.Answer {
		close(running)
		<-release
		return investigations.Answer{Facts: json.RawMessage(`1`)}
	})})
	first := make(chan investigations.Answer)
	go func() { first <- a.Carry(t.Context(), investigations.Request{Probe: "p"}) }()
	<-running
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got := a.Carry(ctx, investigations.Request{Probe: "p"}); !strings.Contains(got.Error, "busy") {
		t.Errorf("Carry with no slot free = %+v, want busy", got)
	}
	close(release)
	if got := <-first; string(got.Facts) != "1" || got.Took <= 0 {
		t.Errorf("Carry = %+v", got)
	}
}

func TestCarryAudits(t *testing.T) {
	var audit bytes.Buffer
	a := newAgent(t, Config{Audit: &audit, Policy: Policy{NoProbes: []string{"no"}}, Prober: function(
		func(context.Context, investigations.Request) investigations.Answer {
			return investigations.Answer{Facts: json.RawMessage(`{"secret":1}`), Error: "e"}
		})})
	for _, r := range []investigations.Request{
		{Investigation: "I1", Check: "c1", Probe: "yes", Args: json.RawMessage(`{"port":1}`)},
		{Investigation: "I1", Check: "c2", Probe: "no", Args: json.RawMessage(`{"x":"` + strings.Repeat("y", 5000) + `"}`)},
		{Investigation: "I1", Check: "c3", Probe: "yes", Args: json.RawMessage(`{`)},
	} {
		a.Carry(t.Context(), r)
	}
	want := []auditLine{
		{Investigation: "I1", Check: "c1", Probe: "yes", Args: json.RawMessage(`{"port":1}`), Verdict: "allowed", Error: "e"},
		{Investigation: "I1", Check: "c2", Probe: "no", Args: json.RawMessage(`"5008 bytes"`), Verdict: "refused"},
		{Investigation: "I1", Check: "c3", Probe: "yes", Args: json.RawMessage(`"1 bytes"`), Verdict: "refused"},
	}
	dec := json.NewDecoder(&audit)
	for _, w := range want {
		var got auditLine
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.Time.IsZero() || got.Investigation != w.Investigation || got.Check != w.Check || got.Probe != w.Probe ||
			string(got.Args) != string(w.Args) || got.Verdict != w.Verdict || w.Error != "" && got.Error != w.Error {
			t.Errorf("audit = %+v, want %+v", got, w)
		}
	}
	if dec.More() {
		t.Error("more lines than probes")
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	write := func(f *File, lines ...string) {
		t.Helper()
		for _, l := range lines {
			if _, err := f.Write([]byte(l)); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	is := func(path, want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s = %q, %v, want %q", filepath.Base(path), got, err, want)
		}
	}
	f := &File{Path: path, Max: 8}
	write(f, "aaa\n", "bbb\n")
	is(path, "aaa\nbbb\n")
	write(f, "ccc\n") // closed and opened again: its size counts on
	is(path, "ccc\n")
	is(path+".1", "aaa\nbbb\n")
	write(f, "longer than all\n", "ddd\n")
	is(path, "ddd\n")
	is(path+".1", "longer than all\n")
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, ""); !errors.Is(err, ErrNotJoined) {
		t.Errorf("Open without token and state = %v, want %v", err, ErrNotJoined)
	}
	if _, err := Open(dir, "rubbish"); !errors.Is(err, runner.ErrToken) {
		t.Errorf("Open(rubbish) = %v, want %v", err, runner.ErrToken)
	}
	token := runner.Token{Name: "web", Address: "192.0.2.1:4222", Pin: make([]byte, 32), Secret: runner.NewSecret()}
	id, err := Open(dir, token.String())
	if err != nil || id.joined() || id.Name != "web" {
		t.Fatalf("Open = %+v, %v", id, err)
	}
	again, err := Open(dir, token.String())
	if err != nil || !bytes.Equal(again.Seed, id.Seed) {
		t.Errorf("Open again, %v: another key", err)
	}
	if err := id.noteJoined(); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", token.String()} {
		if joined, err := Open(dir, text); err != nil || !joined.joined() || !bytes.Equal(joined.Seed, id.Seed) {
			t.Errorf("Open after it has joined, token %v, %v: another key, or not joined", text != "", err)
		}
	}
	token.Secret = runner.NewSecret()
	if other, err := Open(dir, token.String()); err != nil || other.joined() || bytes.Equal(other.Seed, id.Seed) {
		t.Errorf("Open with another token, %v: the same key, or joined", err)
	}
	if old, err := Open(dir, ""); err != nil || !bytes.Equal(old.Seed, id.Seed) {
		t.Errorf("Open while another token waits, %v: not what has joined", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others", e.Name())
		}
	}
}

func TestAddresses(t *testing.T) {
	all, err := Addresses()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		ip, err := netip.ParseAddr(a)
		if err != nil || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.Unmap().String() != a {
			t.Errorf("Addresses has %q, %v", a, err)
		}
	}
	for name, bridge := range map[string]bool{
		"docker0": true, "br-0123456789ab": true, "cni0": true, "virbr0": true, "podman0": true,
		"eth0": false, "br0": false, "br-lan": false, "dockside": false, "ens3": false, "wg0": false,
	} {
		if got := containerBridge.MatchString(name); got != bridge {
			t.Errorf("containerBridge(%s) = %v, want %v", name, got, bridge)
		}
	}
}
