package bot

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// AlertConfig is how alerts are taken and what becomes of them.
type AlertConfig struct {
	Auth         map[string]alerts.Auth // by source; one that is not there takes nothing over HTTP
	Router       *Router                // nil: everything to the bot's channel with the default plan
	Extract      alerts.Extract         // of source generic; nil: its own fields
	Topics       []string               // of SNS
	TargetGroups map[string][]string    // of SNS
	// Lookup asks AWS which targets stand behind target groups and load balancers, by ARN; nil where there are no credentials.
	// About says what AWS said, also where there is none.
	Lookup        func(ctx context.Context, arns []string) (targets []string, about string, err error)
	Windows       []Window
	Limits        TriageLimits
	Queue         int      // alerts that wait to be written down; 20,000 if 0
	SlackChannels []string // whose messages are read; the bot's own channel if nil
	// Confirm visits the address that confirms an SNS subscription; nil does not.
	Confirm func(ctx context.Context, url string) error
}

// Intake takes alerts from all sides, writes them down, and decides what
// becomes of them. One goroutine does all writing: what comes while a
// transaction is under way shares the next.
type Intake struct {
	cfg     AlertConfig
	store   *store.Store
	engine  *investigations.Engine
	runs    *Runs
	log     *slog.Logger
	now     func() time.Time
	wake    func(subject string) // tells the outbox
	silent  bool                 // there is no Slack: nothing is to be said
	board   *board
	work    chan work
	waiting atomic.Int64 // alerts in work
	coming  atomic.Int64 // requests that are read or wait for their answer
	bodies  bodyBudget
	// unproven is the budget of bodies that are read before it is known whose they are.
	unproven bodyBudget
	metrics  *intakeMetrics
	asks     chan ask      // for AWS
	ended    chan string   // investigations
	stopped  chan struct{} // Run has returned
	self     atomic.Pointer[alerts.Self]
}

// work is one thing for the writing goroutine: alerts, or a change of mutes.
type work struct {
	n    int // alerts
	do   func(b *board, now time.Time)
	done chan error // gets the outcome once it is on disk; may be nil
}

// ErrFull says that as many alerts wait as may: the sender is to come again.
var ErrFull = errors.New("as many alerts wait to be written down as may")

// gatherTime is how long a transaction waits for requests that are on their way.
const gatherTime = 5 * time.Millisecond

// mostWork bounds the alerts of one transaction.
const mostWork = 2000

// NewIntake returns the intake of a bot; its Run must be called.
func NewIntake(c AlertConfig, s *store.Store, e *investigations.Engine, runs *Runs, log *slog.Logger) *Intake {
	if c.Queue == 0 {
		c.Queue = 20_000
	}
	i := &Intake{
		cfg: c, store: s, engine: e, runs: runs, log: log, now: time.Now, wake: func(string) {},
		work: make(chan work, c.Queue+64), metrics: newIntakeMetrics(),
		asks: make(chan ask), ended: make(chan string, 64), stopped: make(chan struct{}),
	}
	runs.moved = func(id string) {
		select {
		case i.ended <- id:
		case <-i.stopped:
		}
	}
	i.bodies.free.Store(bodyBudgetBytes)
	i.unproven.free.Store(unprovenBudgetBytes)
	return i
}

// Run loads what is known and works until ctx ends.
func (i *Intake) Run(ctx context.Context) error {
	defer close(i.stopped)
	if err := i.load(); err != nil {
		return err
	}
	defer i.askers(ctx)()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var batch []work
		select {
		case <-ctx.Done():
			return nil
		case w := <-i.work:
			batch = i.gather(w)
		case id := <-i.ended:
			batch = []work{i.moved(id)}
		case <-timer.C:
		}
		i.step(batch)
		timer.Reset(i.board.wait(i.now()))
	}
}

// gather takes what else waits, up to a bound. While many more requests are on
// their way than it has, it gives them a moment: one transaction costs the same
// for one alert and for a hundred.
func (i *Intake) gather(first work) []work {
	batch, n := []work{first}, first.n
	var late <-chan time.Time
	for n < mostWork {
		select {
		case w := <-i.work:
			batch = append(batch, w)
			n += w.n
			continue
		default:
		}
		if int64(len(batch))*4 >= i.coming.Load()*3 {
			return batch
		}
		if late == nil {
			timer := time.NewTimer(gatherTime)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case w := <-i.work:
			batch = append(batch, w)
			n += w.n
		case <-late:
			return batch
		}
	}
	return batch
}

