package investigations

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"
)

// run is one investigation under way. Its fields belong to the goroutine that
// called Engine.Run; checks report to it over a channel.
type run struct {
	engine *Engine
	limits Limits
	log    *slog.Logger
	sink   Sink
	inv    Investigation // as it stands

	parent  context.Context // the caller's
	ctx     context.Context // the same with the limit of the run: that of every check
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	reports chan report
	closed  chan struct{} // nobody reads reports any more

	plan   *Plan
	target Target
	fleet  fleet
	lbs    []Vantage

	scopes   []*scope // one an endpoint, in the same order
	resolved bool
	late     bool // the limit of the run is reached: nothing starts any more
	running  map[key]*carried
}

// scope is an endpoint as a run sees it.
type scope struct {
	index    int
	from     string // the name of the runner that connects
	address  string // host:port; "" while or where nothing is resolved
	vantages map[string]Vantage
	ports    []int64
	told     int        // steps told so far
	early    bool       // its verdict was told before its last check ended
	done     bool       // its whole verdict was told
	judged   *Judgement // nil: something changed
	causes   []Judged   // of judged
	wanted   *want      // nil: something changed or started
}

// key names one use of a check: at an endpoint, or for the target as one load
// balancer sees it, which address "" stands for.
type key struct{ from, address, id, on string }

// carried is a check under way.
type carried struct {
	cancel  context.CancelFunc
	slow    bool
	dropped bool // cancelled because nothing needs it any more
}

// report is what a check's goroutine has to say: it started or it ended.
type report struct {
	key   key
	step  string
	check Check
}

// sinkError tells an error of the sink from every other.
type sinkError struct{ err error }

func (e sinkError) Error() string { return e.err.Error() }

func newRun(e *Engine, inv Investigation, sink Sink) *run {
	log := e.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	inv.Endpoints = cloneEndpoints(inv.Endpoints)
	return &run{
		engine: e, limits: e.Limits.withDefaults(), sink: sink, inv: inv,
		log:     log.With("investigation", inv.ID),
		reports: make(chan report), closed: make(chan struct{}),
		running: map[key]*carried{},
	}
}

// close stops every check and waits until its goroutine is gone.
func (r *run) close() {
	r.cancel()
	close(r.closed)
	r.wg.Wait()
}

func (r *run) now() time.Time {
	if r.engine.Now != nil {
		return r.engine.Now()
	}
	return time.Now()
}

// emit applies an event and has it kept. The sink's context is not the run's:
// what was learned is kept also while a run is being cancelled.
func (r *run) emit(e Event) error {
	e.Time = r.now()
	r.inv.Apply(e)
	if err := r.sink(context.WithoutCancel(r.parent), e); err != nil {
		return sinkError{err}
	}
	return nil
}

// record takes a report. The facts of a check for the target are those of every
// endpoint that its load balancer sees.
func (r *run) record(rep report) error {
	c := r.running[rep.key]
	if c != nil && rep.check.State.Ended() {
		delete(r.running, rep.key)
		c.cancel()
		if c.dropped && rep.check.State == CheckFailed {
			rep.check.State, rep.check.Error = CheckSkipped, notNeededAnyMore
		}
	}
	return r.put(rep.key, rep.step, rep.check)
}

// put tells a check's state at each endpoint that has the check.
func (r *run) put(k key, step string, c Check) error {
	for _, s := range r.scopes {
		if s.from != k.from || k.address != "" && k.address != s.address {
			continue
		}
		s.wanted = nil
		if c.State.Ended() { // that a check is under way is no fact
			s.judged, s.causes = nil, nil
		}
		if err := r.emit(Event{Kind: EventCheck, Endpoint: s.index, Step: step, Check: &c}); err != nil {
			return err
		}
	}
	return nil
}

// judge gives the scope's judgement of all that is known now.
func (r *run) judge(s *scope) *Judgement {
	if s.judged == nil {
		s.judged = r.plan.Judge(Known{
			Target: r.target, Inputs: r.inv.Inputs, Endpoint: s.address,
			Vantages: s.vantages, Ports: s.ports, Checks: r.checks(s),
		})
	}
	return s.judged
}

// causes judges every cause by what is known now.
func (r *run) causes(s *scope) []Judged {
	if s.causes == nil {
		s.causes = r.judge(s).Causes()
	}
	return s.causes
}

// checks are all checks of a scope, in plan order.
func (r *run) checks(s *scope) []Check {
	var all []Check
	for _, step := range r.inv.Endpoints[s.index].Steps {
		all = append(all, step.Checks...)
	}
	return all
}

// uses are the checks of one id in a scope: one for each runner that it is on.
func (r *run) uses(s *scope, c *PlanCheck) []Check {
	step := r.inv.step(s.index, c.Step)
	if step == nil {
		return nil
	}
	var uses []Check
	for _, use := range step.Checks {
		if use.ID == c.ID {
			uses = append(uses, use)
		}
	}
	return uses
}

// key gives the key of a use of a check in a scope.
func (s *scope) key(c *PlanCheck, on string) key {
	k := key{from: s.from, address: s.address, id: c.ID, on: on}
	if c.PerTarget {
		k.address = ""
	}
	return k
}

// Ended reports whether nothing will happen any more to a check in this state.
func (s CheckState) Ended() bool {
	return s == CheckDone || s == CheckFailed || s == CheckSkipped
}

// ended reports whether every use of a check in a scope has ended.
func (r *run) ended(s *scope, c *PlanCheck) bool {
	if step := r.inv.step(s.index, c.Step); step != nil {
		for i := range step.Checks {
			if use := &step.Checks[i]; use.ID == c.ID && !use.State.Ended() {
				return false
			}
		}
	}
	return true
}

func ended(uses []Check) bool {
	for _, use := range uses {
		if !use.State.Ended() {
			return false
		}
	}
	return true
}

// emptyArgs are the arguments of a check that has none.
var emptyArgs = json.RawMessage("{}")
