package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// Limits bound what runs at once and who may start how much.
type Limits struct {
	AtOnce    int // investigations; 16 if 0
	PerUser   int // started a minute; 20 if 0
	PerTarget int // started a minute, joins not counted; 12 if 0
}

// LimitError says that somebody asked for too much.
type LimitError struct{ Reason string }

func (e *LimitError) Error() string { return e.Reason }

// Request asks for an investigation.
type Request struct {
	Target   string
	Plan     string
	Inputs   map[string]string
	Trigger  investigations.Trigger
	EventKey string // a repetition of the same event makes nothing new
	Who      string // for the audit and the limits
	Silent   bool   // nothing of it is to stand in Slack
}

// Runs are the investigations that are under way in this process.
type Runs struct {
	engine  *investigations.Engine
	store   *store.Store
	log     *slog.Logger
	now     func() time.Time
	limits  Limits
	changed func(subject string) // tells the outbox
	moved   func(id string)      // tells the triage of alerts what a target stands for, and the end

	slots chan struct{}
	wg    sync.WaitGroup

	mu      sync.Mutex
	ctx     context.Context        // of Run: the investigations end with it
	running map[string]*run        // by id
	joins   map[string]*claim      // by what makes two requests the same
	recent  map[string][]time.Time // by who and by target
}

type run struct {
	cancel context.CancelFunc
	by     string // who cancelled it
	done   chan struct{}
}

// claim is the right to run what a key stands for. Whoever asks for the same
// waits until it is on disk, and joins.
type claim struct {
	id   string
	done chan struct{} // closed when it is known whether it is on disk
	ok   bool
}

// NewRuns returns the keeper of what runs; Run must be called for anything to.
func NewRuns(e *investigations.Engine, s *store.Store, l Limits, log *slog.Logger) *Runs {
	if l.AtOnce == 0 {
		l.AtOnce = 16
	}
	if l.PerUser == 0 {
		l.PerUser = 20
	}
	if l.PerTarget == 0 {
		l.PerTarget = 12
	}
	return &Runs{
		engine: e, store: s, log: log, now: time.Now, limits: l, changed: func(string) {}, moved: func(string) {},
		slots: make(chan struct{}, l.AtOnce), running: map[string]*run{}, joins: map[string]*claim{}, recent: map[string][]time.Time{},
	}
}

// Run goes on with what a crash interrupted and keeps investigations running
// until ctx ends.
func (r *Runs) Run(ctx context.Context) error {
	root, suspend := context.WithCancelCause(context.WithoutCancel(ctx))
	defer suspend(nil)
	r.mu.Lock()
	r.ctx = root
	r.mu.Unlock()
	ids, err := r.store.Unfinished()
	if err != nil {
		return err
	}
	for _, id := range ids {
		inv, err := r.store.Investigation(id)
		if err != nil {
			r.log.Error("go on with an investigation", "investigation", id, "error", err)
			continue
		}
		r.log.Info("going on", "investigation", id, "target", inv.Target)
		key := joinKey(inv, false)
		mine, _ := r.claim(key, id)
		if mine != nil {
			mine.ok = true
			close(mine.done)
		}
		r.launch(inv, key, mine)
	}
	<-ctx.Done()
	suspend(investigations.ErrSuspended) // they go on after the restart
	r.wg.Wait()
	return nil
}

// Start begins an investigation, or joins one of the same that runs already. It
// returns when the wish is on disk.
func (r *Runs) Start(req Request) (id string, joined bool, err error) {
	inv, err := Prepare(r.engine, req, r.now())
	if err != nil {
		return "", false, err
	}
	key := joinKey(inv, req.Silent)
	mine, other := r.claim(key, inv.ID)
	if other != nil {
		<-other.done
		if other.ok {
			return other.id, true, nil
		}
		return r.Start(req) // it came to nothing
	}
	id, created, err := r.create(inv, req)
	mine.id, mine.ok = id, err == nil
	close(mine.done)
	if err != nil || !created {
		r.release(key, mine)
		return id, false, err
	}
	r.launch(inv, key, mine)
	r.changed(store.Subject(id))
	return id, false, nil
}

// create holds the request against the limits and keeps it.
func (r *Runs) create(inv investigations.Investigation, req Request) (id string, created bool, err error) {
	if err := r.admit(req, inv.Target); err != nil {
		return "", false, err
	}
	return r.store.Create(store.New{
		Investigation: inv, EventKey: req.EventKey, Silent: req.Silent,
		Audit: &store.AuditLine{Who: req.Who, Did: "diagnose", What: inv.Target, Result: inv.ID},
	})
}

