package hub_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations/runner"
	"github.com/plexorbot/plexor/investigations/runner/agent"
	"github.com/plexorbot/plexor/investigations/runner/hub"
)

// wire is a TCP proxy on loopback that can be cut, and frozen.
type wire struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	thaw     *sync.Cond
	frozen   bool
	refuse   bool
	conns    []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, to: to}
	w.thaw = sync.NewCond(&w.mu)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	t.Cleanup(func() { l.Close(); w.freeze(false); w.cut(true) })
	return w
}

func (w *wire) carry(c net.Conn) {
	d, err := net.Dial("tcp", w.to)
	w.mu.Lock()
	w.conns = append(w.conns, c)
	if err == nil {
		w.conns = append(w.conns, d)
	}
	refuse := w.refuse || err != nil
	w.mu.Unlock()
	if refuse {
		c.Close()
		if err == nil {
			d.Close()
		}
		return
	}
	go w.pipe(d, c)
	w.pipe(c, d)
}

func (w *wire) pipe(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		w.mu.Lock()
		for w.frozen {
			w.thaw.Wait()
		}
		w.mu.Unlock()
		if _, e := to.Write(buf[:n]); e != nil || err != nil {
			return
		}
	}
}

// cut ends all connections; with refuse no new one lives.
func (w *wire) cut(refuse bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuse = refuse
	for _, c := range w.conns {
		c.Close()
	}
	w.conns = nil
}

func (w *wire) freeze(frozen bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.frozen = frozen
	w.thaw.Broadcast()
}

