package schedules

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// walk drives an entry over a clock that the test moves, as the loop does, and
// returns the times that ran.
func walk(e *Entry, now time.Time, until time.Time, runs map[string]int) (missed int) {
	for !now.After(until) {
		d := e.Decide(now)
		e.Last = d.Last
		missed += d.Missed
		if !d.Run.IsZero() {
			runs[d.Run.UTC().Format(time.RFC3339)]++
		}
		if d.Next.IsZero() {
			return missed
		}
		now = d.Next
	}
	return missed
}

var zones = []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"}

var expressions = []string{"0 * * * *", "*/15 * * * *", "30 2 * * *", "15 1,2,3 * * 1-5", "0 12 29 2 *", "@every 90m"}

// TestDecideOverAYear restarts at random moments and stops for random times: what
// runs, and what is passed over, is each time once.
func TestDecideOverAYear(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, zone := range zones {
		for _, expression := range expressions {
			s := mustParse(t, expression, zone)
			from := time.Date(2028, 1, 1, 0, 0, 0, 0, s.Zone)
			to := time.Date(2029, 1, 1, 0, 0, 0, 0, s.Zone)
			e := Entry{ID: zone + expression, Spec: s, Jitter: 10 * time.Minute, CatchUp: []string{CatchUpOne, CatchUpNone}[random.IntN(2)], Last: from}
			runs, missed := map[string]int{}, 0
			for now := from; now.Before(to); {
				next := now.Add(time.Duration(random.Int64N(int64(20 * 24 * time.Hour))))
				missed += walk(&e, now, next, runs)
				if random.IntN(2) == 0 {
					next = next.Add(time.Duration(random.Int64N(int64(30 * time.Hour)))) // it was down
				}
				now = next
			}
			missed += e.Decide(to.Add(time.Hour)).Missed
			for at, n := range runs {
				if n != 1 {
					t.Errorf("%s in %s: the time %s ran %d times", expression, zone, at, n)
				}
			}
			want := 0
			for n := s.Next(from); !n.After(e.Last); n = s.Next(n) {
				want++
			}
			if got := len(runs) + missed; got < want || got > want+2 {
				t.Errorf("%s in %s: %d ran and %d were missed, want %d in all", expression, zone, len(runs), missed, want)
			}
		}
	}
}

// TestDecideClockSteps sets the clock forward and back by an hour.
func TestDecideClockSteps(t *testing.T) {
	noon := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		expression string
		step       time.Duration
		want       int // runs within two hours of real time
	}{
		{"*/5 * * * *", 0, 24}, {"*/5 * * * *", -time.Hour, 24}, {"@every 5m", -time.Hour, 24},
		{"*/5 * * * *", time.Hour, 24}, {"@every 5m", time.Hour, 24},
		{"30 12 * * *", -time.Hour, 1}, {"10 12 * * *", -time.Hour, 1}, // its time comes twice on the clock, and runs once
		{"0 13 * * *", time.Hour, 1}, // the clock never shows it
	} {
		e := Entry{ID: "x", Spec: mustParse(t, test.expression, "UTC"), Last: noon}
		runs := 0
		for real := time.Duration(0); real <= 2*time.Hour; real += time.Second {
			now := noon.Add(real)
			if real >= 20*time.Minute+30*time.Second {
				now = now.Add(test.step)
			}
			d := e.Decide(now)
			e.Last = d.Last
			if !d.Run.IsZero() {
				runs++
			}
		}
		if runs < test.want || runs > test.want+1 {
			t.Errorf("%s with a step of %s ran %d times, want %d", test.expression, test.step, runs, test.want)
		}
	}
}

func TestDecideSmallStepBackDoublesNothing(t *testing.T) {
	noon := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	e := Entry{ID: "x", Spec: mustParse(t, "@every 1m", "UTC"), Last: noon}
	first := e.Decide(noon.Add(time.Minute))
	e.Last = first.Last
	if d := e.Decide(noon.Add(time.Minute - 200*time.Millisecond)); !d.Run.IsZero() || !d.Next.After(first.Run) {
		t.Errorf("after a step back of 200 ms: run %s, next %s; want none before the next minute", d.Run, d.Next)
	}
	if d := e.Decide(noon.Add(time.Minute)); !d.Run.IsZero() {
		t.Errorf("the time %s ran twice", d.Run)
	}
}

// TestDecideAfterLongSleep has been away for ten years, and is quick about it.
func TestDecideAfterLongSleep(t *testing.T) {
	now := time.Date(2036, 6, 1, 12, 0, 7, 0, time.UTC)
	for expression, want := range map[string]string{"* * * * *": "2036-06-01T12:00:00Z", "0 3 * * *": "2036-06-01T03:00:00Z", "0 0 1 1 *": "2036-01-01T00:00:00Z"} {
		e := Entry{ID: "x", Spec: mustParse(t, expression, "UTC"), Last: now.AddDate(-10, 0, 0)}
		if d := e.Decide(now); d.Run.UTC().Format(time.RFC3339) != want || d.Missed < 9 {
			t.Errorf("%s after ten years: run %s, missed %d; want %s", expression, d.Run, d.Missed, want)
		}
	}
}

// TestOffsetSpreads holds a thousand schedules of one time to be spread.
func TestOffsetSpreads(t *testing.T) {
	const n, jitter = 1000, 10 * time.Minute
	var tenths [10]int
	for i := range n {
		e := Entry{ID: fmt.Sprintf("s%d", i), Jitter: jitter}
		if e.Offset() < 0 || e.Offset() >= jitter {
			t.Fatalf("Offset = %s, want less than %s", e.Offset(), jitter)
		}
		tenths[int(e.Offset()*10/jitter)]++
	}
	for i, got := range tenths {
		if got < n/20 || got > n/5 {
			t.Errorf("%d of %d schedules come in tenth %d, want about %d: %v", got, n, i, n/10, tenths)
		}
	}
}
