package hub_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner"
	"github.com/plexorbot/plexor/investigations/runner/agent"
	"github.com/plexorbot/plexor/investigations/runner/hub"
)

// dialRaw connects with a runner's key and no manners.
func dialRaw(t *testing.T, id agent.Identity, opts ...nats.Option) (*nats.Conn, error) {
	t.Helper()
	key, err := nkeys.FromSeed(id.Seed)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	opts = append([]nats.Option{
		nats.Nkey(pub, key.Sign), nats.Secure(&tls.Config{InsecureSkipVerify: true}), nats.TLSHandshakeFirst(),
		nats.NoReconnect(), nats.Timeout(patience), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, opts...)
	c, err := nats.Connect("tls://"+id.Address, opts...)
	if err == nil {
		t.Cleanup(c.Close)
	}
	return c, err
}

// raw makes runner evil, which joined, and connects with its key.
func raw(t *testing.T, h *hub.Hub, opts ...nats.Option) *nats.Conn {
	t.Helper()
	r, dir := join(t, h, "evil", nil, nil)
	r.stop()
	waitAlive(t, h, "evil", false)
	c, err := dialRaw(t, identity(t, dir, ""), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPermissions(t *testing.T) {
	h := open(t, nil)
	join(t, h, "web", nil, nil)
	violations := make(chan error, 100)
	c := raw(t, h, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { violations <- err }))
	expect := func(what string) {
		t.Helper()
		select {
		case err := <-violations:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v, want %v", what, err, nats.ErrPermissionViolation)
			}
		case <-time.After(patience):
			t.Errorf("%s: allowed", what)
		}
	}
	for _, s := range []string{
		"plexor.v1.do.web", "plexor.v1.do.evil", "plexor.v1.hello.web", "plexor.v1.answer.web", "plexor.v1.raise.web", "plexor.v1.pulse.web",
		"x", "$SYS.REQ.SERVER.PING", "$SYS.ACCOUNT.$G.DISCONNECT", "_INBOX.x", "plexor.v1.answer.evil.more",
	} {
		if err := c.Publish(s, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		expect("publish on " + s)
	}
	for _, s := range []string{">", "*", "plexor.>", "plexor.v1.do.*", "plexor.v1.do.web", "plexor.v1.hello.evil", "_INBOX.>", "$SYS.>", "plexor.v1.do.evil.>"} {
		if _, err := c.Subscribe(s, func(*nats.Msg) {}); err != nil {
			t.Fatal(err)
		}
		expect("subscribe to " + s)
	}
	waitFor(t, "each try is counted", func() bool { return h.Count("evil", hub.Forbidden) == 20 })
	if a, err := h.Probe(t.Context(), "web", request("say", `{"n":1}`)); err != nil || string(a.Facts) != `{"n":1}` {
		t.Errorf("Probe of the other runner = %s, %v", a.Facts, err)
	}
}

func TestStrangersAtTheDoor(t *testing.T) {
	h := open(t, nil)
	_, dir := join(t, h, "web", nil, nil)
	id := identity(t, dir, "")
	stranger, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	key, err := nkeys.FromSeed(id.Seed)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	for what, opts := range map[string][]nats.Option{
		"its public key without the private one": {nats.Nkey(pub, stranger.Sign)},
		"a user and password":                    {nats.Nkey("", nil), nats.UserInfo("admin", "admin")},
		"nothing":                                {nats.Nkey("", nil)},
		"a token alone":                          {nats.Nkey("", nil), nats.Token("secret")},
	} {
		opts = append(opts, func(o *nats.Options) error {
			if o.Nkey == "" {
				o.SignatureCB = nil
			}
			return nil
		})
		if c, err := dialRaw(t, id, opts...); err == nil {
			t.Errorf("%s: let in as %v", what, c.ConnectedUrl())
		}
	}
	// The key of the bot's own runner is good on no socket.
	seed, err := h.Local("local", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dialRaw(t, agent.Identity{Seed: seed, Address: id.Address}); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("the local runner's key on a socket = %v, want %v", err, nats.ErrAuthorization)
	}
	if c, err := nats.Connect("nats://"+id.Address, nats.Nkey(pub, key.Sign), nats.Timeout(2*time.Second)); err == nil {
		c.Close()
		t.Error("a connection without TLS was let in")
	}
}

// frame encodes a frame, in any version.
func frame(t *testing.T, version int, f runner.Frame) []byte {
	t.Helper()
	data, err := runner.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.Replace(string(data), fmt.Sprintf(`"v":%d`, runner.Version), fmt.Sprintf(`"v":%d`, version), 1))
}

var helloFrame = runner.Frame{Kind: runner.KindHello, ID: "p1", Hello: &runner.Hello{Probes: []string{"say"}, PulseMS: 60_000}}

func TestRubbish(t *testing.T) {
	var log audit
	h := open(t, func(c *hub.Config) { c.Audit = log.add })
	c := raw(t, h)
	answer := runner.Frame{Kind: runner.KindAnswer, ID: "nobody's", Investigation: "I1", Check: "c1", Answer: &runner.Answer{}}
	bad := [][]byte{
		nil, []byte("rubbish"), []byte(`{"v":1}`), []byte(`{"v":1,"kind":"hello"}`), []byte(`{"v":1,"kind":"probe","id":"x"}`), []byte("\xff"),
		[]byte(`{"v":1,"kind":"pulse","id":"p1","extra":1}`), frame(t, 1, answer), []byte(strings.Repeat(" ", runner.MaxFrame+1)), []byte(strings.Repeat("[", 100_000)),
	}
	for _, data := range bad {
		if err := c.Publish("plexor.v1.hello.evil", data); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Publish("plexor.v1.answer.evil", frame(t, 1, answer)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "all rubbish is counted", func() bool { return h.Count("evil", hub.BadFrame) == int64(len(bad)) })
	waitFor(t, "the answer is counted", func() bool { return h.Count("evil", hub.NotAsked) == 1 })
	for _, e := range []hub.Event{hub.BadFrame, hub.NotAsked} {
		if entry, ok := log.find(e); !ok || entry.Runner != "evil" || entry.Detail == "" {
			t.Errorf("audit of %s = %+v", e, entry)
		}
	}
	if r, _ := find(t, h, "evil"); r.Alive {
		t.Error("rubbish made the runner alive")
	}
}

func TestTooMuch(t *testing.T) {
	h := open(t, nil)
	join(t, h, "web", nil, nil)
	c := raw(t, h)
	for range 2000 {
		if err := c.Publish("plexor.v1.pulse.evil", []byte("rubbish")); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "the flood is counted", func() bool { return h.Count("evil", hub.TooMuch) > 1000 })
	if n := h.Count("evil", hub.BadFrame); n > 1000 {
		t.Errorf("%d frames of the flood were looked at", n)
	}
	if a, err := h.Probe(t.Context(), "web", request("say", `{"n":1}`)); err != nil || string(a.Facts) != `{"n":1}` {
		t.Errorf("Probe of another runner = %s, %v", a.Facts, err)
	}
}

// TestTooLarge speaks the protocol by hand: the client library would not send
// what is over the limit.
func TestTooLarge(t *testing.T) {
	h := open(t, nil)
	r, dir := join(t, h, "evil", nil, nil)
	r.stop()
	waitAlive(t, h, "evil", false)
	id := identity(t, dir, "")
	key, err := nkeys.FromSeed(id.Seed)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", id.Address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	line, err := in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var info struct{ Nonce string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "INFO ")), &info); err != nil {
		t.Fatal(err)
	}
	sig, err := key.Sign([]byte(info.Nonce))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "CONNECT {\"nkey\":%q,\"sig\":%q,\"protocol\":1}\r\nPUB plexor.v1.hello.evil %d\r\n", pub, base64.RawURLEncoding.EncodeToString(sig), 1<<20)
	waitFor(t, "it is counted", func() bool { return h.Count("evil", hub.TooMuch) == 1 })
	if _, err := io.Copy(io.Discard, in); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ended with %v", err)
	}
}

