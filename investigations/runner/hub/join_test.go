package hub_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations/runner"
	"github.com/plexorbot/plexor/investigations/runner/agent"
	"github.com/plexorbot/plexor/investigations/runner/hub"
)

// refused runs an agent and returns why it gave up.
func refused(t *testing.T, dir, token string) error {
	t.Helper()
	a, err := agent.New(agent.Config{Identity: identity(t, dir, token), Prober: &hammer{}, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return a.Run(ctx)
}

func TestTokenOnce(t *testing.T) {
	var log audit
	h := open(t, func(c *hub.Config) { c.Audit = log.add })
	token, err := h.Token(t.Context(), "web", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	first := start(t, identity(t, dir, token), nil)
	waitAlive(t, h, "web", true)
	if err := refused(t, t.TempDir(), token); !errors.Is(err, agent.ErrRefused) {
		t.Errorf("the token again, by another = %v, want %v", err, agent.ErrRefused)
	}
	if _, ok := log.find(hub.JoinRefused); !ok {
		t.Error("the stolen token was not audited")
	}
	if r, _ := find(t, h, "web"); !r.Alive {
		t.Error("the first runner is not here any more")
	}
	first.stop()
	start(t, identity(t, dir, token), nil) // the same command on the same host
	waitAlive(t, h, "web", true)
}

// TestJoinInterrupted is a runner that died after the bot recorded it and before
// it could keep that.
func TestJoinInterrupted(t *testing.T) {
	h := open(t, nil)
	token, err := h.Token(t.Context(), "web", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	id := identity(t, dir, token)
	joining, err := os.ReadFile(filepath.Join(dir, "joining.json"))
	if err != nil {
		t.Fatal(err)
	}
	first := start(t, id, nil)
	waitAlive(t, h, "web", true)
	first.stop()
	if err := errors.Join(os.Remove(filepath.Join(dir, "runner.json")), os.WriteFile(filepath.Join(dir, "joining.json"), joining, 0o600)); err != nil {
		t.Fatal(err)
	}
	waitAlive(t, h, "web", false)
	start(t, identity(t, dir, token), nil)
	waitAlive(t, h, "web", true)
}

func TestNameTaken(t *testing.T) {
	h := open(t, nil)
	join(t, h, "web", nil, nil)
	if _, err := h.Token(t.Context(), "web", nil, 0); !errors.Is(err, hub.ErrTaken) {
		t.Errorf("Token(taken) = %v, want %v", err, hub.ErrTaken)
	}
}

func TestTokenReplaced(t *testing.T) {
	h := open(t, nil)
	old, err := h.Token(t.Context(), "web", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	join(t, h, "web", nil, nil)
	if err := refused(t, t.TempDir(), old); !errors.Is(err, agent.ErrRefused) {
		t.Errorf("the older token = %v, want %v", err, agent.ErrRefused)
	}
}

func TestTokenExpires(t *testing.T) {
	var later atomic.Int64
	h := open(t, func(c *hub.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	token, err := h.Token(t.Context(), "web", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	later.Store(int64(hub.TokenLife + time.Second))
	if err := refused(t, t.TempDir(), token); !errors.Is(err, agent.ErrRefused) {
		t.Errorf("an expired token = %v, want %v", err, agent.ErrRefused)
	}
}

func TestTokenArguments(t *testing.T) {
	h := open(t, nil)
	for _, c := range []struct {
		name   string
		labels map[string]string
		ttl    time.Duration
	}{
		{"", nil, 0}, {"a.b", nil, 0}, {"*", nil, 0}, {">", nil, 0}, {"Web", nil, 0}, {"-a", nil, 0}, {strings.Repeat("a", 64), nil, 0},
		{"web", map[string]string{"role": "<!channel>"}, 0}, {"web", map[string]string{"": "x"}, 0}, {"web", nil, -1}, {"web", nil, 1e6 * time.Hour},
	} {
		if token, err := h.Token(t.Context(), c.name, c.labels, c.ttl); err == nil {
			t.Errorf("Token(%q, %v, %s) = %q, want an error", c.name, c.labels, c.ttl, token)
		}
	}
}

func TestWrongPin(t *testing.T) {
	h, other := open(t, nil), open(t, nil)
	text, err := h.Token(t.Context(), "web", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	token, err := runner.ParseToken(text)
	if err != nil {
		t.Fatal(err)
	}
	token.Address = other.Addr().String()
	if err := refused(t, t.TempDir(), token.String()); !errors.Is(err, agent.ErrPin) {
		t.Errorf("another bot at the address = %v, want %v", err, agent.ErrPin)
	}
	if n := other.Count("", hub.JoinRefused); n != 0 {
		t.Errorf("the other bot saw the secret %d times", n)
	}
	token.Address = h.Addr().String()
	start(t, identity(t, t.TempDir(), token.String()), nil)
	waitAlive(t, h, "web", true)
}

func TestRevoke(t *testing.T) {
	h := open(t, nil)
	hammer := &hammer{}
	r, dir := join(t, h, "web", nil, func(c *agent.Config) { c.Prober = hammer })
	failed := make(chan error, 1)
	go func() {
		_, err := h.Probe(context.Background(), "web", request("hang", `{}`))
		failed <- err
	}()
	waitFor(t, "the probe runs", func() bool { return hammer.calls("hang") == 1 })
	began := time.Now()
	if err := h.Revoke("web"); err != nil {
		t.Fatalf("Revoke = %v", err)
	}
	if err := <-failed; !errors.Is(err, hub.ErrLost) || !strings.Contains(err.Error(), "revoked") || time.Since(began) > patience/2 {
		t.Errorf("the probe in flight = %v after %s, want %v at once", err, time.Since(began), hub.ErrLost)
	}
	waitFor(t, "the runner tries again and is refused", func() bool { return h.Count("", hub.KeyRefused) >= 3 })
	if _, ok := find(t, h, "web"); ok {
		t.Error("the revoked runner is still listed")
	}
	r.stop()
	if err := h.Revoke("web"); !errors.Is(err, hub.ErrUnknown) {
		t.Errorf("Revoke again = %v, want %v", err, hub.ErrUnknown)
	}
	// The same host may join again, with a new token.
	token, err := h.Token(t.Context(), "web", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	start(t, identity(t, dir, token), nil)
	waitAlive(t, h, "web", true)
}