// step decides, writes down, and then does what was decided.
func (i *Intake) step(batch []work) {
	now := i.now().UTC()
	for _, w := range batch {
		w.do(i.board, now)
	}
	i.board.tick(now)
	i.board.dispatch(now)
	change := i.board.changes()
	if i.silent {
		change.Dirty, change.Follow = nil, nil
		for n := range change.Start {
			change.Start[n].Follower = ""
		}
	}
	err := i.commit(change)
	for _, w := range batch {
		i.waiting.Add(-int64(w.n))
		if w.done != nil {
			w.done <- err
		}
	}
	if err != nil {
		i.log.Error("alerts could not be written down", "error", err)
		if err := i.load(); err != nil { // what the board decided did not happen
			i.log.Error("read the state of alerts again", "error", err)
		}
		return
	}
	for _, n := range change.Start {
		i.runs.launch(n.Investigation, "alert "+n.Investigation.ID, nil)
	}
	for _, subject := range change.Dirty {
		i.wake(subject)
	}
	i.handAsks()
	i.metrics.look(i.board)
}

func (i *Intake) commit(c store.AlertChange) error {
	if len(c.Alerts)+len(c.Forget)+len(c.Ended)+len(c.Troubles)+len(c.Mutes)+len(c.Unmute)+len(c.Start)+len(c.Dirty)+len(c.Follow) == 0 {
		return nil
	}
	began := time.Now()
	err := i.store.ChangeAlerts(c)
	i.metrics.commit.Observe(time.Since(began).Seconds())
	if len(c.Alerts) > 0 {
		i.metrics.batch.Observe(float64(len(c.Alerts)))
	}
	return err
}

// moved has the board learn what an investigation's target stands for, and how
// it ended.
func (i *Intake) moved(id string) work {
	return work{do: func(b *board, now time.Time) {
		if len(b.running[id]) == 0 {
			return
		}
		inv, err := i.store.Investigation(id)
		switch {
		case err != nil:
			inv = investigations.Investigation{ID: id, State: investigations.Failed, Error: err.Error()}
		case !inv.State.Ended(): // its endpoints are known; or it goes on after a restart
			b.resolved(inv, now)
			return
		}
		b.ended(inv, now)
	}}
}

// submit hands work over and waits until it is on disk. It returns ErrFull
// without waiting where there is no room.
func (i *Intake) submit(ctx context.Context, n int, do func(b *board, now time.Time)) error {
	if i.waiting.Add(int64(n)) > int64(max(i.cfg.Queue, n)) {
		i.waiting.Add(-int64(n))
		return ErrFull
	}
	w := work{n: n, do: do, done: make(chan error, 1)}
	select {
	case i.work <- w:
	case <-ctx.Done():
		i.waiting.Add(-int64(n))
		return ctx.Err()
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err() // it may be on disk or not: the sender repeats it
	}
}

// take writes alerts down.
func (i *Intake) take(ctx context.Context, list []arrival) error {
	if len(list) == 0 {
		return nil
	}
	return i.submit(ctx, len(list), func(b *board, now time.Time) {
		for _, a := range list {
			b.arrive(a, now)
		}
	})
}

// parse reads a payload of a source by the configuration's rules.
func (i *Intake) parse(source string, header http.Header, body []byte) (alerts.Result, error) {
	return alerts.Parse(source, header, body, i.options())
}

func (i *Intake) options() alerts.Options {
	o := alerts.Options{Now: i.now().UTC(), TargetGroups: i.cfg.TargetGroups, Extract: i.cfg.Extract, Topics: i.cfg.Topics}
	if len(i.cfg.Router.targets) > 0 {
		o.Rule = i.cfg.Router.Targets
	}
	if self := i.self.Load(); self != nil {
		o.Self = *self
	}
	return o
}

// arrival prepares an alert for the board.
func (i *Intake) arrival(a alerts.Alert) arrival {
	out := arrival{alert: a, route: i.cfg.Router.Route(a)}
	if !a.Firing && len(a.Targets) == 0 {
		return out
	}
	for _, text := range a.Targets[:min(len(a.Targets), maxEntries)] {
		out.places = append(out.places, i.place(text))
	}
	return out
}

func (i *Intake) place(text string) place {
	p := place{target: text}
	t, err := investigations.ParseTarget(text)
	if err != nil {
		p.host, p.refused = text, err.Error()
		return p
	}
	p.target, p.host = t.Text, t.Host
	if t.Kind == investigations.TargetUpstream { // servers of one group, and the group, belong together
		p.host, _, _ = strings.Cut(t.Host, "/")
	}
	if err := i.engine.Allow.Target(t); err != nil {
		p.refused = capital(notAllowed(err).Reason)
	}
	return p
}

// begin makes the investigation of a trouble's target.
func (i *Intake) begin(t *store.Trouble, e *store.Entry, now time.Time) (investigations.Investigation, error) {
	req := Request{
		Target: e.Target, Plan: e.Plan, Inputs: e.Inputs,
		Trigger: investigations.Trigger{Kind: "alert", By: e.Source, Channel: t.Channel, Thread: t.Thread, Ref: e.Fingerprint},
	}
	inv, err := Prepare(i.engine, req, now)
	if bad, ok := errors.AsType[*UsageError](err); ok && len(req.Inputs) > 0 {
		i.log.Warn("an input of an alert's route does not fit the plan; it is left out", "plan", e.Plan, "error", bad)
		req.Inputs = nil
		inv, err = Prepare(i.engine, req, now)
	}
	return inv, err
}
