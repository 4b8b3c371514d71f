package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

func addResults(t testing.TB, s *Store, target string, results ...Result) {
	t.Helper()
	err := s.db.Update(func(tx *bolt.Tx) error {
		for _, r := range results {
			if err := addResult(tx, target, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestResultsComeBack(t *testing.T) {
	s, now := open(t)
	random := rand.New(rand.NewPCG(1, 2))
	at := now.Add(-5 * time.Hour)
	var want []Result
	for range 3000 {
		at = at.Add(time.Duration(random.IntN(4)) * time.Second) // several in one second among them
		r := Result{At: at, Outcome: Outcome(1 + random.IntN(5))}
		if r.Outcome == Up {
			r.Connect = time.Duration(random.IntN(500_000)) * connectUnit
		} else if random.IntN(2) == 0 {
			r.Cause = fmt.Sprintf("cause-%d", random.IntN(200))
		}
		want = append(want, r)
	}
	addResults(t, s, "web:80", want...)
	addResults(t, s, "web:81", want[0])
	got, err := s.Results("web:80", now.Add(-6*time.Hour), *now)
	if err != nil || len(got) != len(want) {
		t.Fatalf("Results = %d, %v; want %d", len(got), err, len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("result %d = %+v, want %+v", i, got[i], want[i])
		}
	}
}

// TestResultsOutOfOrder has two schedules on one target, whose runs end as they
// like.
func TestResultsOutOfOrder(t *testing.T) {
	s, now := open(t)
	base := now.Truncate(time.Hour)
	for _, second := range []int{10, 5, 3599, 0} {
		addResults(t, s, "web:80", Result{At: base.Add(time.Duration(second) * time.Second), Outcome: Up})
	}
	got, err := s.Results("web:80", base, base.Add(time.Hour))
	if err != nil || len(got) != 4 || got[1].At.Sub(base) != 5*time.Second || got[3].At != base {
		t.Errorf("Results = %v, %v; want the four in the order in which they were kept", got, err)
	}
}

// year fills a store with a result a minute, rolled up day by day as the bot
// would have, and returns how many results there are of each target.
func year(t testing.TB, s *Store, now *time.Time, targets, days int) (n int) {
	t.Helper()
	end := *now
	random := rand.New(rand.NewPCG(3, 4))
	for d := now.Add(-time.Duration(days) * day).Truncate(day); d.Before(end); d = d.Add(day) {
		*now = d.Add(day)
		err := s.db.Update(func(tx *bolt.Tx) error {
			for i := range targets {
				if err := addDay(tx, fmt.Sprintf("web-%04d.test:8080", i), d.Add(time.Duration(i%60)*time.Second), random); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.RollUp(DefaultResults); err != nil {
			t.Fatal(err)
		}
		n += 1440
	}
	*now = end
	return n
}

// addDay is addResults for a day of minutes, an hour's block at a time.
func addDay(tx *bolt.Tx, target string, start time.Time, random *rand.Rand) error {
	series, err := number(tx.Bucket(bucketSeries), target)
	if err != nil {
		return err
	}
	cause, err := number(tx.Bucket(bucketCauses), "proc-not-running")
	if err != nil {
		return err
	}
	for hour := hourOf(start); hour < hourOf(start)+24; hour++ {
		block, last, delta := []byte(nil), int64(0), int64(0)
		for m := range int64(60) {
			e := entry{second: m*60 + start.Unix()%60, outcome: Up, connect: 20 + uint64(random.ExpFloat64()*30)} // from 200 µs
			if random.IntN(1000) == 0 {
				e.outcome, e.connect, e.cause = Refused, 0, uint64(cause)
			}
			block = encodeEntry(block, e, last, delta)
			delta, last = e.second-last, e.second
		}
		if err := tx.Bucket(bucketResults).Put(blockKey(series, hour), block); err != nil {
			return err
		}
	}
	return nil
}

// TestRollUpLosesNothing sums up five months of minutes and counts.
func TestRollUpLosesNothing(t *testing.T) {
	s, now := open(t)
	const days = 150
	want := year(t, s, now, 1, days)
	h, err := s.History("web-0000.test:8080", now.Add(-400*day), now.Add(day), day)
	if err != nil || int(h.Total.Checks()) != want {
		t.Fatalf("History counts %d results, %v; want %d", h.Total.Checks(), err, want)
	}
	if up, ok := h.Total.Uptime(); !ok || up < 0.998 || up >= 1 || h.Total.Cause != "proc-not-running" {
		t.Errorf("uptime = %v, %t, cause %q; want about 0.999 and proc-not-running", up, ok, h.Total.Cause)
	}
	// The median of 200 µs and an exponential one of 300 µs is 408 µs.
	if p := h.Total.Percentile(0.5); p < 370*time.Microsecond || p > 450*time.Microsecond {
		t.Errorf("median = %s, want 408 µs within 9 %%", p)
	}
	again, err := s.RollUp(DefaultResults)
	if err != nil || again != 0 {
		t.Errorf("RollUp again moved %d, %v; want nothing", again, err)
	}
	counts := map[string]int{}
	s.db.View(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketResults, bucketHours, bucketDays} {
			counts[string(name)] = tx.Bucket(name).Stats().KeyN
		}
		return nil
	})
	if counts["results"] > 8*24 || counts["hours"] > 93 || counts["days"] < 2 {
		t.Errorf("blocks = %v, want a week of hours, a quarter of days, and months", counts)
	}
}

func TestRollUpBySize(t *testing.T) {
	s, now := open(t)
	want := year(t, s, now, 1, 20)
	r := DefaultResults
	r.Size = 20 << 10
	if _, err := s.RollUp(r); err != nil {
		t.Fatal(err)
	}
	if n := s.resultBytes(); n > r.Size {
		t.Errorf("results take %d bytes, want at most %d", n, r.Size)
	}
	h, err := s.History("web-0000.test:8080", now.Add(-40*day), now.Add(day), day)
	if err != nil || int(h.Total.Checks()) != want {
		t.Errorf("History counts %d results, %v; want %d: they are summed up, not lost", h.Total.Checks(), err, want)
	}
}

// TestFinishRunOnce ends one run twice, as a bot that died in between would.
func TestFinishRunOnce(t *testing.T) {
	s, now := open(t)
	c, _, err := s.NewSchedule(Schedule{Targets: []string{"web:80"}, Made: *now}, "e1", AuditLine{})
	if err != nil {
		t.Fatal(err)
	}
	if again, created, err := s.NewSchedule(Schedule{Targets: []string{"web:80"}}, "e1", AuditLine{}); err != nil || created || again.ID != c.ID {
		t.Errorf("NewSchedule for a repeated event = %s, %t, %v; want %s, false", again.ID, created, err, c.ID)
	}
	due := now.Add(time.Minute)
	if err := s.PutProgresses(map[string]Progress{c.ID: {Last: due, Open: due}}); err != nil {
		t.Fatal(err)
	}
	f := Finish{Schedule: c.ID, Due: due, Progress: Progress{Last: due, Runs: 1}, Results: map[string]Result{"web:80": {At: due, Outcome: Up}}, Watches: []Watch{{Target: "web:80", State: "healthy"}}}
	for i, want := range []bool{true, false} {
		if kept, err := s.FinishRun(f); err != nil || kept != want {
			t.Errorf("FinishRun %d = %t, %v; want %t", i+1, kept, err, want)
		}
	}
	if r, err := s.Results("web:80", *now, due.Add(time.Second)); err != nil || len(r) != 1 {
		t.Errorf("Results = %v, %v; want one", r, err)
	}
	if w, err := s.Watches(); err != nil || w[c.ID]["web:80"].State != "healthy" {
		t.Errorf("Watches = %v, %v; want web:80 healthy", w, err)
	}
}

// BenchmarkYear is a year of minute results of 1,000 targets: PLEXOR_BENCH=1. It
// reports how long the file takes to open, a history to read, and its size.
func BenchmarkYear(b *testing.B) {
	if os.Getenv("PLEXOR_BENCH") == "" {
		b.Skip("takes minutes: PLEXOR_BENCH=1")
	}
	const targets = 1000
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	path := b.TempDir() + "/plexor.db"
	s, err := Open(path, Options{Now: func() time.Time { return now }})
	if err != nil {
		b.Fatal(err)
	}
	s.db.NoSync = true
	year(b, s, &now, targets, 365)
	s.db.NoSync = false
	if err := s.db.Sync(); err != nil {
		b.Fatal(err)
	}
	s.Close()
	for b.Loop() {
		start := time.Now()
		if s, err = Open(path, Options{Now: func() time.Time { return now }}); err != nil {
			b.Fatal(err)
		}
		opened := time.Since(start)
		start = time.Now()
		h, err := s.History("web-0500.test:8080", now.Add(-365*day), now, day)
		if err != nil || h.Total.Checks() < 500_000 {
			b.Fatalf("History = %d results, %v", h.Total.Checks(), err)
		}
		b.ReportMetric(float64(opened.Milliseconds()), "ms/open")
		b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "ms/history")
		b.ReportMetric(float64(s.resultBytes())/targets/1000, "kB/target")
		b.ReportMetric(float64(s.Size())/1e6, "MB/file")
		s.Close()
	}
}

// TestDamagedBlockStopsNothing damages an hour of results: what stands before
// the damage counts, and neither a new result, nor a history, nor the roll-up
// stops at it.
func TestDamagedBlockStopsNothing(t *testing.T) {
	s, now := open(t)
	hour := now.Truncate(time.Hour)
	for i := range 3 {
		addResults(t, s, "web:80", Result{At: hour.Add(time.Duration(i*i) * time.Minute), Outcome: Up, Connect: time.Millisecond})
	}
	err := s.db.Update(func(tx *bolt.Tx) error {
		series, _ := seriesOf(tx, "web:80")
		k := blockKey(series, hourOf(hour))
		block := tx.Bucket(bucketResults).Get(k)
		return tx.Bucket(bucketResults).Put(k, append([]byte{}, block[:len(block)-1]...))
	})
	if err != nil {
		t.Fatal(err)
	}
	addResults(t, s, "web:80", Result{At: hour.Add(30 * time.Minute), Outcome: Refused})
	count := func(when string) {
		h, err := s.History("web:80", hour, hour.Add(time.Hour), time.Hour)
		if err != nil || h.Total.Up < 2 || h.Total.Down != 1 {
			t.Errorf("%s: History = %d up, %d down, %v; want 2 or more, and 1", when, h.Total.Up, h.Total.Down, err)
		}
	}
	count("with a damaged block")
	*now = now.Add(10 * day)
	if _, err := s.RollUp(DefaultResults); err != nil {
		t.Errorf("RollUp: %v", err)
	}
	count("after the roll-up")
}
