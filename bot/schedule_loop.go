package bot

import (
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
	"github.com/prometheus/client_golang/prometheus"
)

// Schedules fires schedules and keeps what they found. Its exported fields are
// set before Run.
type Schedules struct {
	Groups   map[string][]string // named targets of the configuration
	Declared []Declared          // the configuration's schedules
	Channel  string              // for what has none of its own
	Zone     string              // IANA name, for what has none of its own; UTC if empty
	Keep     store.ResultRetention
	Age      time.Duration // how long what was said is kept; 0: for ever
	// Muted reports whether nothing is to be said of a target now; nil: never.
	Muted func(target string, at time.Time) bool
	Now   func() time.Time // time.Now if nil

	engine   *investigations.Engine
	store    *store.Store
	runs     *Runs
	log      *slog.Logger
	changed  func(subject string) // tells the outbox
	draw     chan struct{}        // a digest wants its picture
	quick    chan struct{}        // slots of quick checks
	plans    chan struct{}        // slots of whole plans
	planWait time.Duration        // for one of them
	settled  time.Time            // until when runners get to come back after a start
	fleet    runnerCache
	delay    prometheus.Histogram // of the start of runs
	wg       sync.WaitGroup

	mu    sync.Mutex
	ctx   context.Context // of Run
	ended bool            // nothing more is started
	read  bool            // what is kept has been read
	items map[string]*item
	queue queue
	wake  chan struct{}
	wall  time.Time // what the clock showed last
}

// Declared is a schedule of the configuration.
type Declared struct {
	Name string
	ScheduleRequest
}

const (
	quickAtOnce = 512 // quick checks under way
	plansAtOnce = 8   // investigations of schedules under way: people's come first
	// lookAtClock is how often the loop looks at the clock, so that it sees a
	// clock that was set and a machine that woke.
	lookAtClock = time.Second
)

// NewSchedules returns the keeper of schedules; Run must be called for any to
// fire.
func NewSchedules(e *investigations.Engine, st *store.Store, runs *Runs, log *slog.Logger) *Schedules {
	return &Schedules{
		Keep: store.DefaultResults, engine: e, store: st, runs: runs, log: log, changed: func(string) {},
		draw: make(chan struct{}, 1), quick: make(chan struct{}, quickAtOnce), plans: make(chan struct{}, plansAtOnce),
		planWait: planWait, delay: newDelay(), items: map[string]*item{}, wake: make(chan struct{}, 1),
	}
}

func (s *Schedules) now() time.Time {
	if s.Now == nil {
		return time.Now().Round(0) // the wall clock alone
	}
	return s.Now().Round(0)
}

// item is one schedule in memory. Its lock is held while the end of a run is
// kept and while a person changes it.
type item struct {
	mu      sync.Mutex
	c       store.Schedule
	spec    schedules.Spec
	p       store.Progress
	watches map[string]store.Watch
	last    map[string]lastLook // of each target, for metrics
	planned map[string]planned  // the last whole plan of each target that failed
	going   bool
	gone    bool
	turn    int // grows when it is put into the queue anew: older tickets are void

	digest      schedules.Spec // zero: none
	digestP     store.Progress
	digestGoing bool
}

// lastLook is what metrics say of a target. It is small: there are many.
type lastLook struct {
	state   string
	connect time.Duration
}

// ticket is a place in the queue: look at this schedule at that time.
type ticket struct {
	at     time.Time
	item   *item
	digest bool
	turn   int
}

// queue is a heap of tickets, the earliest first.
type queue []ticket

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(ticket)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	(*q)[last] = ticket{}
	*q = (*q)[:last]
	return t
}

// Run fires schedules until ctx ends. Runs that are under way then go on with
// the next start.
func (s *Schedules) Run(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	s.wg.Go(func() { s.tidy(ctx) })
	for ctx.Err() == nil {
		wait := lookAtClock
		if next := s.round(s.now()); !next.IsZero() {
			wait = min(wait, next.Sub(s.now()))
		}
		timer := time.NewTimer(max(wait, 0))
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.wg.Wait()
	return nil
}

// spawn does something in a goroutine that Run waits for, unless the bot ends.
func (s *Schedules) spawn(f func(ctx context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx := s.ctx; ctx != nil && !s.ended {
		s.wg.Go(func() { f(ctx) })
	}
}

// Ready is nil once schedules run.
func (s *Schedules) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.read {
		return errors.New("schedules are being read")
	}
	return nil
}

// add puts an item into the queue.
func (s *Schedules) add(it *item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items[it.c.ID] = it
	s.schedule(it)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// schedule asks for a look at an item at once; the caller holds s.mu.
func (s *Schedules) schedule(it *item) {
	it.turn++
	heap.Push(&s.queue, ticket{item: it, turn: it.turn})
	if it.c.Digest != "" {
		heap.Push(&s.queue, ticket{item: it, digest: true, turn: it.turn})
	}
}

// round starts what is due at now and returns when something is next: the zero
// time where nothing is.
func (s *Schedules) round(now time.Time) time.Time {
	s.mu.Lock()
	if now.Before(s.wall.Add(-time.Second)) {
		s.log.Warn("the clock was set back", "from", s.wall, "to", now)
		for i := range s.queue {
			s.queue[i].at = time.Time{} // look at each again
		}
	}
	s.wall = now
	var due []ticket
	for len(s.queue) > 0 && !s.queue[0].at.After(now) {
		if t := heap.Pop(&s.queue).(ticket); t.turn == t.item.turn {
			due = append(due, t)
		}
	}
	s.mu.Unlock()
	again := s.begin(due, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range again {
		if !t.at.IsZero() && t.turn == t.item.turn {
			heap.Push(&s.queue, t)
		}
	}
	if len(s.queue) == 0 {
		return time.Time{}
	}
	return s.queue[0].at
}
