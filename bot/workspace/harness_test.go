package workspace

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// bed is a workspace on loopback and its clients.
type bed struct {
	t   *testing.T
	srv *Server
	url string
	ctl Control
}

func newBed(t *testing.T, cfg Config) *bed {
	t.Helper()
	srv := New(cfg)
	web := httptest.NewServer(srv.Handler())
	t.Cleanup(func() { srv.Close(); web.CloseClientConnections(); web.Close() })
	return &bed{t, srv, web.URL, Control{web.URL}}
}

// answerOf is a Web API answer.
type answerOf struct {
	status int
	retry  string
	OK     bool
	Error  string
	URL    string
	TS     string
	Errors []string
	raw    map[string]any
}

// api calls a method with a form, the token in the body.
func (b *bed) api(method string, args url.Values) answerOf {
	b.t.Helper()
	if !args.Has("token") {
		args.Set("token", "xoxb-any")
	}
	resp, err := http.PostForm(b.url+"/api/"+method, args)
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	return b.decode(resp)
}

func (b *bed) decode(resp *http.Response) answerOf {
	b.t.Helper()
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatalf("reading the answer: %v", err)
	}
	a := answerOf{status: resp.StatusCode, retry: resp.Header.Get("Retry-After")}
	json.Unmarshal(raw, &a)
	json.Unmarshal(raw, &a.raw)
	return a
}

// call is api with a JSON body and the token in the header.
func (b *bed) call(method string, args map[string]any) answerOf {
	b.t.Helper()
	body, err := json.Marshal(args)
	if err != nil {
		b.t.Fatal(err)
	}
	req, _ := http.NewRequest(http.MethodPost, b.url+"/api/"+method, bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Authorization", "Bearer xoxb-any")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	return b.decode(resp)
}

// must fails the test where a call was refused.
func (b *bed) must(a answerOf) answerOf {
	b.t.Helper()
	if !a.OK {
		b.t.Fatalf("the API answered %d %q %v", a.status, a.Error, a.Errors)
	}
	return a
}

// app is a Socket Mode connection.
type app struct {
	ws  *websocket.Conn
	in  chan got
	mu  sync.Mutex
	end chan struct{}
}

// got is an envelope as the app sees it.
type got struct {
	Type    string
	ID      string `json:"envelope_id"`
	Payload map[string]any
	Attempt int    `json:"retry_attempt"`
	Reason  string // of a disconnect
	Retry   string `json:"retry_reason"`
}

func (g got) event() map[string]any { e, _ := g.Payload["event"].(map[string]any); return e }

// dial opens a connection and takes the hello. react is called for each envelope, in order; nil acknowledges all.
func (b *bed) dial(react func(*app, got)) *app {
	b.t.Helper()
	link := b.must(b.api("apps.connections.open", url.Values{"token": {"xapp-any"}})).URL
	ws, _, err := websocket.DefaultDialer.Dial(link, http.Header{"Origin": {"https://api.slack.com"}})
	if err != nil {
		b.t.Fatalf("dialling the link: %v", err)
	}
	a := &app{ws: ws, in: make(chan got, 1000), end: make(chan struct{})}
	b.t.Cleanup(func() { ws.Close(); <-a.end })
	var hello got
	if err := ws.ReadJSON(&hello); err != nil || hello.Type != "hello" {
		b.t.Fatalf("first message = %+v, %v, want hello", hello, err)
	}
	if react == nil {
		react = func(a *app, g got) { a.ack(g, nil) }
	}
	go func() {
		defer close(a.end)
		defer close(a.in)
		for {
			var g got
			if ws.ReadJSON(&g) != nil {
				return
			}
			if g.ID != "" {
				react(a, g)
			}
			a.in <- g
		}
	}()
	return a
}

func (a *app) ack(g got, payload any) {
	out := map[string]any{"envelope_id": g.ID}
	if payload != nil {
		out["payload"] = payload
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ws.WriteJSON(out)
}

// next is the next envelope of a type, or an event of that type.
func (b *bed) next(a *app, kind string) got {
	b.t.Helper()
	over := time.After(patience)
	for {
		select {
		case g, open := <-a.in:
			if !open {
				b.t.Fatalf("connection closed while waiting for %s", kind)
			}
			if g.Type == kind || g.event()["type"] == kind {
				return g
			}
		case <-over:
			b.t.Fatalf("no %s within %v", kind, patience)
		}
	}
}

// clock is an injected clock.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

func ctx(t *testing.T) context.Context {
	c, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	return c
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s: not within %v", what, patience)
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
