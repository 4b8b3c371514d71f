package workspace

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestCommandIsAcknowledged(t *testing.T) {
	b := newBed(t, Config{})
	a := b.dial(func(a *app, g got) { a.ack(g, map[string]any{"text": "looking at " + g.Payload["text"].(string)}) })
	ack, err := b.ctl.Command(ctx(t), "ops", "U1", "/diagnose web.test:8080")
	if err != nil || !has(string(ack.Body), "looking at web.test:8080") {
		t.Fatalf("Command = %s, %v, want the acknowledgement's body", ack.Body, err)
	}
	p := b.next(a, "slash_commands").Payload
	if p["command"] != "/diagnose" || p["text"] != "web.test:8080" || p["channel_id"] != "C1" || p["user_id"] != "U1" || p["is_enterprise_install"] != "false" {
		t.Errorf("payload = %v", p)
	}
	for _, field := range []string{"trigger_id", "response_url", "team_id", "api_app_id"} {
		if s, _ := p[field].(string); s == "" {
			t.Errorf("payload lacks %s", field)
		}
	}
	mine, err := b.ctl.Ephemeral(ctx(t), "U1")
	if err != nil || len(mine) != 1 || mine[0].Text != "looking at web.test:8080" {
		t.Errorf("Ephemeral(U1) = %v, %v, want the answer", mine, err)
	}
	if others, _ := b.ctl.Ephemeral(ctx(t), "U2"); len(others) != 0 {
		t.Errorf("Ephemeral(U2) = %v, want none", others)
	}
}

func TestCommandWithoutAck(t *testing.T) {
	b := newBed(t, Config{AckTimeout: 100 * time.Millisecond})
	if _, err := b.ctl.Command(ctx(t), "ops", "U1", "/diagnose x"); err == nil || err.Error() != "dispatch_failed" {
		t.Errorf("with no app: %v, want dispatch_failed", err)
	}
	b.dial(func(*app, got) {})
	if _, err := b.ctl.Command(ctx(t), "ops", "U1", "/diagnose x"); err == nil || err.Error() != "operation_timeout" {
		t.Errorf("with a silent app: %v, want operation_timeout", err)
	}
	if mine, _ := b.ctl.Ephemeral(ctx(t), "U1"); len(mine) != 2 || !has(mine[1].Text, "operation_timeout") {
		t.Errorf("the person saw %v, want both failures", mine)
	}
}

func TestCommandOfAStranger(t *testing.T) {
	b := newBed(t, Config{Commands: []Command{{Name: "/diagnose"}}})
	if _, err := b.ctl.Command(ctx(t), "ops", "U1", "/other x"); err == nil || !has(err.Error(), "not a valid command") {
		t.Errorf("Command(/other) = %v, want a refusal", err)
	}
}

func TestLargeAckIsDropped(t *testing.T) {
	b := newBed(t, Config{AckTimeout: 300 * time.Millisecond})
	b.dial(func(a *app, g got) { a.ack(g, map[string]any{"text": strings.Repeat("x", maxAck)}) })
	if _, err := b.ctl.Command(ctx(t), "ops", "U1", "/diagnose x"); err == nil || err.Error() != "operation_timeout" {
		t.Errorf("an acknowledgement of 20 KB: %v, want operation_timeout", err)
	}
}

func TestEventGoesToOneConnection(t *testing.T) {
	b := newBed(t, Config{})
	a1, a2 := b.dial(nil), b.dial(nil)
	for range 4 {
		if _, err := b.ctl.Message(ctx(t), NewMessage{Channel: "ops", Text: "hello"}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		b.next(a1, "message")
		b.next(a2, "message")
	}
	if len(a1.in)+len(a2.in) != 0 {
		t.Errorf("more than 4 deliveries of 4 events")
	}
}

func TestEventsKeepTheirOrder(t *testing.T) {
	b := newBed(t, Config{})
	a := b.dial(nil)
	var want []string
	for range 30 {
		ts, err := b.ctl.Message(ctx(t), NewMessage{Channel: "ops", Text: "n"})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, ts)
	}
	for i, ts := range want {
		if e := b.next(a, "message").event(); e["ts"] != ts {
			t.Fatalf("event %d has ts %v, want %s", i, e["ts"], ts)
		}
	}
}

func TestEventIsRedelivered(t *testing.T) {
	c := newClock()
	b := newBed(t, Config{Now: c.Now})
	a := b.dial(func(a *app, g got) {
		if g.Attempt == 3 {
			a.ack(g, nil)
		}
	})
	if _, err := b.ctl.Message(ctx(t), NewMessage{Channel: "ops", Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	first, at := b.next(a, "message"), c.Now()
	for i, wait := range []time.Duration{0, time.Minute, 5 * time.Minute} {
		again := b.nextAdvancing(a, c)
		if gap := c.Now().Sub(at); gap < 3*time.Second+wait {
			t.Errorf("attempt %d came after %v, want 3s and %v", i+1, gap, wait)
		}
		at = c.Now()
		if again.Attempt != i+1 || again.Retry != "timeout" || again.Payload["event_id"] != first.Payload["event_id"] || again.ID == first.ID {
			t.Errorf("attempt = %+v, want attempt %d of %v under a new envelope", again, i+1, first.Payload["event_id"])
		}
	}
	until(t, "the acknowledgement", func() bool { return b.srv.sockets.idle() })
	c.advance(time.Hour)
	b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "text": {"after"}}))
	if e := b.next(a, "message").event(); e["text"] != "after" {
		t.Errorf("acknowledged, and delivered again: %v", e)
	}
}

