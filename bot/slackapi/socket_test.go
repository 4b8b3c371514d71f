package slackapi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// slackd is a Socket Mode server that does as the test says.
type slackd struct {
	t      *testing.T
	server *httptest.Server
	refuse string // word of apps.connections.open
	hangUp bool   // accept, and close at once

	mu    sync.Mutex
	dials int
	acks  []string
	conns []*websocket.Conn
}

func newSlackd(t *testing.T) *slackd {
	t.Helper()
	s := &slackd{t: t}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/apps.connections.open", s.open)
	mux.HandleFunc("/link", s.link)
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)
	return s
}

func (s *slackd) open(w http.ResponseWriter, _ *http.Request) {
	if s.refuse != "" {
		fmt.Fprintf(w, `{"ok":false,"error":%q}`, s.refuse)
		return
	}
	fmt.Fprintf(w, `{"ok":true,"url":"ws%s/link"}`, strings.TrimPrefix(s.server.URL, "http"))
}

func (s *slackd) link(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	c, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	s.mu.Lock()
	s.dials++
	s.conns = append(s.conns, c)
	s.mu.Unlock()
	if s.hangUp {
		return
	}
	s.write(c, `{"type":"hello","num_connections":1,"debug_info":{"host":"test"},"connection_info":{"app_id":"A1"}}`)
	for {
		var ack struct {
			ID string `json:"envelope_id"`
		}
		if c.ReadJSON(&ack) != nil {
			return
		}
		s.mu.Lock()
		s.acks = append(s.acks, ack.ID)
		s.mu.Unlock()
	}
}

func (s *slackd) write(c *websocket.Conn, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		s.t.Logf("write: %v", err)
	}
}

// send sends a message over the first connection.
func (s *slackd) send(text string) {
	s.mu.Lock()
	c := s.conns[0]
	s.mu.Unlock()
	s.write(c, text)
}

func (s *slackd) acked(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.acks {
		if a == id {
			return true
		}
	}
	return false
}

func (s *slackd) dialled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dials
}

// listen has a client listen until the test ends; what it returns gives Listen's
// error.
func (s *slackd) listen(h Handler, status *Status) <-chan error {
	c := New(Config{BotToken: "xoxb-test", AppToken: "xapp-test", APIURL: s.server.URL + "/api/", Connections: 1, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	over := make(chan struct{})
	go func() {
		defer close(over)
		done <- c.Listen(ctx, h, status)
	}()
	s.t.Cleanup(func() { cancel(); <-over })
	return done
}

func wait(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute it is not so that %s", what)
		}
	}
}

// TestSocketAcknowledges sends what is understood, what slack-go refuses and
// what nobody knows: each is acknowledged, or Slack would send it again.
func TestSocketAcknowledges(t *testing.T) {
	s, e, status := newSlackd(t), new(ears), new(Status)
	s.listen(e, status)
	wait(t, "it is connected", func() bool { return status.Err() == nil })
	for id, text := range map[string]string{
		"command": `"type":"slash_commands","payload":{"command":"/diagnose","text":"web:80","channel_id":"C1"}`,
		"event":   `"type":"events_api","payload":{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention","text":"hi"}}`,
		"press":   `"type":"interactive","payload":{"type":"block_actions","user":{"id":"U1"},"actions":[]}`,
		"odd":     `"type":"events_api","payload":{"type":"event_callback","event_id":"Ev2","event":{"type":"message","blocks":[{"type":7}]}}`,
		"new":     `"type":"from_the_future","payload":{"a":1}`,
		"broken":  `"type":"slash_commands","payload":[1]`,
	} {
		s.send(fmt.Sprintf(`{"envelope_id":%q,%s,"accepts_response_payload":true}`, id, text))
		wait(t, id+" is acknowledged", func() bool { return s.acked(id) })
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.commands) != 1 || len(e.events) != 2 || len(e.pressed) != 1 {
		t.Errorf("heard %d commands, %d events, %d presses; want 1, 2 (one of which slack-go does not take), 1", len(e.commands), len(e.events), len(e.pressed))
	}
}