// claim gives the right to run a key, or the claim that somebody else has.
func (r *Runs) claim(key, id string) (mine, other *claim) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.joins[key]; c != nil {
		return nil, c
	}
	mine = &claim{id: id, done: make(chan struct{})}
	r.joins[key] = mine
	return mine, nil
}

func (r *Runs) release(key string, c *claim) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.joins[key] == c {
		delete(r.joins, key)
	}
}

// joinKey says which requests are the same. A silent one and a spoken one are
// not: the second would wait for a thread that never comes.
func joinKey(inv investigations.Investigation, silent bool) string {
	return fmt.Sprint(inv.Target, "\x00", inv.Plan, "\x00", inv.Inputs, silent) // fmt sorts map keys
}

// admit holds the request against the limits of a minute.
func (r *Runs) admit(req Request, target string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if req.Trigger.Kind == "command" && !r.within("user "+req.Who, r.limits.PerUser) {
		return &LimitError{Reason: fmt.Sprintf("you started %d investigations within a minute; wait a moment", r.limits.PerUser)}
	}
	if req.Trigger.Kind == "command" && !r.within("target "+target, r.limits.PerTarget) {
		return &LimitError{Reason: fmt.Sprintf("%s was looked into %d times within a minute; wait a moment", target, r.limits.PerTarget)}
	}
	return nil
}

func (r *Runs) within(key string, limit int) bool {
	now := r.now()
	kept := r.recent[key][:0]
	for _, at := range r.recent[key] {
		if now.Sub(at) < time.Minute {
			kept = append(kept, at)
		}
	}
	if len(kept) >= limit {
		r.recent[key] = kept
		return false
	}
	r.recent[key] = append(kept, now)
	if len(r.recent) > 10_000 {
		r.recent = map[string][]time.Time{key: r.recent[key]}
	}
	return true
}

// launch runs inv in a goroutine that Run waits for.
func (r *Runs) launch(inv investigations.Investigation, key string, c *claim) {
	r.mu.Lock()
	parent := r.ctx
	if parent == nil || parent.Err() != nil {
		r.mu.Unlock()
		r.release(key, c)
		return // it is on disk: the next start goes on with it
	}
	if _, twice := r.running[inv.ID]; twice { // begun while Run went through what is unfinished
		r.mu.Unlock()
		r.release(key, c)
		return
	}
	ctx, cancel := context.WithCancel(parent)
	this := &run{cancel: cancel, done: make(chan struct{})}
	r.running[inv.ID] = this
	r.mu.Unlock()
	r.wg.Go(func() {
		defer cancel()
		r.drive(ctx, inv, this)
		r.release(key, c)
		r.forget(inv.ID, this)
		r.moved(inv.ID)
	})
}

func (r *Runs) drive(ctx context.Context, inv investigations.Investigation, this *run) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
		r.settle(ctx)
	case <-ctx.Done():
	}
	err := r.engine.Run(ctx, inv, func(_ context.Context, e investigations.Event) error {
		if e.Kind == investigations.EventEnded && e.State == investigations.Cancelled {
			e.Error = r.cancelled(this)
		}
		if err := r.store.Apply(inv.ID, e); err != nil {
			return err
		}
		r.changed(store.Subject(inv.ID))
		if e.Resolution != nil {
			r.moved(inv.ID)
		}
		return nil
	})
	if err != nil && !errors.Is(err, investigations.ErrSuspended) {
		r.log.Error("investigation", "investigation", inv.ID, "error", err)
	}
}

// settle waits for the runners that a restart of the bot cut off: what it
// interrupted would else end with a runner being lost that is back in a moment.
func (r *Runs) settle(ctx context.Context) {
	for {
		all, err := r.engine.Dispatcher.Runners(ctx)
		if err != nil || !slices.ContainsFunc(all, func(x investigations.Runner) bool { return x.Awaited }) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// cancelled says who ended a run, empty if nobody did.
func (r *Runs) cancelled(this *run) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if this.by == "" {
		return ""
	}
	return cancelled + this.by
}

func (r *Runs) forget(id string, this *run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.running, id)
	close(this.done)
}

// Cancel ends an investigation on somebody's word; false if it does not run.
func (r *Runs) Cancel(id, by string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	this, ok := r.running[id]
	if ok {
		if this.by == "" {
			this.by = by
		}
		this.cancel()
	}
	return ok
}

// Wait returns when an investigation no longer runs, or ctx ends.
func (r *Runs) Wait(ctx context.Context, id string) {
	r.mu.Lock()
	this, ok := r.running[id]
	r.mu.Unlock()
	if !ok {
		return
	}
	select {
	case <-this.done:
	case <-ctx.Done():
	}
}

// Count is how many investigations run or wait for a slot.
func (r *Runs) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.running)
}
