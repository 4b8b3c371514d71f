package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/bot/workspace"
	"github.com/plexorbot/plexor/store"
)

// call asks the bot's API.
func (b *bed) call(ctx context.Context, method, path string, answer any) error {
	c := &client{base: b.api, token: "token"}
	return c.call(ctx, method, path, nil, answer)
}

func (b *bed) stateFile() string { return filepath.Join(filepath.Dir(b.config), "data", "plexor.db") }

// declare adds schedules, one a backend, to the bot's configuration. Their own
// times are far away: the test has them run.
func (b *bed) declare(backends []*switchable) {
	b.t.Helper()
	text, err := os.ReadFile(b.config)
	if err != nil {
		b.t.Fatal(err)
	}
	var out strings.Builder
	out.Write(text)
	out.WriteString("schedules:\n")
	for i, s := range backends {
		fmt.Fprintf(&out, "  - {name: watch-%d, when: '0 0 1 1 *', targets: ['%s']}\n", i, s.address)
	}
	if err := os.WriteFile(b.config, []byte(out.String()), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// runsEnded waits until no run is going and nothing waits to be said.
func (b *bed) runsEnded() {
	b.t.Helper()
	b.eventually("every run has ended", func() bool {
		var all []bot.ScheduleState
		if b.call(b.t.Context(), http.MethodGet, "/api/v1/schedules", &all) != nil {
			return false
		}
		for _, st := range all {
			if st.Going {
				return false
			}
		}
		return true
	})
	b.eventually("nothing waits to be said", func() bool {
		resp, err := http.Get(b.api + "/metrics")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return strings.Contains(readAll(resp.Body), "plexor_outbox_waiting 0\n")
	})
}

// TestScheduleKill kills the bot without a warning in runs and in messages about
// them. Every change between two results that were kept is told once.
func TestScheduleKill(t *testing.T) {
	n := 16
	if testing.Short() {
		n = 3
	}
	b := newBed(t, workspace.Config{Limits: workspace.Limits{PostPerSecond: -1, UpdatePerMinute: -1, OtherPerMinute: -1}})
	var backends []*switchable
	for range n {
		backends = append(backends, newSwitchable(t))
	}
	b.declare(backends)
	random := rand.New(rand.NewPCG(9, 10))
	kill := b.start()
	run := func(i int) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		b.call(ctx, http.MethodPost, fmt.Sprintf("/api/v1/schedules/watch-%d/run", i), nil) // it may die meanwhile
	}
	b.ready()
	for i := range backends {
		run(i) // all are well
	}
	b.runsEnded()
	for k := range 2 * n {
		i := k % n
		if k < n {
			backends[i].down()
		} else if err := backends[i].up(); err != nil {
			t.Fatal(err)
		}
		run(i)
		time.Sleep(time.Duration(random.Int64N(int64(900 * time.Millisecond)))) // the moment of death, not a wait for anything
		kill()
		kill = b.start()
		b.ready()
		if k%n == n-1 { // those that died with their run
			for i := range backends {
				run(i)
			}
			b.runsEnded()
		}
	}
	b.runsEnded()
	kill()
	b.toldOnce(backends)
}

// toldOnce compares what was said with the results that were kept.
func (b *bed) toldOnce(backends []*switchable) {
	b.t.Helper()
	s, err := store.Open(b.stateFile(), store.Options{Wait: 10 * time.Second})
	if err != nil {
		b.t.Fatal(err)
	}
	defer s.Close()
	said := b.messages()
	keys := map[string]int{}
	for _, m := range said {
		keys[keyOf(m)]++
	}
	for k, n := range keys {
		if n != 1 {
			b.t.Errorf("%s was said %d times", k, n)
		}
	}
	for _, backend := range backends {
		results, err := s.Results(backend.address, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
		if err != nil {
			b.t.Fatal(err)
		}
		var want, got []string
		for i := 1; i < len(results); i++ {
			if results[i].Outcome.Down() != results[i-1].Outcome.Down() {
				want = append(want, map[bool]string{true: "failing", false: "healthy"}[results[i].Outcome.Down()])
			}
		}
		for _, m := range said {
			switch {
			case strings.HasPrefix(m.Text, backend.address+" is failing since"):
				got = append(got, "failing")
			case strings.HasPrefix(m.Text, backend.address+" is healthy again"):
				got = append(got, "healthy")
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || len(want) != 2 {
			b.t.Errorf("of %s was said %v, want %v, from %d results", backend.address, got, want, len(results))
		}
	}
}

// TestRollUpKill kills the bot while it sums up old results: none is lost, and
// none counts twice.
func TestRollUpKill(t *testing.T) {
	b := newBed(t, workspace.Config{})
	const targets, days = 40, 40
	if err := os.MkdirAll(filepath.Dir(b.stateFile()), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(b.stateFile(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	c, _, err := s.NewSchedule(store.Schedule{Expression: "0 0 1 1 *", Zone: "UTC", Notify: "never", Confirm: 1, Made: now, Targets: []string{"127.0.0.1:9"}}, "", store.AuditLine{})
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for at := now.Add(-days * 24 * time.Hour); at.Before(now); at = at.Add(4 * time.Hour) {
		f := store.Finish{Schedule: c.ID, Progress: store.Progress{Last: now}, Results: map[string]store.Result{}}
		for i := range targets {
			f.Results[fmt.Sprintf("127.0.1.%d:80", i)] = store.Result{At: at, Outcome: store.Up, Connect: time.Millisecond}
		}
		if kept, err := s.FinishRun(f); err != nil || !kept {
			t.Fatal(kept, err)
		}
		want++
	}
	s.Close()
	random := rand.New(rand.NewPCG(11, 12))
	for range 6 {
		kill := b.start()
		time.Sleep(time.Duration(random.Int64N(int64(400 * time.Millisecond)))) // the moment of death, not a wait for anything
		kill()
	}
	b.start()
	b.ready()
	for i := range targets {
		var h bot.TargetHistory
		if err := b.call(t.Context(), http.MethodGet, fmt.Sprintf("/api/v1/history?target=127.0.1.%d:80&period=52w", i), &h); err != nil {
			t.Fatal(err)
		}
		if int(h.Checks) != want {
			text, _ := json.Marshal(h)
			t.Errorf("127.0.1.%d:80 has %d results, want %d: %.300s", i, h.Checks, want, text)
		}
	}
}
