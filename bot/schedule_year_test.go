package bot

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

var yearZones = []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"}

// yearJitter is that of the schedules of the year.
const yearJitter = 3 * time.Minute

// TestScheduleYear runs schedules in four zones through a leap year with both
// changes of the clock, with restarts at random moments, and with the clock set
// forward and back by an hour: each time is run once. A schedule in real time runs
// again what comes again after a step back.
func TestScheduleYear(t *testing.T) {
	start := time.Date(2028, 2, 20, 0, 0, 30, 0, time.UTC)
	end := time.Date(2029, 2, 19, 0, 0, 0, 0, time.UTC)
	if testing.Short() {
		end = time.Date(2028, 4, 10, 0, 0, 0, 0, time.UTC)
	}
	b := newBench(t, start)
	var specs []schedules.Spec
	for _, zone := range yearZones {
		for _, expression := range []string{"30 2 * * *", "15 1,2,3 * * 0", "0 12 29 2 *", "@every 13h", "45 */6 * * *"} {
			st := b.add(ScheduleRequest{When: expression, Zone: zone, Targets: []string{newBackend(t).address}, Jitter: "3m", Notify: notifyNever})
			spec, err := schedules.Parse(st.Expression, st.Zone)
			if err != nil {
				t.Fatal(err)
			}
			specs = append(specs, spec)
		}
	}
	again := make([]int, len(specs)) // what comes again after steps back
	random := rand.New(rand.NewPCG(7, 8))
	for n := 0; b.clock().Before(end); n++ {
		next := b.clock().Add(time.Duration(random.Int64N(int64(3 * 24 * time.Hour))))
		if next.After(end) {
			next = end
		}
		b.until(next)
		switch n % 10 {
		case 3:
			b.set(b.clock().Add(time.Hour))
		case 7:
			for i, st := range b.s.List() {
				if specs[i].Real() {
					again[i] += countRuns(specs[i], offsetOf(st), b.clock().Add(-time.Hour), b.clock())
				}
			}
			b.set(b.clock().Add(-time.Hour))
		}
		b.restart()
	}
	b.until(end)
	for i, st := range b.s.List() {
		want := again[i] + countRuns(specs[i], offsetOf(st), start, end)
		got, err := b.store.History(st.Targets[0], start, end.Add(time.Hour), 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if int(got.Total.Up) != want || int(st.Runs) != want || st.Missed != 0 || st.Overlap != 0 {
			t.Errorf("%s in %s: %d results, %d runs, %d missed, %d overlaps; want %d runs", st.Expression, st.Zone, got.Total.Up, st.Runs, st.Missed, st.Overlap, want)
		}
	}
}

func offsetOf(st ScheduleState) time.Duration {
	return schedules.Entry{ID: st.ID, Jitter: st.Jitter}.Offset()
}

// countRuns counts the times of a schedule, jitter included, after from and not
// after to.
func countRuns(s schedules.Spec, offset time.Duration, from, to time.Time) (n int) {
	for at := s.Next(from.Add(-offset)); !at.IsZero() && !at.Add(offset).After(to); at = s.Next(at) {
		n++
	}
	return n
}

// TestScheduleLoopOverChange has the bot's own loop, with its own timers, pass a
// leap day and a change of the clock in each of four zones, with restarts at
// random moments. Time is that of a bubble, which begins in the year 2000.
func TestScheduleLoopOverChange(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	synctest.Test(t, func(t *testing.T) {
		changes := []struct{ zone, from, to string }{
			{"America/Sao_Paulo", "2000-02-26", "2000-03-01"}, {"Australia/Lord_Howe", "2000-03-25", "2000-03-27"},
			{"Europe/Berlin", "2000-03-25", "2000-03-27"}, {"America/New_York", "2000-04-01", "2000-04-03"},
		}
		st, err := store.Open(filepath.Join(t.TempDir(), "plexor.db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		log := slog.New(slog.DiscardHandler)
		plan, err := investigations.LoadPlan("test.yml", []byte(gatePlan), testCatalog())
		if err != nil {
			t.Fatal(err)
		}
		allow, err := investigations.NewAllowList([]string{"127.0.0.0/8"})
		if err != nil {
			t.Fatal(err)
		}
		engine := &investigations.Engine{Plans: map[string]*investigations.Plan{plan.Name: plan}, Dispatcher: accepts{}, Allow: allow, Log: log}
		random := rand.New(rand.NewPCG(21, 22))
		start := func() (*Schedules, func()) {
			s := NewSchedules(engine, st, NewRuns(engine, st, Limits{}, log), log)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- s.Run(ctx) }()
			synctest.Wait()
			return s, func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		}
		for _, c := range changes {
			from, _ := time.Parse(time.DateOnly, c.from)
			to, _ := time.Parse(time.DateOnly, c.to)
			time.Sleep(time.Until(from.Add(30 * time.Second)))
			s, stop := start()
			made := map[string]schedules.Spec{}
			began := time.Now()
			for _, expression := range []string{"30 2 * * *", "30 0,1,2,3 * * *", "*/15 * * * *", "@every 7m", "0 12 29 2 *"} {
				one, err := s.Add(ScheduleRequest{When: expression, Zone: c.zone, Targets: []string{"127.0.0.1:80"}, Notify: notifyNever}, "")
				if err != nil {
					t.Fatal(err)
				}
				made[one.ID], _ = schedules.Parse(expression, c.zone)
			}
			for time.Now().Before(to) {
				time.Sleep(time.Duration(random.Int64N(int64(8 * time.Hour))))
				stop()
				s, stop = start()
			}
			synctest.Wait()
			for id, spec := range made {
				got, err := s.Get(id)
				if want := countRuns(spec, 0, began, time.Now()); err != nil || int(got.Runs) != want || got.Missed+got.Overlap > 0 {
					t.Errorf("%s in %s: %d runs, %d missed, %d overlaps, %v; want %d runs", spec.Expression, c.zone, got.Runs, got.Missed, got.Overlap, err, want)
				}
				if err := s.Remove(id, "U1"); err != nil {
					t.Error(err)
				}
			}
			stop()
		}
	})
}

// accepts is a Dispatcher of a load balancer that every backend accepts: sockets
// are not of a bubble's time.
type accepts struct{ here }

func (accepts) Probe(context.Context, string, investigations.Request) (investigations.Answer, error) {
	return investigations.Answer{Facts: []byte(`{"results": [{"address": "127.0.0.1", "connected": true, "rtt_ms": 1}]}`)}, nil
}