// TestSocketNotKept leaves an event that could not be kept without an
// acknowledgement, so that it comes again.
func TestSocketNotKept(t *testing.T) {
	s, e, status := newSlackd(t), &ears{fail: context.DeadlineExceeded}, new(Status)
	s.listen(e, status)
	wait(t, "it is connected", func() bool { return status.Err() == nil })
	s.send(`{"envelope_id":"lost","type":"events_api","payload":{"event":{"type":"app_mention"}}}`)
	s.send(`{"envelope_id":"after","type":"slash_commands","payload":{"text":"x"}}`)
	wait(t, "the next is acknowledged", func() bool { return s.acked("after") })
	wait(t, "the event was handled", func() bool { e.mu.Lock(); defer e.mu.Unlock(); return len(e.events) == 1 })
	if s.acked("lost") {
		t.Error("an event that could not be kept was acknowledged")
	}
}

// TestSocketBreaker listens to a server that accepts and closes: without a pause
// there would be thousands of connections a second.
func TestSocketBreaker(t *testing.T) {
	s, status := newSlackd(t), new(Status)
	s.hangUp = true
	s.listen(new(ears), status)
	wait(t, "it tries again", func() bool { return s.dialled() >= 4 })
	select {
	case <-time.After(2 * time.Second): // how often it dials in this time is the question
	case <-t.Context().Done():
	}
	if n := s.dialled(); n > 20 {
		t.Errorf("%d connections within seconds, want the circuit breaker to hold them back", n)
	}
	if status.Err() == nil {
		t.Error("Status says that Slack can be reached")
	}
}

// TestBreakerPauses holds the pauses against an injected clock.
func TestBreakerPauses(t *testing.T) {
	now := time.Unix(1000, 0)
	b := &breaker{now: func() time.Time { return now }}
	var got []time.Duration
	for range 12 {
		wait := b.pause()
		got = append(got, wait)
		now = now.Add(wait) // it connects, and breaks at once
	}
	want := []time.Duration{0, 0, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second,
		8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second, 30 * time.Second}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("pauses = %v, want %v", got, want)
	}
	now = now.Add(shortLived + time.Second)
	if wait := b.pause(); wait != 0 {
		t.Errorf("after a connection that lasted the pause is %v, want none", wait)
	}
}

// TestSocketFatal holds that tokens which Slack does not take end Listen with
// Slack's word, and that anything else is tried again.
func TestSocketFatal(t *testing.T) {
	for _, word := range []string{"invalid_auth", "missing_scope", "not_allowed_token_type", "token_expired", "token_revoked", "account_inactive"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			s := newSlackd(t)
			s.refuse = word
			select {
			case err := <-s.listen(new(ears), new(Status)):
				if KindOf(err) != Auth || !strings.Contains(err.Error(), word) {
					t.Errorf("Listen = %v, want %s as fatal", err, word)
				}
			case <-time.After(time.Minute):
				t.Error("Listen goes on for ever")
			}
		})
	}
}

// TestReplyFits keeps acknowledgements under what Slack takes.
func TestReplyFits(t *testing.T) {
	long := strings.Repeat("é", 30_000)
	for name, r := range map[string]Reply{
		"text": {Text: long}, "blocks": {Text: "short", Blocks: []Block{{"type": "section", "text": long}}},
	} {
		text, err := json.Marshal(r.payload())
		if err != nil || len(text) >= 20_000 {
			t.Errorf("%s: an acknowledgement of %d bytes (%v), Slack takes less than 20,000", name, len(text), err)
		}
	}
	if p := (Reply{}).payload(); p != nil {
		t.Errorf("an empty reply = %v, want none", p)
	}
}

// stuck are ears that don't return from an event until the test lets them.
type stuck struct {
	ears
	let chan struct{}
}

func (s *stuck) Event(context.Context, Event) error {
	<-s.let
	return nil
}

// TestSocketPeopleFirst has events pile up in a channel: a command typed there
// and a button pressed there are answered all the same.
func TestSocketPeopleFirst(t *testing.T) {
	s, e, status := newSlackd(t), &stuck{let: make(chan struct{})}, new(Status)
	s.listen(e, status)
	defer close(e.let)
	wait(t, "it is connected", func() bool { return status.Err() == nil })
	for i := range 50 {
		s.send(fmt.Sprintf(`{"envelope_id":"e%d","type":"events_api","payload":{"event":{"type":"message","channel":"C1"}}}`, i))
	}
	s.send(`{"envelope_id":"command","type":"slash_commands","payload":{"command":"/diagnose","text":"web:80","channel_id":"C1"}}`)
	s.send(`{"envelope_id":"press","type":"interactive","payload":{"type":"block_actions","channel":{"id":"C1"},"actions":[]}}`)
	wait(t, "the command is acknowledged", func() bool { return s.acked("command") })
	wait(t, "the press is acknowledged", func() bool { return s.acked("press") })
}
