package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner/agent"
	"github.com/plexorbot/plexor/investigations/runner/hub"
)

func TestProbe(t *testing.T) {
	h := open(t, nil)
	join(t, h, "web", map[string]string{"role": "backend"}, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	args := fmt.Sprintf(`{"address":"127.0.0.1","port":%d}`, l.Addr().(*net.TCPAddr).Port)
	for _, want := range []string{`{"connected":true}`, `{"connected":false}`} {
		a, err := h.Probe(t.Context(), "web", request("dial", args))
		if err != nil || a.Error != "" || string(a.Facts) != want {
			t.Errorf("Probe(dial) = %s, %q, %v, want %s", a.Facts, a.Error, err, want)
		}
		if a.Started.IsZero() || a.Took <= 0 {
			t.Errorf("Probe(dial): started %s, took %s", a.Started, a.Took)
		}
		l.Close()
	}
	r, _ := find(t, h, "web")
	if r.Labels["role"] != "backend" || !r.Alive || r.Version != "1.0" || len(r.Probes) != len(probes) {
		t.Errorf("Runners = %+v", r)
	}
	if r.Offset.Abs() > time.Second {
		t.Errorf("offset of the same clock = %s", r.Offset)
	}
}

func TestProbeSeveralRunners(t *testing.T) {
	h := open(t, nil)
	names := []string{"web-1", "web-2", "lb"}
	for _, n := range names {
		join(t, h, n, nil, nil)
	}
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			r := request("say", fmt.Sprintf(`{"n":%d}`, i))
			r.Check = fmt.Sprint("c", i)
			a, err := h.Probe(t.Context(), names[i%3], r)
			if want := fmt.Sprintf(`{"n":%d}`, i); err != nil || string(a.Facts) != want {
				t.Errorf("Probe %d = %s, %q, %v, want %s", i, a.Facts, a.Error, err, want)
			}
		})
	}
	wg.Wait()
}

func TestProbeThatFails(t *testing.T) {
	h := open(t, nil)
	join(t, h, "web", nil, func(c *agent.Config) { c.Policy = agent.Policy{NoProbes: []string{"dial"}} })
	for _, c := range []struct{ probe, args, want string }{
		{"panic", `{}`, "panicked"},
		{"huge", `{}`, "cannot be sent"},
		{"dial", `{}`, "refused by the runner's policy"},
		{"say", `{"address":"169.254.169.254"}`, "metadata"},
	} {
		a, err := h.Probe(t.Context(), "web", request(c.probe, c.args))
		if err != nil || !strings.Contains(a.Error, c.want) || a.Facts != nil {
			t.Errorf("Probe(%s) = %.40s, %q, %v, want an error with %q", c.probe, a.Facts, a.Error, err, c.want)
		}
	}
	if a, err := h.Probe(t.Context(), "web", request("say", `{"n":1}`)); err != nil || string(a.Facts) != `{"n":1}` {
		t.Errorf("Probe(say) after all that = %s, %v", a.Facts, err)
	}
}

func TestProbeDeadline(t *testing.T) {
	h := open(t, nil)
	join(t, h, "web", nil, nil)
	r := request("hang", `{}`)
	r.Timeout = 50 * time.Millisecond
	if a, err := h.Probe(t.Context(), "web", r); err != nil || !strings.Contains(a.Error, "deadline") {
		t.Errorf("Probe(hang) = %q, %v, want the probe's own word", a.Error, err)
	}
	r.Probe = "stubborn"
	if a, err := h.Probe(t.Context(), "web", r); err != nil || !strings.Contains(a.Error, "did not end") {
		t.Errorf("Probe(stubborn) = %q, %v, want the agent's word", a.Error, err)
	}
}

