package main

import (
	"encoding/json"
	"fmt"
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

// runOnce asks for a run, whose wish is on disk then.
func (b *bed) runOnce(i int) {
	b.t.Helper()
	if err := b.call(b.t.Context(), http.MethodPost, fmt.Sprintf("/api/v1/schedules/watch-%d/run", i), nil); err != nil {
		b.t.Fatal(err)
	}
}

// going reports whether a schedule's run goes on, and how many have ended.
func (b *bed) going(i int) (going bool, runs uint64) {
	var st bot.ScheduleState
	if err := b.call(b.t.Context(), http.MethodGet, fmt.Sprintf("/api/v1/schedules/watch-%d", i), &st); err != nil {
		b.t.Fatal(err)
	}
	return st.Going, st.Runs
}

// TestScheduleKillAimed kills the bot where it hurts: while the plan of a run goes
// on, while Slack has a change message and the bot has not heard so, and while the
// message is on its way. The run that was asked for is made all the same, and the
// change is told once.
func TestScheduleKillAimed(t *testing.T) {
	moments := []string{"in a run", "said and not known", "on its way"}
	b := newBed(t, workspace.Config{Limits: workspace.Limits{PostPerSecond: -1, UpdatePerMinute: -1, OtherPerMinute: -1}})
	var backends []*switchable
	for range moments {
		backends = append(backends, newSwitchable(t))
	}
	b.declare(backends)
	kill := b.start()
	b.ready()
	for i := range backends {
		b.runOnce(i)
	}
	b.runsEnded()
	for i, moment := range moments {
		for _, up := range []bool{false, true} {
			aimed := b.aim(moment, i, backends[i], up)
			t.Logf("%s, up %t: the moment was met: %t", moment, up, aimed)
			kill()
			kill = b.start()
			b.ready()
			b.runsEnded()
		}
	}
	kill()
	b.toldOnce(backends)
}

// aim changes a backend, has its schedule run, and returns at the moment.
func (b *bed) aim(moment string, i int, backend *switchable, up bool) (met bool) {
	b.t.Helper()
	fault := map[string]workspace.Fault{
		"said and not known": {Method: "chat.postMessage", After: "apply", DelayMS: 50},
		"on its way":         {Method: "chat.postMessage", DelayMS: 5000},
	}[moment]
	if fault.Method != "" {
		if err := b.control.Fault(b.t.Context(), fault); err != nil {
			b.t.Fatal(err)
		}
	}
	if !up {
		backend.down()
	} else if err := backend.up(); err != nil {
		b.t.Fatal(err)
	}
	_, before := b.going(i)
	b.runOnce(i)
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until) && !met; time.Sleep(5 * time.Millisecond) {
		going, runs := b.going(i)
		switch moment {
		case "in a run":
			if met = b.investigating(backend.address); !met && runs > before {
				return false // too quick to be met
			}
		case "said and not known":
			met = b.saidOf(backend.address, up)
		case "on its way":
			met = !going && runs > before
		}
	}
	return met
}

// investigating reports whether a plan runs on a target.
func (b *bed) investigating(target string) bool {
	var list []json.RawMessage
	err := b.call(b.t.Context(), http.MethodGet, "/api/v1/investigations?state=running&target="+target, &list)
	return err == nil && len(list) > 0
}

func (b *bed) saidOf(address string, up bool) bool {
	want := map[bool]string{false: "🔴 Failing: " + address, true: address + " is healthy again"}[up]
	for _, m := range b.messages() {
		if strings.Contains(m.Text, want) {
			return true
		}
	}
	return false
}

// TestRollUpKillAimed kills the bot again and again in the middle of one roll-up,
// a little later each time, until it is through. Every result counts once.
func TestRollUpKillAimed(t *testing.T) {
	b := newBed(t, workspace.Config{})
	const targets, days = 150, 40
	if err := os.MkdirAll(filepath.Dir(b.stateFile()), 0o700); err != nil {
		t.Fatal(err)
	}
	name := func(i int) string { return fmt.Sprintf("127.0.2.%d:80", i) }
	now := time.Now().UTC()
	want := 0
	b.stored(func(s *store.Store) {
		c, _, err := s.NewSchedule(store.Schedule{Expression: "0 0 1 1 *", Zone: "UTC", Notify: "never", Confirm: 1, Made: now, Targets: []string{"127.0.0.1:9"}}, "", store.AuditLine{})
		if err != nil {
			t.Fatal(err)
		}
		for at := now.Add(-days * 24 * time.Hour); at.Before(now); at = at.Add(3 * time.Hour) {
			f := store.Finish{Schedule: c.ID, Progress: store.Progress{Last: now}, Results: map[string]store.Result{}}
			for i := range targets {
				f.Results[name(i)] = store.Result{At: at, Outcome: store.Up, Connect: time.Millisecond}
			}
			if kept, err := s.FinishRun(f); err != nil || !kept {
				t.Fatal(kept, err)
			}
			want++
		}
	})
	old := func() (n int) { // targets whose old results are not rolled up yet
		b.stored(func(s *store.Store) {
			for i := range targets {
				single, err := s.Results(name(i), now.Add(-days*24*time.Hour), now.Add(-10*24*time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				if len(single) > 0 {
					n++
				}
			}
		})
		return n
	}
	middle := 0
	for delay, left := 100*time.Millisecond, targets; left > 0 && delay < 5*time.Second; delay += 20 * time.Millisecond {
		kill := b.start()
		time.Sleep(delay) // the moment of death, not a wait for anything
		kill()
		if left = old(); left > 0 && left < targets {
			middle++
		}
	}
	t.Logf("%d kills were in the middle of the roll-up", middle)
	b.stored(func(s *store.Store) {
		for i := range targets {
			h, err := s.History(name(i), now.Add(-60*24*time.Hour), now.Add(time.Hour), 24*time.Hour)
			if err != nil || int(h.Total.Checks()) != want {
				t.Errorf("%s has %d results, %v; want %d", name(i), h.Total.Checks(), err, want)
			}
		}
	})
}

// stored opens the state file while no bot has it.
func (b *bed) stored(f func(*store.Store)) {
	b.t.Helper()
	s, err := store.Open(b.stateFile(), store.Options{Wait: 10 * time.Second})
	if err != nil {
		b.t.Fatal(err)
	}
	defer s.Close()
	f(s)
}
