package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner/agent"
	"github.com/plexorbot/plexor/investigations/runner/hub"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// hammer is a small prober: what it does is real, and it does nothing else.
type hammer struct {
	mu    sync.Mutex
	count map[string]int
}

var probes = []string{"dial", "say", "hang", "stubborn", "panic", "huge", "watch"}

func (h *hammer) Probe(ctx context.Context, r investigations.Request) investigations.Answer {
	h.mu.Lock()
	if h.count == nil {
		h.count = map[string]int{}
	}
	h.count[r.Probe]++
	h.mu.Unlock()
	a := investigations.Answer{Started: time.Now()}
	switch r.Probe {
	case "dial":
		return dial(ctx, a, r.Args)
	case "say":
		a.Facts = r.Args
	case "hang":
		<-ctx.Done()
		a.Error = "ended: " + ctx.Err().Error()
	case "stubborn":
		select {}
	case "panic":
		var none map[string]int
		none["x"] = 1
	case "huge":
		a.Facts, _ = json.Marshal(strings.Repeat("x", 300<<10))
	case "watch":
		r.Armed()
		select {
		case <-r.Finish:
			a.Facts = json.RawMessage(`{"finished":true}`)
		case <-ctx.Done():
			a.Error = "nobody finished it"
		}
	}
	return a
}

func (h *hammer) calls(probe string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count[probe]
}

func dial(ctx context.Context, a investigations.Answer, args json.RawMessage) investigations.Answer {
	var to struct {
		Address string
		Port    int
	}
	if err := json.Unmarshal(args, &to); err != nil {
		a.Error = err.Error()
		return a
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("%s:%d", to.Address, to.Port))
	if err != nil {
		a.Facts = json.RawMessage(`{"connected":false}`)
		return a
	}
	c.Close()
	a.Facts = json.RawMessage(`{"connected":true}`)
	return a
}

// quiet is a log that goes where the test's does, at warnings.
func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

// audit collects entries.
type audit struct {
	mu  sync.Mutex
	all []hub.Entry
}

func (a *audit) add(e hub.Entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, e)
}

// find returns the first entry of an event.
func (a *audit) find(e hub.Event) (hub.Entry, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, x := range a.all {
		if x.Event == e {
			return x, true
		}
	}
	return hub.Entry{}, false
}

// open opens a hub on a port of loopback; change may be nil.
func open(t testing.TB, change func(*hub.Config)) *hub.Hub {
	t.Helper()
	c := hub.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Store: &hub.Memory{}, Version: "1.0", Log: quiet()}
	if change != nil {
		change(&c)
	}
	h, err := hub.Open(c)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(h.Close)
	return h
}

// run is an agent that runs until the test ends or stop is called.
type run struct {
	*agent.Agent
	stop func() error // ends it and returns what Run returned
}

// start runs an agent; change may be nil.
func start(t testing.TB, id agent.Identity, change func(*agent.Config)) run {
	t.Helper()
	c := agent.Config{
		Identity: id, Prober: &hammer{}, Version: "1.0", Probes: probes, Log: quiet(), Pulse: 3 * time.Second,
		Addresses: func() ([]string, error) { return nil, nil },
	}
	if change != nil {
		change(&c)
	}
	a, err := agent.New(c)
	if err != nil {
		t.Fatalf("agent.New: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var result error
	done := make(chan struct{})
	go func() {
		defer close(done)
		result = a.Run(ctx)
	}()
	stop := func() error {
		cancel()
		select {
		case <-done:
		case <-time.After(patience):
			t.Errorf("agent %s did not stop", id.Name)
		}
		return result
	}
	t.Cleanup(func() { stop() })
	return run{a, stop}
}

// join makes a token and runs an agent that joins with it; it returns the
// directory of its state too.
func join(t testing.TB, h *hub.Hub, name string, labels map[string]string, change func(*agent.Config)) (run, string) {
	t.Helper()
	token, err := h.Token(t.Context(), name, labels, 0)
	if err != nil {
		t.Fatalf("Token(%s): %v", name, err)
	}
	dir := t.TempDir()
	r := start(t, identity(t, dir, token), change)
	waitAlive(t, h, name, true)
	return r, dir
}

func identity(t testing.TB, dir, token string) agent.Identity {
	t.Helper()
	id, err := agent.Open(dir, token)
	if err != nil {
		t.Fatalf("agent.Open: %v", err)
	}
	return id
}

// find returns a runner by name.
func find(t testing.TB, h *hub.Hub, name string) (investigations.Runner, bool) {
	t.Helper()
	all, err := h.Runners(t.Context())
	if err != nil {
		t.Fatalf("Runners: %v", err)
	}
	for _, r := range all {
		if r.Name == name {
			return r, true
		}
	}
	return investigations.Runner{}, false
}

func waitAlive(t testing.TB, h *hub.Hub, name string, want bool) investigations.Runner {
	t.Helper()
	var last investigations.Runner
	waitFor(t, fmt.Sprintf("runner %s alive = %v", name, want), func() bool {
		r, ok := find(t, h, name)
		last = r
		return ok && r.Alive == want
	})
	return last
}

// waitFor waits until something is so.
func waitFor(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %s not so: %s", patience, what)
		}
	}
}

// request is a request of investigation I1, check c1.
func request(probe, args string) investigations.Request {
	return investigations.Request{Investigation: "I1", Check: "c1", Probe: probe, Args: json.RawMessage(args), Timeout: patience}
}