func TestProbeCancelled(t *testing.T) {
	h := open(t, nil)
	hammer := &hammer{}
	ended := make(chan string, 1)
	join(t, h, "web", nil, func(c *agent.Config) { c.Prober = hammer; c.Audit = lines(ended) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		waitFor(t, "the probe runs", func() bool { return hammer.calls("hang") == 1 })
		cancel()
	}()
	if _, err := h.Probe(ctx, "web", request("hang", `{}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("Probe = %v, want %v", err, context.Canceled)
	}
	select {
	case line := <-ended:
		if !strings.Contains(line, "context canceled") || !strings.Contains(line, `"investigation":"I1"`) {
			t.Errorf("audit of the runner = %s", line)
		}
	case <-time.After(patience):
		t.Error("the probe went on although nobody waits for it")
	}
}

// lines is a writer into a channel.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

func TestWatch(t *testing.T) {
	h := open(t, nil)
	join(t, h, "web", nil, nil)
	armed, finish := make(chan struct{}), make(chan struct{})
	r := request("watch", `{}`)
	r.Armed, r.Finish = sync.OnceFunc(func() { close(armed) }), finish
	go func() {
		select {
		case <-armed:
			close(finish)
		case <-time.After(patience):
		}
	}()
	if a, err := h.Probe(t.Context(), "web", r); err != nil || string(a.Facts) != `{"finished":true}` {
		t.Errorf("Probe(watch) = %s, %q, %v", a.Facts, a.Error, err)
	}
}

func TestProbeNobody(t *testing.T) {
	h := open(t, nil)
	if _, err := h.Probe(t.Context(), "web", request("say", `{}`)); !errors.Is(err, hub.ErrUnknown) {
		t.Errorf("Probe(unknown) = %v, want %v", err, hub.ErrUnknown)
	}
	if _, err := h.Token(t.Context(), "web", nil, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Probe(t.Context(), "web", request("say", `{}`)); !errors.Is(err, hub.ErrUnknown) {
		t.Errorf("Probe(not joined) = %v, want %v", err, hub.ErrUnknown)
	}
	r, _ := join(t, h, "web", nil, nil)
	r.stop()
	waitAlive(t, h, "web", false)
	if _, err := h.Probe(t.Context(), "web", request("say", `{}`)); !errors.Is(err, hub.ErrLost) {
		t.Errorf("Probe(lost) = %v, want %v", err, hub.ErrLost)
	}
}

func TestLocalWithoutPort(t *testing.T) {
	h := open(t, func(c *hub.Config) { c.Listen, c.Dir = "", "" })
	if h.Addr() != nil {
		t.Errorf("Addr = %v, want none", h.Addr())
	}
	seed, err := h.Local("local", map[string]string{"role": "local"})
	if err != nil {
		t.Fatal(err)
	}
	start(t, agent.Identity{Name: "local", Seed: seed}, func(c *agent.Config) { c.InProc = h })
	waitAlive(t, h, "local", true)
	if a, err := h.Probe(t.Context(), "local", request("say", `{"n":1}`)); err != nil || string(a.Facts) != `{"n":1}` {
		t.Errorf("Probe = %s, %v", a.Facts, err)
	}
	if _, err := h.Token(t.Context(), "web", nil, 0); err == nil {
		t.Error("Token without a port: no error")
	}
	if _, err := h.Local("local", nil); !errors.Is(err, hub.ErrTaken) {
		t.Errorf("Local twice = %v, want %v", err, hub.ErrTaken)
	}
}

// BenchmarkProbe is a probe that does nothing, over the fabric and back: one at a
// time, and as many at once as there are processors times eight.
func BenchmarkProbe(b *testing.B) {
	r := investigations.Request{Investigation: "I1", Check: "c1", Probe: "say", Args: json.RawMessage(`{"n":1}`), Timeout: patience}
	for _, where := range []string{"tls", "inprocess"} {
		h := open(b, nil)
		if where == "tls" {
			join(b, h, "web", nil, nil)
		} else {
			seed, err := h.Local("web", nil)
			if err != nil {
				b.Fatal(err)
			}
			start(b, agent.Identity{Name: "web", Seed: seed}, func(c *agent.Config) { c.InProc = h })
			waitAlive(b, h, "web", true)
		}
		ask := func(b *testing.B) {
			if a, err := h.Probe(b.Context(), "web", r); err != nil || a.Error != "" {
				b.Error(a.Error, err)
			}
		}
		b.Run(where, func(b *testing.B) {
			for b.Loop() {
				ask(b)
			}
		})
		b.Run(where+"-parallel", func(b *testing.B) {
			b.SetParallelism(8)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					ask(b)
				}
			})
		})
	}
}

// BenchmarkOpen is a hub from nothing to its first runner: the start of a bot.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		h, err := hub.Open(hub.Config{Store: &hub.Memory{}, Log: quiet()})
		if err != nil {
			b.Fatal(err)
		}
		h.Close()
	}
}