// joinOver is join over a wire.
func joinOver(t *testing.T, h *hub.Hub, name string, change func(*agent.Config)) (*wire, run) {
	t.Helper()
	w := newWire(t, h.Addr().String())
	text, err := h.Token(t.Context(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	token, err := runner.ParseToken(text)
	if err != nil {
		t.Fatal(err)
	}
	token.Address = w.listener.Addr().String()
	r := start(t, identity(t, t.TempDir(), token.String()), change)
	waitAlive(t, h, name, true)
	return w, r
}

// hang asks for a probe that ends with its context, and returns how it ends.
func hang(t *testing.T, h *hub.Hub, hammer *hammer) chan error {
	t.Helper()
	ended := make(chan error, 1)
	before := hammer.calls("hang")
	go func() {
		r := request("hang", `{}`)
		r.Timeout = 10 * time.Minute
		_, err := h.Probe(context.Background(), "web", r)
		ended <- err
	}()
	waitFor(t, "the probe runs", func() bool { return hammer.calls("hang") == before+1 })
	return ended
}

func lostSoon(t *testing.T, ended chan error, why string) {
	t.Helper()
	select {
	case err := <-ended:
		if !errors.Is(err, hub.ErrLost) || !strings.Contains(err.Error(), why) {
			t.Errorf("the probe in flight = %v, want %v: it %s", err, hub.ErrLost, why)
		}
	case <-time.After(patience):
		t.Error("the probe in flight goes on although its runner is lost")
	}
}

func TestConnectionCut(t *testing.T) {
	h := open(t, func(c *hub.Config) { c.Grace = 100 * time.Millisecond })
	hammer := &hammer{}
	w, _ := joinOver(t, h, "web", func(c *agent.Config) { c.Prober = hammer })
	ended := hang(t, h, hammer)
	w.cut(true)
	lostSoon(t, ended, "lost its connection")
	waitAlive(t, h, "web", false)
	w.cut(false)
	waitAlive(t, h, "web", true)
	if a, err := h.Probe(t.Context(), "web", request("say", `{"n":1}`)); err != nil || string(a.Facts) != `{"n":1}` {
		t.Errorf("Probe after it is back = %s, %v", a.Facts, err)
	}
}

// TestAnswerAfterCut is a watch that outlives its connection: the runner is back
// before the grace is over, hears that it is enough, and answers.
func TestAnswerAfterCut(t *testing.T) {
	h := open(t, func(c *hub.Config) { c.Grace = patience })
	w, _ := joinOver(t, h, "web", nil)
	armed, finish, facts := make(chan struct{}), make(chan struct{}), make(chan string, 1)
	r := request("watch", `{}`)
	r.Timeout = 2 * patience
	r.Armed, r.Finish = sync.OnceFunc(func() { close(armed) }), finish
	go func() {
		a, err := h.Probe(context.Background(), "web", r)
		if err != nil {
			a.Facts = []byte(err.Error())
		}
		facts <- string(a.Facts)
	}()
	<-armed
	w.cut(true)
	waitAlive(t, h, "web", false)
	close(finish) // while nobody hears it
	w.cut(false)
	if got := <-facts; got != `{"finished":true}` {
		t.Errorf("Probe over two connections = %s", got)
	}
}

func TestSilence(t *testing.T) {
	h := open(t, nil)
	hammer := &hammer{}
	w, _ := joinOver(t, h, "web", func(c *agent.Config) { c.Prober, c.Pulse = hammer, time.Second })
	ended := hang(t, h, hammer)
	w.freeze(true)
	lostSoon(t, ended, "fell silent")
	if r, _ := find(t, h, "web"); r.Alive {
		t.Error("a runner that missed its pulses is alive")
	}
	w.freeze(false)
	waitAlive(t, h, "web", true)
}

func TestRunnerRestarts(t *testing.T) {
	h := open(t, nil)
	hammer := &hammer{}
	r, dir := join(t, h, "web", nil, func(c *agent.Config) { c.Prober = hammer })
	ended := hang(t, h, hammer)
	// The second process is here before the first has gone.
	start(t, identity(t, dir, ""), nil)
	lostSoon(t, ended, "was restarted")
	r.stop()
	waitAlive(t, h, "web", true)
}

// TestBotRestarts is a bot that comes back with its data, then with data of
// before the runner joined, then with its data again: the runner is back by
// itself, and not by a token.
func TestBotRestarts(t *testing.T) {
	store, dir, address := &hub.Memory{}, t.TempDir(), "127.0.0.1:0"
	reopen := func(s hub.Store) *hub.Hub {
		return open(t, func(c *hub.Config) { c.Store, c.Dir, c.Listen = s, dir, address })
	}
	h := reopen(store)
	address = h.Addr().String()
	join(t, h, "web", map[string]string{"role": "lb"}, func(c *agent.Config) {
		c.Addresses = func() ([]string, error) { return []string{"192.0.2.1"}, nil }
	})
	h.Close()

	h = reopen(&hub.Memory{})
	waitFor(t, "the runner was refused more than twice", func() bool { return h.Count("", hub.KeyRefused) > 3 })
	h.Close()

	h = reopen(store)
	if r, ok := find(t, h, "web"); !ok || !slices.Equal(r.Addresses, []string{"192.0.2.1"}) || r.Labels["role"] != "lb" {
		t.Errorf("before the runner is back = %+v, want its address and label", r)
	}
	waitAlive(t, h, "web", true)
	if a, err := h.Probe(t.Context(), "web", request("say", `{"n":1}`)); err != nil || string(a.Facts) != `{"n":1}` {
		t.Errorf("Probe = %s, %v", a.Facts, err)
	}
}

func TestAddressConflict(t *testing.T) {
	var log audit
	store, dir := &hub.Memory{}, t.TempDir()
	h := open(t, func(c *hub.Config) { c.Audit, c.Store, c.Dir = log.add, store, dir })
	has := func(addresses ...string) func(*agent.Config) {
		return func(c *agent.Config) { c.Addresses = func() ([]string, error) { return addresses, nil } }
	}
	web, _ := join(t, h, "web", nil, has("10.0.0.1", "127.0.0.1", "fe80::1"))
	join(t, h, "evil", nil, has("10.0.0.1", "10.0.0.2", "127.0.0.1"))
	addresses := func(name string) string {
		r, _ := find(t, h, name)
		return strings.Join(r.Addresses, " ")
	}
	if got := addresses("web"); got != "10.0.0.1" {
		t.Errorf("addresses of web = %q, want its own", got)
	}
	if got := addresses("evil"); got != "10.0.0.2" {
		t.Errorf("addresses of evil = %q, want those that nobody had", got)
	}
	if e, ok := log.find(hub.AddressConflict); !ok || e.Runner != "evil" || !strings.Contains(e.Detail, "10.0.0.1") {
		t.Errorf("audit = %+v", e)
	}
	web.stop()
	waitAlive(t, h, "web", false)
	waitFor(t, "the address goes to who has it now", func() bool { return addresses("evil") == "10.0.0.1 10.0.0.2" })
	if got := addresses("web"); got != "10.0.0.1" {
		t.Errorf("addresses of web, lost = %q, want what it last had", got)
	}
}

// TestLacks is a runner older than the bot's plans, and without a privilege.
func TestLacks(t *testing.T) {
	h := open(t, func(c *hub.Config) { c.Probes = []string{"say", "dial", "x.new"} })
	join(t, h, "web", nil, func(c *agent.Config) {
		c.Policy = agent.Policy{NoProbes: []string{"dial"}}
		c.Version, c.Lacks = "0.9", map[string]string{"say": "needs CAP_NET_RAW"}
	})
	r, _ := find(t, h, "web")
	if len(r.Lacks) != 3 || r.Lacks["say"] != "needs CAP_NET_RAW" || !strings.Contains(r.Lacks["x.new"], "0.9") || !strings.Contains(r.Lacks["dial"], "policy") {
		t.Errorf("Lacks = %v", r.Lacks)
	}
}

// TestClock is a runner whose clock is wrong.
func TestClock(t *testing.T) {
	var ahead atomic.Int64
	h := open(t, func(c *hub.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	join(t, h, "web", nil, nil)
	ahead.Store(int64(time.Hour)) // the bot's: the runner is an hour behind
	waitAlive(t, h, "web", true)
	if _, err := h.Probe(t.Context(), "web", request("say", `{}`)); err != nil {
		t.Fatal(err)
	}
	if r, _ := find(t, h, "web"); (r.Offset + time.Hour).Abs() > time.Minute {
		t.Errorf("Offset = %s, want about -1h", r.Offset)
	}
}
