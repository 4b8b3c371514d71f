package bot

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// walker has an intake on a real state file live through whatever comes.
type walker struct {
	*Intake
	t   *testing.T
	r   *rand.Rand
	at  time.Time
	log []string
}

var walkTargets = []string{"web-1:80", "web-1:81", "web-2:80", "bk/web1", "bk/web2", "bk", "10.0.3.12:8080", "10.0.3.12:8081", "10.0.3.13:8080", "http://web-1:80"}

func newWalker(t *testing.T, seed uint64) *walker {
	t.Helper()
	w := &walker{t: t, r: rand.New(rand.NewPCG(seed, 1)), at: noon}
	s, err := store.Open(filepath.Join(t.TempDir(), "plexor.db"), store.Options{Now: func() time.Time { return w.at }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	log := slog.New(slog.DiscardHandler)
	engine := testEngine(t, nobody{}, log)
	engine.Allow = anywhere(t).engine.Allow
	c := AlertConfig{Limits: TriageLimits{AtOnce: 3, StormTargets: 4}}
	if c.Router, err = NewRouter(nil, nil, "ops"); err != nil {
		t.Fatal(err)
	}
	w.Intake = NewIntake(c, s, engine, NewRuns(engine, s, Limits{}, log), log)
	w.now = func() time.Time { return w.at }
	w.restart()
	return w
}

// restart forgets all that is not on disk.
func (w *walker) restart() {
	w.t.Helper()
	if err := w.load(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *walker) do(what string, f func(*board, time.Time)) {
	w.log = append(w.log, w.at.Format("15:04:05 ")+what)
	var batch []work
	if f != nil {
		batch = append(batch, work{do: f})
	}
	w.step(batch)
}

// come takes alert n, which always names the same.
func (w *walker) come(n int, firing bool) {
	a := alerts.Alert{Source: "alertmanager", Fingerprint: fmt.Sprintf("f%d", n), Title: fmt.Sprint("alert ", n), Firing: firing, Labels: map[string]string{"n": fmt.Sprint(n)}}
	if n%3 == 0 {
		a.Source = "log"
	}
	if n%4 == 0 {
		a.DedupKey = fmt.Sprint(n, firing)
	}
	if firing || n%2 == 0 {
		a.Targets = append(a.Targets, walkTargets[n%len(walkTargets)])
		if n%5 == 0 {
			a.Targets = append(a.Targets, walkTargets[(n+3)%len(walkTargets)])
		}
	}
	one := w.arrival(a)
	one.route.Channel = "ops"
	if n%7 == 0 {
		one.thread = fmt.Sprint("1.", n)
	}
	w.do(fmt.Sprintf("alert %d firing %t %v", n, firing, a.Targets), func(b *board, now time.Time) { b.arrive(one, now) })
}

// finish ends an investigation that runs, or has it know its endpoints.
func (w *walker) finish(kind investigations.VerdictKind) bool {
	for id := range w.board.running {
		inv, err := w.store.Investigation(id)
		if err != nil {
			w.t.Fatal(err)
		}
		eps := map[string][]string{"bk/web1": {"10.0.3.12:8080"}, "bk/web2": {"10.0.3.13:8080"}, "bk": {"10.0.3.12:8080", "10.0.3.13:8080"}}[inv.Target]
		if w.r.IntN(5) == 0 {
			eps = []string{"10.0.3.12:8081"}
		}
		var list []investigations.Endpoint
		for _, a := range eps {
			list = append(list, investigations.Endpoint{Address: a})
		}
		events := []investigations.Event{{Kind: investigations.EventResolved, Resolution: &investigations.Resolution{Addresses: eps}, Endpoints: list}}
		if w.r.IntN(3) > 0 {
			v := &investigations.Verdict{Kind: kind, Headline: string(kind)}
			for i := range list {
				events = append(events, investigations.Event{Kind: investigations.EventEndpoint, Endpoint: i, Verdict: v})
			}
			events = append(events, investigations.Event{Kind: investigations.EventEnded, State: investigations.Concluded, Verdict: v})
		}
		for _, e := range events {
			e.Time = w.at
			if err := w.store.Apply(id, e); err != nil {
				w.t.Fatal(err)
			}
		}
		w.do(fmt.Sprintf("%s of %s: %v %s", id, inv.Target, eps, kind), w.moved(id).do)
		return true
	}
	return false
}

// namesOf are the targets that an alert named.
func namesOf(n *memo) (names []string) {
	for _, target := range walkTargets {
		if slices.Contains(n.targets, hash(target)) {
			names = append(names, target)
		}
	}
	return names
}

// holds checks what is always true.
func (w *walker) holds() {
	b := w.board
	bad := func(format string, args ...any) {
		for _, l := range w.log[max(0, len(w.log)-60):] {
			w.t.Log(l)
		}
		w.t.Fatalf(format, args...)
	}
	firing := map[string]int{}
	for _, n := range b.notes {
		if n.firing {
			t := b.trouble(n.trouble)
			if t == nil {
				bad("an alert fires in trouble %q, which is not there", n.trouble)
			}
			firing[t.ID]++
			for _, h := range n.targets {
				there := t.More > 0
				for i := range t.Entries {
					e := &t.Entries[i]
					there = there || e.Firing > 0 && (n.named(e) || hash(e.Target) == h) || serverOf(t, e.Target)
				}
				if !there {
					bad("the alert about %v fires in a trouble of whose targets none does: %+v", namesOf(n), t)
				}
			}
		}
	}
	for id, t := range b.troubles {
		if t.Into != "" {
			continue
		}
		if t.Firing != firing[id] {
			bad("trouble %s counts %d, %d fire", id, t.Firing, firing[id])
		}
		for i := range t.Entries {
			e := &t.Entries[i]
			count := 0
			for _, n := range b.notes {
				if n.firing && b.trouble(n.trouble) == t && n.named(e) {
					count++
				}
			}
			if e.Firing != count {
				bad("%s in %s counts %d, %d fire: %+v", e.Target, id, e.Firing, count, e)
			}
			if e.Firing > 0 && !e.Resolved.IsZero() {
				bad("%s in %s fires and is resolved", e.Target, id)
			}
		}
	}
}

// TestWalk has alerts, ends, mutes, time and restarts come in any order.
func TestWalk(t *testing.T) {
	for seed := range uint64(8) {
		w := newWalker(t, seed)
		for range 150 {
			switch k := w.r.IntN(20); {
			case k < 9:
				w.come(w.r.IntN(14), w.r.IntN(3) > 0)
			case k < 13:
				w.finish([]investigations.VerdictKind{"cause", "healthy", "inconclusive"}[w.r.IntN(3)])
			case k < 17:
				w.at = w.at.Add([]time.Duration{time.Second, time.Minute, 16 * time.Minute}[w.r.IntN(3)])
				w.do("time", nil)
			case k == 17:
				w.at = w.at.Add(time.Duration(w.r.IntN(7200)-3600) * time.Second)
				w.do("the clock jumps", nil)
			case k == 18:
				w.log = append(w.log, "restart")
				w.restart()
				w.do("after it", nil)
			default:
				m := store.Mute{ID: fmt.Sprint("m", w.at.UnixNano()), Target: walkTargets[w.r.IntN(len(walkTargets))], Until: w.at.Add(10 * time.Minute)}
				w.do("mute "+m.Target, func(b *board, _ time.Time) { b.mutes = append(b.mutes, m); b.change.Mutes = append(b.change.Mutes, m) })
			}
			w.holds()
		}
		for n := range 14 {
			w.come(n, false)
		}
		for range 4 * 60 {
			for w.finish(investigations.VerdictHealthy) {
			}
			w.at = w.at.Add(30 * time.Minute)
			w.do("time", nil)
			w.holds()
		}
		for _, tr := range w.board.troubles {
			w.t.Fatalf("seed %d: a trouble is left: %+v", seed, tr)
		}
	}
}

// TestClockSetBackWhileDown restarts with a clock that is hours behind: what
// waits does not wait for hours.
func TestClockSetBackWhileDown(t *testing.T) {
	w := newWalker(t, 1)
	w.come(1, true) // not in Slack yet
	w.at = w.at.Add(-6 * time.Hour)
	w.restart()
	w.at = w.at.Add(time.Second)
	w.do("time", nil)
	for _, tr := range w.board.troubles {
		if !tr.Posted {
			t.Errorf("its thread waits for %s", postAt(tr).Sub(w.at))
		}
	}
	w.r = rand.New(rand.NewPCG(6, 6))
	for w.finish(investigations.VerdictHealthy) && len(w.board.running) > 0 {
	}
	w.come(1, false)
	w.at = w.at.Add(-6 * time.Hour)
	w.restart()
	w.at = w.at.Add(time.Minute)
	w.do("time", nil)
	if n := len(w.board.running); n != 1 {
		t.Errorf("%d run a minute after the alert was over, want the check", n)
	}
}