// TestWrongAnswers is a runner that answers, but not what it was asked.
func TestWrongAnswers(t *testing.T) {
	h := open(t, nil)
	join(t, h, "web", nil, nil)
	c := raw(t, h)
	asked := make(chan runner.Frame, 10)
	if _, err := c.Subscribe("plexor.v1.do.evil", func(m *nats.Msg) {
		if f, err := runner.Decode(m.Data); err == nil && f.Kind == runner.KindProbe {
			if got := m.Header.Get(runner.HeaderInvestigation); got != f.Investigation {
				t.Errorf("header %s = %q, want %q", runner.HeaderInvestigation, got, f.Investigation)
			}
			asked <- f
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Publish("plexor.v1.hello.evil", frame(t, 1, helloFrame)); err != nil {
		t.Fatal(err)
	}
	waitAlive(t, h, "evil", true)
	type result struct {
		a   investigations.Answer
		err error
	}
	results := make(chan result, 1)
	go func() {
		a, err := h.Probe(t.Context(), "evil", request("say", `{}`))
		results <- result{a, err}
	}()
	q := <-asked
	right := runner.Frame{Kind: runner.KindAnswer, ID: q.ID, Investigation: q.Investigation, Check: q.Check,
		Answer: &runner.Answer{Facts: json.RawMessage(`"right"`)}}
	for _, change := range []func(f *runner.Frame){
		func(f *runner.Frame) { f.ID = "another" },
		func(f *runner.Frame) { f.Check = "another" },
		func(f *runner.Frame) { f.Investigation = "another" },
		func(f *runner.Frame) { f.Investigation, f.Check = "", "" },
	} {
		wrong := right
		wrong.Answer = &runner.Answer{Facts: json.RawMessage(`"wrong"`)}
		change(&wrong)
		if err := c.Publish("plexor.v1.answer.evil", frame(t, 1, wrong)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Publish("plexor.v1.answer.evil", frame(t, 1, right)); err != nil {
		t.Fatal(err)
	}
	r := <-results
	if r.err != nil || string(r.a.Facts) != `"right"` {
		t.Errorf("Probe = %s, %v, want the right answer", r.a.Facts, r.err)
	}
	if n := h.Count("evil", hub.NotAsked); n != 4 {
		t.Errorf("wrong answers counted = %d, want 4", n)
	}
}

func TestOtherVersion(t *testing.T) {
	h := open(t, nil)
	c := raw(t, h)
	told := make(chan string, 10)
	for _, v := range []string{"v0", "v1", "v2"} {
		if _, err := c.Subscribe("plexor."+v+".do.evil", func(m *nats.Msg) {
			if f, err := runner.Decode(m.Data); err == nil && f.Kind == runner.KindRefused {
				told <- m.Subject + ": " + f.Error
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []struct {
		version int
		want    string
	}{{0, "upgrade plexor-runner"}, {2, "upgrade the bot"}} {
		if err := c.Publish(fmt.Sprintf("plexor.v%d.hello.evil", v.version), frame(t, v.version, helloFrame)); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-told:
			if !strings.Contains(got, v.want) || !strings.HasPrefix(got, fmt.Sprintf("plexor.v%d.", v.version)) {
				t.Errorf("version %d is told %q, want %q", v.version, got, v.want)
			}
		case <-time.After(patience):
			t.Errorf("version %d is told nothing", v.version)
		}
	}
	if r, _ := find(t, h, "evil"); r.Alive {
		t.Error("a runner of another version is alive")
	}
}
