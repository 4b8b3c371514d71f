package bot

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/store"
)

// alarmFrom hands over an alarm that names a target group.
func (g *door) alarmFrom(name string) {
	g.t.Helper()
	a := arrival{route: Routing{Name: "default", Channel: "ops", Plan: DefaultPlan}, alert: alerts.Alert{
		Source: "sns", Title: name, Fingerprint: name, Firing: true, Lookup: []string{shopGroup}, DedupKey: name,
	}}
	if err := g.take(g.t.Context(), []arrival{a}); err != nil {
		g.t.Fatal(err)
	}
}

// kept waits until a record of the alerts is as wanted.
func (g *door) kept(what string, is func(store.Alert) bool) {
	g.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		list, err := g.List(AlertFilter{})
		if err == nil && slices.ContainsFunc(list, is) {
			return
		}
		if time.Now().After(deadline) {
			g.t.Fatalf("alerts = %+v, %v; want %s", list, err, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestLookup has AWS hang while alarms come: none waits for it, and what was
// not answered is asked again after a restart.
func TestLookup(t *testing.T) {
	var asked atomic.Int64
	hang := func(ctx context.Context, arns []string) ([]string, string, error) {
		asked.Add(1)
		<-ctx.Done()
		return nil, "", ctx.Err()
	}
	g := newDoor(t, AlertConfig{Lookup: hang})
	stop := g.open()
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		g.alarmFrom(name)
	}
	g.kept("the last alarm", func(a store.Alert) bool { return a.Fingerprint == "f" })
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
	g.cfg.Lookup = func(_ context.Context, arns []string) ([]string, string, error) {
		if !slices.Equal(arns, []string{shopGroup}) {
			t.Errorf("asked for %q, want %q", arns, shopGroup)
		}
		return []string{"127.0.0.1:9", "10.0.0.1:9"}, "2 of 2 are unhealthy", nil
	}
	g.Intake = NewIntake(g.cfg, g.store, g.engine, g.runs, g.log)
	g.open()
	g.kept("the targets that AWS named", func(a store.Alert) bool { return slices.Contains(a.Targets, "127.0.0.1:9") })
	states := map[string]store.EntryState{}
	g.store.EachTrouble(func(tr store.Trouble) bool {
		for _, e := range tr.Entries {
			states[e.Target] = e.State
		}
		return true
	})
	if states["10.0.0.1:9"] != store.EntryRefused {
		t.Errorf("entries = %v, want that 10.0.0.1:9 may not be diagnosed", states)
	}
}

// TestMuteAfterRestart has the bot restart under a mute: what it holds is looked into when the mute ends.
func TestMuteAfterRestart(t *testing.T) {
	now := time.Now()
	var later atomic.Int64
	clock := func() time.Time { return now.Add(time.Duration(later.Load())) }
	g := newDoor(t, AlertConfig{})
	g.now = clock
	stop := g.open()
	if _, err := g.AddMute(t.Context(), store.Mute{Target: "127.0.0.1:9", Until: now.Add(40 * time.Hour), By: "U1"}); err != nil {
		t.Fatal(err)
	}
	g.post(`{"version":"4","alerts":[{"status":"firing","labels":{"target":"127.0.0.1:9"},"startsAt":"2026-11-30T10:00:00Z"}]}`)
	g.kept("a muted alert", func(a store.Alert) bool { return a.Muted })
	stop()
	later.Store(int64(39 * time.Hour))
	g.Intake = NewIntake(g.cfg, g.store, g.engine, g.runs, g.log)
	g.now = clock
	g.open()
	g.kept("that it is still muted", func(a store.Alert) bool { return a.Muted && a.Firing })
	later.Store(int64(41 * time.Hour))
	g.kept("that it is no longer muted", func(a store.Alert) bool { return !a.Muted && a.Firing && a.Why == "" })
}