// nextAdvancing is the next message event, while the clock runs fast.
func (b *bed) nextAdvancing(a *app, c *clock) got {
	b.t.Helper()
	step := time.NewTicker(5 * time.Millisecond)
	defer step.Stop()
	over := time.After(patience)
	for {
		select {
		case g := <-a.in:
			return g
		case <-step.C:
			c.advance(2 * time.Second)
		case <-over:
			b.t.Fatalf("no event within %v", patience)
		}
	}
}

// idle says whether nothing waits for an acknowledgement.
func (k *sockets) idle() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.waiting) == 0
}

func TestEventOfADroppedConnection(t *testing.T) {
	b := newBed(t, Config{})
	a := b.dial(func(*app, got) {})
	if _, err := b.ctl.Message(ctx(t), NewMessage{Channel: "ops", Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	b.next(a, "message")
	if err := b.ctl.Disconnect(ctx(t), "refresh_requested"); err != nil {
		t.Fatal(err)
	}
	if g := b.next(a, "disconnect"); g.Reason != "refresh_requested" {
		t.Errorf("reason = %q, want refresh_requested", g.Reason)
	}
	if g := b.next(b.dial(nil), "message"); g.Attempt != 1 {
		t.Errorf("attempt on the new connection = %d, want 1", g.Attempt)
	}
}

func TestEventIsRepeated(t *testing.T) {
	b := newBed(t, Config{})
	a := b.dial(nil)
	if _, err := b.ctl.Message(ctx(t), NewMessage{Channel: "ops", Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	first := b.next(a, "message")
	if err := b.ctl.Repeat(ctx(t), 1, false); err != nil {
		t.Fatal(err)
	}
	if err := b.ctl.Repeat(ctx(t), 2, true); err != nil {
		t.Fatal(err)
	}
	same, other := b.next(a, "message"), b.next(a, "message")
	if same.Payload["event_id"] != first.Payload["event_id"] || other.Payload["event_id"] == first.Payload["event_id"] {
		t.Errorf("event ids = %v, %v, %v, want the second equal to the first", first.Payload["event_id"], same.Payload["event_id"], other.Payload["event_id"])
	}
	if b.next(a, "message").event()["ts"] != first.event()["ts"] {
		t.Error("the repeated event is another message")
	}
}

func TestDroppedConnectionGetsNothingMore(t *testing.T) {
	b := newBed(t, Config{})
	old := b.dial(nil)
	if err := b.ctl.Disconnect(ctx(t), "warning"); err != nil {
		t.Fatal(err)
	}
	if n, _ := b.ctl.Connections(ctx(t)); n != 0 {
		t.Errorf("Connections = %d, want 0", n)
	}
	fresh := b.dial(nil)
	if _, err := b.ctl.Message(ctx(t), NewMessage{Channel: "ops", Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	if g := b.next(fresh, "message"); g.Attempt != 0 {
		t.Errorf("attempt = %d, want the first", g.Attempt)
	}
	if g := b.next(old, "disconnect"); g.Reason != "warning" {
		t.Errorf("reason = %q, want warning", g.Reason)
	}
}

func TestPingsAndPongs(t *testing.T) {
	b := newBed(t, Config{Ping: 10 * time.Millisecond})
	link := b.must(b.api("apps.connections.open", url.Values{"token": {"xapp-any"}})).URL
	ws, _, err := websocket.DefaultDialer.Dial(link, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	pinged := make(chan string, 100)
	ws.SetPingHandler(func(data string) error { pinged <- data; return nil })
	go func() {
		for {
			if _, _, err := ws.ReadMessage(); err != nil {
				return
			}
		}
	}()
	for range 3 {
		select {
		case <-pinged:
		case <-time.After(patience):
			t.Fatal("no ping")
		}
	}
}

func TestElevenConnections(t *testing.T) {
	b := newBed(t, Config{})
	for range 10 {
		b.dial(nil)
	}
	link := b.must(b.api("apps.connections.open", url.Values{"token": {"xapp-any"}})).URL
	ws, _, err := websocket.DefaultDialer.Dial(link, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	var g got
	if err := ws.ReadJSON(&g); err != nil || g.Type != "disconnect" || g.Reason != "too_many_websockets" {
		t.Errorf("the eleventh got %+v, %v, want disconnect too_many_websockets", g, err)
	}
	if n, _ := b.ctl.Connections(ctx(t)); n != 10 {
		t.Errorf("Connections = %d, want 10", n)
	}
}

func TestLinkWorksOnce(t *testing.T) {
	b := newBed(t, Config{})
	link := b.must(b.api("apps.connections.open", url.Values{"token": {"xapp-any"}})).URL
	ws, _, err := websocket.DefaultDialer.Dial(link, nil)
	if err != nil {
		t.Fatal(err)
	}
	ws.Close()
	if _, resp, err := websocket.DefaultDialer.Dial(link, nil); err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("second dial: %v, want 403", err)
	}
}
