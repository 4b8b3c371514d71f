package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// nobody is a fabric without runners.
type nobody struct{}

func (nobody) Runners(context.Context) ([]investigations.Runner, error) { return nil, nil }
func (nobody) Probe(context.Context, string, investigations.Request) (investigations.Answer, error) {
	return investigations.Answer{}, errors.New("nobody is there")
}

// door is an intake on a real state file, whose Run the test starts.
type door struct {
	*Intake
	t      testing.TB
	server *httptest.Server
}

func newDoor(t testing.TB, c AlertConfig) *door {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "plexor.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	allow, err := investigations.NewAllowList([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	engine := &investigations.Engine{Plans: map[string]*investigations.Plan{}, Dispatcher: nobody{}, Allow: allow}
	if c.Router == nil {
		if c.Router, err = NewRouter(nil, nil, "ops"); err != nil {
			t.Fatal(err)
		}
	}
	if c.Auth == nil {
		c.Auth = map[string]alerts.Auth{"alertmanager": {Open: true}}
	}
	g := &door{Intake: NewIntake(c, s, engine, NewRuns(engine, s, Limits{}, log), log), t: t}
	g.server = httptest.NewServer(g.Handler())
	t.Cleanup(g.server.Close)
	return g
}

// open starts the writing; what it returns ends it.
func (g *door) open() (stop func()) {
	ctx, cancel := context.WithCancel(g.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := g.Run(ctx); err != nil {
			g.t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	g.t.Cleanup(stop)
	return stop
}

func (g *door) post(body string) *http.Response {
	g.t.Helper()
	resp, err := http.Post(g.server.URL+"/alerts/alertmanager", "application/json", strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

func amBody(n int) string {
	return fmt.Sprintf(`{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"x","n":"%d"},"startsAt":"2026-11-30T10:00:00Z"}]}`, n)
}

// TestFullQueue lets alerts pile up before anybody writes: those beyond the
// limit are sent away, those within it are not lost.
func TestFullQueue(t *testing.T) {
	g := newDoor(t, AlertConfig{Queue: 3})
	var wg sync.WaitGroup
	answers := make([]int, 3)
	for n := range answers {
		wg.Go(func() { answers[n] = g.post(amBody(n)).StatusCode })
	}
	eventually(t, "three wait", func() bool { return g.waiting.Load() == 3 })
	resp := g.post(amBody(9))
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
		t.Errorf("the fourth = %d, Retry-After %q; want 429 with one", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	g.open()
	wg.Wait()
	for n, status := range answers {
		if status != http.StatusAccepted {
			t.Errorf("alert %d = %d, want 202", n, status)
		}
	}
	if list, err := g.List(AlertFilter{}); err != nil || len(list) != 3 {
		t.Errorf("%d alerts are kept, %v; want 3", len(list), err)
	}
	if resp := g.post(amBody(9)); resp.StatusCode != http.StatusAccepted {
		t.Errorf("the fourth, again = %d, want 202", resp.StatusCode)
	}
}

// TestDiskFails has the state file taken away: nothing is acknowledged.
func TestDiskFails(t *testing.T) {
	g := newDoor(t, AlertConfig{})
	g.open()
	if resp := g.post(amBody(1)); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("the first = %d, want 202", resp.StatusCode)
	}
	g.store.Close()
	if resp := g.post(amBody(2)); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without a disk = %d, want 503", resp.StatusCode)
	}
}

// TestHalfBody announces a body and sends half of it.
func TestHalfBody(t *testing.T) {
	g := newDoor(t, AlertConfig{})
	g.open()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/alerts/alertmanager", strings.NewReader(amBody(1)[:20]))
	g.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("half a body = %d, want 400", w.Code)
	}
	if list, err := g.List(AlertFilter{}); err != nil || len(list) != 0 {
		t.Errorf("%d alerts are kept, %v; want none", len(list), err)
	}
}

// TestStateAfterRestart counts on where it stopped.
func TestStateAfterRestart(t *testing.T) {
	g := newDoor(t, AlertConfig{})
	stop := g.open()
	g.post(amBody(1))
	g.post(amBody(1))
	stop()
	g.Intake = NewIntake(g.cfg, g.store, g.engine, g.runs, g.log)
	g.server.Config.Handler = g.Handler()
	g.open()
	g.post(amBody(1))
	list, err := g.List(AlertFilter{})
	if err != nil || len(list) != 1 || list[0].Count != 3 {
		t.Errorf("alerts = %+v, %v; want one that came 3 times", list, err)
	}
}

func TestTakeRaised(t *testing.T) {
	g := newDoor(t, AlertConfig{})
	g.open()
	b := &Bot{Alerts: g.Intake, Log: g.log}
	line := `2026/11/21 03:02:04 [error] 31315#31315: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 10.91.1.2, server: app.example.com, request: "GET / HTTP/1.1", upstream: "http://10.91.2.2:8081/", host: "app.example.com"`
	payload, err := json.Marshal(map[string]any{"program": "nginx", "line": line, "at": time.Now(), "count": 5, "sampled": true})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "1", "2"} {
		if err := b.TakeRaised(t.Context(), "lb-1", id, payload); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []string{"", "{", `{"program":"nginx","line":"all is well"}`} {
		if err := b.TakeRaised(t.Context(), "lb-1", "3", []byte(other)); err != nil {
			t.Errorf("TakeRaised(%q) = %v, want that it is let pass", other, err)
		}
	}
	list, err := g.List(AlertFilter{})
	if err != nil || len(list) != 1 {
		t.Fatalf("alerts = %+v, %v; want one", list, err)
	}
	if a := list[0]; a.Count != 10 || a.Targets[0] != "10.91.2.2:8081" || a.Labels["runner"] != "lb-1" {
		t.Errorf("alert = %+v, want 10 of 10.91.2.2:8081 from lb-1", a)
	}
}
