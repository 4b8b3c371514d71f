package bot

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/probe"
	"github.com/plexorbot/plexor/store"
)

// here is a Dispatcher whose one runner is this process.
type here struct {
	gate *atomic.Pointer[chan struct{}]
}

func (h here) Runners(context.Context) ([]investigations.Runner, error) {
	return []investigations.Runner{{Name: "local", Labels: map[string]string{"role": "lb"}, Alive: true, Probes: []string{"tcp.connect"}}}, nil
}

func (h here) Probe(ctx context.Context, _ string, r investigations.Request) (investigations.Answer, error) {
	if h.gate != nil {
		if c := h.gate.Load(); c != nil {
			select {
			case <-*c:
			case <-ctx.Done():
				return investigations.Answer{}, ctx.Err()
			}
		}
	}
	return (&probe.Set{}).Run(ctx, r), nil
}

// backend is a port of this machine that is up or down as a test wants.
type backend struct {
	t       testing.TB
	address string
	l       net.Listener
}

func newBackend(t testing.TB) *backend {
	t.Helper()
	b := &backend{t: t, address: "127.0.0.1:0"}
	b.up()
	b.address = b.l.Addr().String()
	t.Cleanup(func() { b.l.Close() })
	return b
}

func (b *backend) up() {
	b.t.Helper()
	l, err := net.Listen("tcp", b.address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.l = l
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
}

func (b *backend) down() { b.l.Close() }

// bench is a bot's schedules before a clock that the test moves.
type bench struct {
	t      *testing.T
	store  *store.Store
	engine *investigations.Engine
	runs   *Runs
	s      *Schedules
	stop   func()

	mu  sync.Mutex
	now time.Time
}

func newBench(t *testing.T, start time.Time) *bench {
	t.Helper()
	b := &bench{t: t, now: start}
	plan, err := investigations.LoadPlan("test.yml", []byte(gatePlan), testCatalog())
	if err != nil {
		t.Fatal(err)
	}
	allow, err := investigations.NewAllowList([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	if b.store, err = store.Open(filepath.Join(t.TempDir(), "plexor.db"), store.Options{Now: b.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.store.Close() })
	log := slog.New(slog.DiscardHandler)
	b.engine = &investigations.Engine{Plans: map[string]*investigations.Plan{plan.Name: plan}, Dispatcher: here{}, Allow: allow, Log: log}
	b.runs = NewRuns(b.engine, b.store, Limits{}, log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); b.runs.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	b.restart()
	t.Cleanup(func() { b.stop() })
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) set(t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = t
}

// restart forgets all that is not on disk.
func (b *bench) restart() {
	b.t.Helper()
	if b.stop != nil {
		b.stop()
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := NewSchedules(b.engine, b.store, b.runs, slog.New(slog.DiscardHandler))
	s.Now, s.Groups, s.Channel = b.clock, map[string][]string{}, "ops"
	if b.s != nil {
		s.Groups, s.Declared = b.s.Groups, b.s.Declared
	}
	if err := s.open(ctx); err != nil {
		b.t.Fatal(err)
	}
	b.s = s
	b.stop = func() { cancel(); s.wg.Wait() }
}

// until moves the clock to a time, from one thing that is due to the next, as the
// loop would sleep. Each run ends before the clock moves on.
func (b *bench) until(end time.Time) {
	b.t.Helper()
	for {
		next := b.s.round(b.clock())
		b.s.wg.Wait()
		if next.IsZero() || next.After(end) {
			b.set(end)
			return
		}
		b.set(next)
	}
}

func (b *bench) add(r ScheduleRequest) ScheduleState {
	b.t.Helper()
	st, err := b.s.Add(r, "")
	if err != nil {
		b.t.Fatal(err)
	}
	return st
}

// TestScheduleClockSteps sets the clock by an hour under the running loop.
func TestScheduleClockSteps(t *testing.T) {
	for step, want := range map[time.Duration][2]uint64{-time.Hour: {24, 1}, time.Hour: {24, 1}} {
		b := newBench(t, noon)
		b.add(ScheduleRequest{When: "*/5 * * * *", Targets: []string{newBackend(t).address}})
		b.add(ScheduleRequest{When: "10 12 * * *", Targets: []string{newBackend(t).address}})
		b.until(noon.Add(30 * time.Minute))
		b.set(noon.Add(30 * time.Minute).Add(step))
		b.until(noon.Add(2 * time.Hour).Add(step))
		list := b.s.List()
		// Of the times that the clock jumped over one run stands for all.
		if got := list[0].Runs; got < want[0] || got > want[0]+1 {
			t.Errorf("after a step of %s, every five minutes for two hours ran %d times, want %d", step, got, want[0])
		}
		if got := list[1].Runs; got != want[1] {
			t.Errorf("after a step of %s, at 12:10 ran %d times, want %d", step, got, want[1])
		}
	}
}

// TestScheduleOutage is down over several times of a schedule.
func TestScheduleOutage(t *testing.T) {
	for catchUp, want := range map[string]uint64{schedules.CatchUpOne: 4, schedules.CatchUpNone: 3} {
		b := newBench(t, noon)
		b.add(ScheduleRequest{When: "0 * * * *", Targets: []string{newBackend(t).address}, CatchUp: catchUp})
		b.until(noon.Add(2*time.Hour + time.Minute))
		b.set(noon.Add(5*time.Hour + 30*time.Minute)) // 15:00, 16:00 and 17:00 are missed
		b.restart()
		b.until(noon.Add(6*time.Hour + time.Minute))
		if st := b.s.List()[0]; st.Runs != want || st.Runs+st.Missed != 6 {
			t.Errorf("catch_up=%s: %d runs and %d missed, want %d and the rest of 6", catchUp, st.Runs, st.Missed, want)
		}
	}
}

// TestScheduleOverlap has a run that does not end before the next is due.
func TestScheduleOverlap(t *testing.T) {
	b := newBench(t, noon)
	var gate atomic.Pointer[chan struct{}]
	shut := make(chan struct{})
	gate.Store(&shut)
	b.engine.Dispatcher = here{gate: &gate}
	b.add(ScheduleRequest{When: "@every 1m", Targets: []string{newBackend(t).address}})
	for i := 1; i <= 3; i++ {
		b.set(noon.Add(time.Duration(i) * time.Minute))
		b.s.round(b.clock())
	}
	if st := b.s.List()[0]; st.Overlap != 2 || !st.Going {
		t.Errorf("with a run that does not end: %d overlaps, going %t; want 2 and true", st.Overlap, st.Going)
	}
	gate.Store(nil)
	close(shut)
	b.s.wg.Wait()
	b.until(noon.Add(4 * time.Minute))
	if st := b.s.List()[0]; st.Runs != 2 {
		t.Errorf("%d runs after it ended, want 2", st.Runs)
	}
}

// TestScheduleCrashInARun dies in the middle of a run, which is made again, with
// the result of its own time and no other.
func TestScheduleCrashInARun(t *testing.T) {
	b := newBench(t, noon)
	var gate atomic.Pointer[chan struct{}]
	shut := make(chan struct{})
	gate.Store(&shut)
	b.engine.Dispatcher = here{gate: &gate}
	st := b.add(ScheduleRequest{When: "0 * * * *", Targets: []string{newBackend(t).address}, CatchUp: schedules.CatchUpNone})
	b.set(noon.Add(time.Hour))
	b.s.round(b.clock())
	gate.Store(nil)
	b.set(noon.Add(time.Hour + 20*time.Minute))
	b.restart()
	b.until(noon.Add(time.Hour + 30*time.Minute))
	got, err := b.store.Results(st.Targets[0], noon, noon.Add(2*time.Hour))
	if err != nil || len(got) != 1 {
		t.Errorf("results %v, %v; want one: a run that began is carried out", got, err)
	}
}

func TestScheduleRefuses(t *testing.T) {
	b := newBench(t, noon)
	for name, r := range map[string]ScheduleRequest{
		"never fires":       {When: "0 0 30 2 *", Targets: []string{"127.0.0.1:80"}},
		"too often":         {When: "@every 10s", Targets: []string{"127.0.0.1:80"}},
		"six fields":        {When: "0 * * * * *", Targets: []string{"127.0.0.1:80"}},
		"unknown zone":      {When: "@daily", Zone: "Europe/Atlantis", Targets: []string{"127.0.0.1:80"}},
		"zone inside":       {When: "TZ=UTC", Targets: []string{"127.0.0.1:80"}},
		"not allowed":       {When: "@daily", Targets: []string{"10.0.0.1:80"}},
		"metadata":          {When: "@daily", Targets: []string{"169.254.169.254:80"}},
		"no target":         {When: "@daily"},
		"no port":           {When: "@daily", Targets: []string{"127.0.0.1:0"}},
		"unknown plan":      {When: "@daily", Targets: []string{"127.0.0.1:80"}, Plan: "nothing"},
		"unknown input":     {When: "@daily", Targets: []string{"127.0.0.1:80"}, Inputs: map[string]string{"color": "red"}},
		"unknown group":     {When: "@daily", Group: "nobody"},
		"group and target":  {When: "@daily", Group: "pay", Targets: []string{"127.0.0.1:80"}},
		"huge interval":     {When: "@every 2562047h", Targets: []string{"127.0.0.1:80"}},
		"negative jitter":   {When: "@daily", Targets: []string{"127.0.0.1:80"}, Jitter: "-5s"},
		"huge reminder":     {When: "@daily", Targets: []string{"127.0.0.1:80"}, Remind: "213504d"},
		"step too long":     {When: "*/90 * * * *", Targets: []string{"127.0.0.1:80"}},
		"the host's zone":   {When: "@daily", Zone: "Local", Targets: []string{"127.0.0.1:80"}},
		"unknown notify":    {When: "@daily", Targets: []string{"127.0.0.1:80"}, Notify: "loudly"},
		"bad digest":        {When: "@daily", Targets: []string{"127.0.0.1:80"}, Digest: "sometimes"},
		"jitter too long":   {When: "@every 1m", Targets: []string{"127.0.0.1:80"}, Jitter: "2m"},
		"negative reminder": {When: "@daily", Targets: []string{"127.0.0.1:80"}, Remind: "-1h"},
	} {
		if st, err := b.s.Add(r, ""); err == nil {
			t.Errorf("%s: Add = %s, want an error", name, st.ID)
		} else if text := refuse(err).Text; text == "" || len(text) > 600 {
			t.Errorf("%s is refused with %q", name, text)
		}
	}
	if list := b.s.List(); len(list) != 0 {
		t.Errorf("after refusals there are %d schedules, want none", len(list))
	}
}

// TestScheduleDeclared follows the configuration from start to start.
func TestScheduleDeclared(t *testing.T) {
	b := newBench(t, noon)
	target := newBackend(t).address
	b.s.Declared = []Declared{{Name: "payments", ScheduleRequest: ScheduleRequest{When: "@every 5m", Targets: []string{target}}}}
	b.restart()
	b.until(noon.Add(11 * time.Minute))
	if _, err := b.s.SetPaused("payments", "U1", "", true); err == nil {
		t.Error("a declared schedule was paused by a person")
	}
	if err := b.s.Remove("payments", "U1"); err == nil {
		t.Error("a declared schedule was removed by a person")
	}
	b.restart()
	b.until(noon.Add(21 * time.Minute))
	if st, err := b.s.Get("payments"); err != nil || st.Runs != 4 {
		t.Errorf("after a restart: %d runs, %v; want 4", st.Runs, err)
	}
	b.s.Declared = nil
	b.restart()
	if list := b.s.List(); len(list) != 0 {
		t.Errorf("no longer declared, and still there: %v", list)
	}
}

// TestScheduleNoLongerAllowed takes the target out of what may be diagnosed.
func TestScheduleNoLongerAllowed(t *testing.T) {
	b := newBench(t, noon)
	st := b.add(ScheduleRequest{When: "@every 5m", Targets: []string{newBackend(t).address}, By: "U1"})
	b.until(noon.Add(6 * time.Minute))
	allow, err := investigations.NewAllowList([]string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	b.engine.Allow = allow
	b.restart()
	b.until(noon.Add(21 * time.Minute))
	got, err := b.s.Get(st.ID)
	if err != nil || !got.Paused || got.Runs != 2 {
		t.Errorf("paused %t after %d runs, %v; want it paused at the second", got.Paused, got.Runs, err)
	}
	notes, err := b.store.Dirty()
	if err != nil || len(notes) != 1 {
		t.Fatalf("to be said: %v, %v; want one note", notes, err)
	}
	if v, err := b.store.Speech(notes[0].Subject); err != nil || v.Channel != "U1" || v.Note == "" {
		t.Errorf("the note is %+v, %v; want one to U1", v, err)
	}
}

// TestScheduleMuteHoldsSpeech mutes a target while it breaks: nothing is said
// until the mute ends, and the results are kept all the same.
func TestScheduleMuteHoldsSpeech(t *testing.T) {
	b := newBench(t, noon)
	backend := newBackend(t)
	st := b.add(ScheduleRequest{When: "@every 5m", Targets: []string{backend.address}})
	b.s.Muted = func(_ string, at time.Time) bool { return at.Before(noon.Add(20 * time.Minute)) }
	b.until(noon.Add(6 * time.Minute))
	backend.down()
	for _, test := range []struct {
		minute, said int
	}{{16, 0}, {21, 1}} {
		b.until(noon.Add(time.Duration(test.minute) * time.Minute))
		if dirty, err := b.store.Dirty(); err != nil || len(dirty) != test.said {
			t.Errorf("after %d minutes %v is to be said, %v; want %d threads", test.minute, dirty, err, test.said)
		}
	}
	if got, err := b.store.Results(st.Targets[0], noon, noon.Add(time.Hour)); err != nil || len(got) != 4 {
		t.Errorf("%d results, %v; want 4", len(got), err)
	}
}
