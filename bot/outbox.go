package bot

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/store"
)

// Outbox brings Slack to where things stand. It may die at any instruction:
// what it began is looked for in Slack before it is done again.
type Outbox struct {
	Slack *slackapi.Client
	Store *store.Store
	Log   *slog.Logger
	Now   func() time.Time
	// Render gives the messages of a subject; store.ErrNotFound where there is
	// nothing to say any more.
	Render func(subject string) ([]Message, error)
	// Undeliverable is told once when a subject's first message can't be
	// posted; it reports whether a person knows now.
	Undeliverable func(ctx context.Context, subject string, m Message, err error) bool

	pace     pace // usualPace but in tests
	mu       sync.Mutex
	wake     chan struct{}
	busy     map[string]time.Time // subjects that a worker holds, and since when
	woken    map[string]bool      // of those, which changed meanwhile
	waits    map[string]time.Time // subject or channel -> not before
	tries    map[string]int       // subject -> failures in a row
	updated  map[string]said      // subject/key -> when it was last said
	updates  []time.Time          // of the last minute, oldest first
	trouble  error                // the last failure, nil after a success
	refusals map[string]error     // channel -> why it takes nothing
	parked   map[string]bool      // subjects that wait for a channel, of which a person knows
	team     string
	url      string // the workspace's web address
	classic  bool
}

const (
	outboxWorkers = 8
	// updateEvery holds updates of one message back, but for the last one:
	// Slack takes about 50 a minute.
	updateEvery = time.Second
	// spareUpdates is after how many updates in a minute the rest is kept for
	// those that somebody waits for.
	spareUpdates = 25
	// lookAgain is how often the outbox looks without being woken.
	lookAgain = 5 * time.Second
)

// said is when a message was last said, and in which phase.
type said struct {
	at    time.Time
	phase string
}

// Init prepares the maps; it is called once, before Run and Wake.
func (o *Outbox) Init() {
	o.wake = make(chan struct{}, 1)
	o.busy, o.woken, o.waits = map[string]time.Time{}, map[string]bool{}, map[string]time.Time{}
	o.parked = map[string]bool{}
	o.tries, o.updated, o.refusals = map[string]int{}, map[string]said{}, map[string]error{}
	if o.pace == (pace{}) {
		o.pace = usualPace
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// Wake tells the outbox that a subject changed. It never blocks for long. What
// was held back to save updates is looked at again: there may be news in it that
// somebody waits for.
func (o *Outbox) Wake(subject string) {
	o.mu.Lock()
	if _, held := o.busy[subject]; held {
		o.woken[subject] = true
	} else if o.tries[subject] == 0 {
		delete(o.waits, subject)
	}
	o.mu.Unlock()
	o.again()
}

func (o *Outbox) again() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends.
func (o *Outbox) Run(ctx context.Context) error {
	if err := o.identify(ctx); err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, outboxWorkers)
	for ctx.Err() == nil {
		next := o.round(ctx, &wg, slots)
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-o.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// identify learns the workspace's id, with which every post is kept. It tries
// until it is told.
func (o *Outbox) identify(ctx context.Context) error {
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 30*time.Second) {
		me, err := o.Slack.Identity(ctx)
		if err == nil {
			v, err := o.Store.Value("classic/" + me.Team)
			o.mu.Lock()
			o.team, o.url, o.classic, o.trouble = me.Team, me.URL, len(v) > 0, nil
			o.mu.Unlock()
			return err
		}
		o.note(err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// round gives every subject that may be worked on to a worker, and returns how
// long to sleep if nobody wakes us.
func (o *Outbox) round(ctx context.Context, wg *sync.WaitGroup, slots chan struct{}) time.Duration {
	dirty, err := o.Store.Dirty()
	if err != nil {
		o.note(err)
		return lookAgain
	}
	slices.SortFunc(dirty, func(a, b store.Dirty) int { return cmp.Compare(a.Generation, b.Generation) })
	sleep := lookAgain
	for _, d := range dirty {
		if wait := o.take(d.Subject); wait != 0 {
			if wait > 0 {
				sleep = min(sleep, wait)
			}
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			o.release(d.Subject, 0)
			return 0
		}
		wg.Go(func() {
			defer func() { <-slots }()
			again, failed := o.subject(ctx, d)
			o.settle(d.Subject, again, failed)
		})
	}
	return sleep
}

// take marks a subject as held. It returns 0 if it may be worked on, how long
// to wait if not yet, and -1 if another worker has it.
func (o *Outbox) take(subject string) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, held := o.busy[subject]; held {
		return -1
	}
	if wait := o.waits[subject].Sub(o.Now()); wait > 0 {
		return wait
	}
	delete(o.waits, subject)
	o.busy[subject] = o.Now()
	return 0
}

func (o *Outbox) release(subject string, again time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	woken := o.woken[subject] && o.tries[subject] == 0
	delete(o.busy, subject)
	delete(o.woken, subject)
	if again > 0 && !woken {
		o.waits[subject] = o.Now().Add(again)
	}
}

// settle gives a subject back, to be looked at again after a while, or later
// the more often it failed in a row.
func (o *Outbox) settle(subject string, again time.Duration, failed error) {
	if failed != nil {
		o.note(failed)
		o.mu.Lock()
		o.tries[subject]++
		again = max(again, min(250*time.Millisecond<<min(o.tries[subject]-1, 8), time.Minute))
		o.mu.Unlock()
	} else {
		o.mu.Lock()
		delete(o.tries, subject)
		o.mu.Unlock()
	}
	o.release(subject, again)
	o.again()
}

func (o *Outbox) note(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil && o.trouble == nil {
		o.Log.Warn("slack does not take messages; they wait", "error", err)
	}
	o.trouble = err
}

// subject brings one subject's messages to where they should be. It returns
// when to look again, if something was held back.
func (o *Outbox) subject(ctx context.Context, d store.Dirty) (again time.Duration, err error) {
	messages, err := o.Render(d.Subject)
	if errors.Is(err, store.ErrNotFound) {
		return 0, o.Store.Clean(d)
	}
	if err != nil {
		return 0, err
	}
	posts, err := o.Store.Posts(d.Subject)
	if err != nil {
		return 0, err
	}
	for _, m := range o.order(messages, posts) {
		wait, err := o.message(ctx, d.Subject, m, posts)
		if err != nil {
			return o.after(err), err
		}
		again = soonest(again, wait)
	}
	if again > 0 {
		return again, nil
	}
	o.note(nil)
	o.forget(d.Subject)
	return 0, o.Store.Clean(d)
}

// soonest is the shorter of two waits; 0 is none.
func soonest(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// after is how long Slack asked us to wait.
func (o *Outbox) after(err error) time.Duration {
	if e, ok := errors.AsType[*slackapi.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

func (o *Outbox) forget(subject string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.parked, subject)
	for k := range o.updated {
		if strings.HasPrefix(k, subject+"/") {
			delete(o.updated, k)
		}
	}
}
