package bot

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/store"
)

// shut has every probe wait until the gate is opened.
func (b *bench) shut() (open func()) {
	gate, wait := new(atomic.Pointer[chan struct{}]), make(chan struct{})
	gate.Store(&wait)
	b.engine.Dispatcher = here{gate: gate}
	return func() {
		gate.Store(nil)
		close(wait)
	}
}

// incidents returns what is kept of a target's failures.
func (b *bench) incidents(target string) []store.Incident {
	b.t.Helper()
	all, err := b.store.Incidents(target, noon.Add(-time.Hour), noon.Add(100*time.Hour))
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// TestScheduleAskedRunSurvives dies in the middle of a run that somebody asked
// for: it is made again, once.
func TestScheduleAskedRunSurvives(t *testing.T) {
	b := newBench(t, noon)
	open := b.shut()
	st := b.add(ScheduleRequest{When: "@daily", Targets: []string{newBackend(t).address}})
	if err := b.s.RunNow(st.ID, "U1"); err != nil {
		t.Fatal(err)
	}
	open()
	b.set(noon.Add(time.Minute))
	for range 2 {
		b.restart()
		b.until(b.clock().Add(time.Minute))
	}
	got, err := b.store.Results(st.Targets[0], noon, noon.Add(time.Hour))
	if now, _ := b.s.Get(st.ID); err != nil || len(got) != 1 || now.Runs != 1 || now.Going {
		t.Errorf("results %v, %v, %d runs, going %t; want one of each, and none going", got, err, now.Runs, now.Going)
	}
}

// TestSchedulePauseEndsIncidents pauses a schedule whose target fails: the time
// in which nobody looks belongs to no incident, and what is wrong afterwards is
// said anew.
func TestSchedulePauseEndsIncidents(t *testing.T) {
	b := newBench(t, noon)
	backend := newBackend(t)
	st := b.add(ScheduleRequest{When: "@every 5m", Targets: []string{backend.address}})
	backend.down()
	b.until(noon.Add(11 * time.Minute))
	if _, err := b.s.SetPaused(st.ID, "U1", "by U1", true); err != nil {
		t.Fatal(err)
	}
	b.until(noon.Add(5 * time.Hour))
	if _, err := b.s.SetPaused(st.ID, "U1", "", false); err != nil {
		t.Fatal(err)
	}
	b.until(noon.Add(5*time.Hour + 6*time.Minute))
	all := b.incidents(backend.address)
	if len(all) != 2 || !all[0].To.Equal(noon.Add(11*time.Minute)) || all[0].Ended == "" || !all[1].To.IsZero() {
		t.Errorf("incidents %+v; want one that ends with the pause and one that goes on", all)
	}
	dirty, err := b.store.Dirty()
	if err != nil || len(dirty) != 2 {
		t.Errorf("to be said: %v, %v; want a thread before the pause and one after it", dirty, err)
	}
	if err := b.s.Remove(st.ID, "U1"); err != nil {
		t.Fatal(err)
	}
	if all := b.incidents(backend.address); all[1].To.IsZero() {
		t.Error("an incident goes on although its schedule was removed")
	}
}

// TestSchedulePausedInARun pauses a schedule while it runs: the result is kept,
// and no thread is opened that nobody would close.
func TestSchedulePausedInARun(t *testing.T) {
	b := newBench(t, noon)
	backend := newBackend(t)
	backend.down()
	open := b.shut()
	st := b.add(ScheduleRequest{When: "@every 5m", Targets: []string{backend.address}})
	b.set(noon.Add(5 * time.Minute))
	b.s.round(b.clock())
	if _, err := b.s.SetPaused(st.ID, "U1", "by U1", true); err != nil {
		t.Fatal(err)
	}
	open()
	b.s.wg.Wait()
	dirty, err := b.store.Dirty()
	got, _ := b.store.Results(backend.address, noon, noon.Add(time.Hour))
	if err != nil || len(dirty) != 0 || len(got) != 1 {
		t.Errorf("to be said: %v, %v, with %d results; want nothing to be said, and one result", dirty, err, len(got))
	}
}

// TestScheduleTargetDropped takes a failing target out of a declared schedule.
func TestScheduleTargetDropped(t *testing.T) {
	b := newBench(t, noon)
	well, broken := newBackend(t), newBackend(t)
	declare := func(targets ...string) {
		b.s.Declared = []Declared{{Name: "pay", ScheduleRequest: ScheduleRequest{When: "@every 5m", Targets: targets}}}
		b.restart()
	}
	declare(well.address, broken.address)
	broken.down()
	b.until(noon.Add(6 * time.Minute))
	declare(well.address)
	b.until(noon.Add(11 * time.Minute))
	if all := b.incidents(broken.address); len(all) != 1 || all[0].To.IsZero() {
		t.Errorf("incidents of a target that is gone: %+v; want one that has ended", all)
	}
	dirty, _ := b.store.Dirty()
	if v, err := b.store.Speech(dirty[0].Subject); err != nil || !v.Done || !strings.Contains(episodeText(v.Episode), "no longer looks at it") {
		t.Errorf("its thread is %+v, %v; want it closed, with the reason", v.Episode, err)
	}
}

// TestScheduleStoreFails has a run end that can't be kept: nobody waits for it
// but the run itself.
func TestScheduleStoreFails(t *testing.T) {
	b := newBench(t, noon)
	open := b.shut()
	st := b.add(ScheduleRequest{When: "@every 5m", Targets: []string{newBackend(t).address}})
	b.set(noon.Add(5 * time.Minute))
	b.s.round(b.clock())
	b.store.Close()
	open()
	done := make(chan bool)
	go func() {
		for range 20 {
			b.s.List()
			b.s.round(b.clock())
			time.Sleep(20 * time.Millisecond) // the run tries meanwhile
		}
		got, _ := b.s.Get(st.ID)
		done <- got.Going
	}()
	select {
	case going := <-done:
		if !going {
			t.Error("the run ended although it was not kept")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("schedules hang while the end of a run can't be kept")
	}
}

// TestScheduleManyFail breaks more targets than plans may run for: each is told
// at once, those that find no slot without a cause.
func TestScheduleManyFail(t *testing.T) {
	b := newBench(t, noon)
	b.s.planWait = time.Millisecond
	for range plansAtOnce { // all slots are taken
		b.s.plans <- struct{}{}
	}
	var targets []string
	var backends []*backend
	for range 20 {
		backends = append(backends, newBackend(t))
	}
	for _, backend := range backends { // only now: a port that is given up may be the next one's
		backend.down()
		targets = append(targets, backend.address)
	}
	b.add(ScheduleRequest{When: "@every 5m", Targets: targets, Title: "rack"})
	b.until(noon.Add(6 * time.Minute))
	dirty, err := b.store.Dirty()
	if err != nil || len(dirty) != 1 {
		t.Fatalf("to be said: %v, %v; want one thread", dirty, err)
	}
	v, err := b.store.Speech(dirty[0].Subject)
	if err != nil || len(v.Episode.Targets) != len(targets) || !strings.Contains(episodeHead(v.Episode), "20 of 20 failing: rack") {
		t.Errorf("it says %q of %d targets, %v; want 20 of 20", episodeHead(v.Episode), len(v.Episode.Targets), err)
	}
}

// TestWantsPlan holds slow plans of a target that goes on failing to be rare.
func TestWantsPlan(t *testing.T) {
	b := newBench(t, noon)
	refused, silent := observation{outcome: store.Refused}, observation{outcome: store.TimedOut}
	last := planned{ended: noon.Add(-time.Minute), took: 30 * time.Second, outcome: store.Refused}
	for name, test := range map[string]struct {
		state string
		last  planned
		o     observation
		asked bool
		whole bool
		want  bool
	}{
		"failing as it was, slowly":  {state: stateFailing, last: last, o: refused, want: false},
		"failing as it was, quickly": {state: stateFailing, last: planned{noon.Add(-time.Minute), time.Second, store.Refused}, o: refused, want: true},
		"failing in another way":     {state: stateFailing, last: last, o: silent, want: true},
		"not known to fail":          {state: stateHealthy, last: last, o: refused, want: true},
		"somebody asked":             {state: stateFailing, last: last, o: refused, asked: true, want: true},
		"the schedule's wish":        {state: stateFailing, last: last, o: refused, whole: true, want: true},
		"the clock was set back":     {state: stateFailing, last: planned{noon.Add(time.Hour), time.Minute, store.Refused}, o: refused, want: true},
	} {
		a := aim{
			it: &item{planned: map[string]planned{"a:1": test.last}}, target: "a:1",
			c: store.Schedule{Whole: test.whole}, was: store.Watch{State: test.state}, on: occasion{asked: test.asked},
		}
		if got := b.s.wantsPlan(a, test.o); got != test.want {
			t.Errorf("%s: wantsPlan = %t, want %t", name, got, test.want)
		}
	}
}
