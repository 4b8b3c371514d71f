package investigations

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"
)

// Engine runs investigations: it carries out a plan's checks through a
// Dispatcher, side by side as soon as what they need is known, and tells a Sink
// what it learned. It keeps nothing: a run is a function of the investigation
// that it is given and of the facts that come back. One Engine serves any
// number of runs at once; its fields are not changed after the first.
type Engine struct {
	Plans      map[string]*Plan
	Dispatcher Dispatcher
	Allow      *AllowList       // which addresses may be diagnosed; nil allows none
	Log        *slog.Logger     // nil: nothing is logged
	Now        func() time.Time // nil: time.Now
	Local      string           // the name of the runner inside the bot; "" is local
	// Addresses names the runner behind an address that is on none of its
	// interfaces: one of NAT or of a cloud's.
	Addresses map[string]string
	// LBs names the runner that connects to a target, by the target's text or
	// host, where several are labelled role=lb.
	LBs    map[string]string
	Limits Limits
}

// Limits bound a run. A zero field has the default that its comment names.
type Limits struct {
	Total     time.Duration // for all of a run; what is open then is not checked. 60 s
	Check     time.Duration // for a check whose plan and probe name none. 10 s
	Answer    time.Duration // that an answer may come after the check's own deadline. 1 s
	Arm       time.Duration // that a paired check waits for its watch. 2 s
	Linger    time.Duration // that a watch goes on after its partner ended; a fortieth of it where both are on one host. 200 ms
	Endpoints int           // of one investigation. 16
	AtOnce    int           // checks under way at once in a run. 64
}

func (l Limits) withDefaults() Limits {
	l.Total = orElse(l.Total, 60*time.Second)
	l.Check = orElse(l.Check, 10*time.Second)
	l.Answer = orElse(l.Answer, time.Second)
	l.Arm = orElse(l.Arm, 2*time.Second)
	l.Linger = orElse(l.Linger, 200*time.Millisecond)
	l.Endpoints = orElse(l.Endpoints, 16)
	l.AtOnce = orElse(l.AtOnce, 64)
	return l
}

func orElse[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// ErrSuspended is the cause with which a context is cancelled so that a run
// stops and leaves its investigation as it stands, to be run again later: the
// program ends, the investigation does not. A context that is cancelled with
// any other cause, or none, ends the investigation as cancelled.
var ErrSuspended = errors.New("suspended")

// failure is why an investigation could not be carried out: a sentence that a
// person reads.
type failure string

func (f failure) Error() string { return string(f) }

// errCancelled ends the loop of a run whose context ended.
var errCancelled = errors.New("cancelled")

// Run carries inv out, or on: checks that are done, failed or skipped in it are
// not run again. It returns after the last event is kept. The error is the
// sink's, ErrSuspended, or a panic inside a plan's expressions; an
// investigation that failed or was cancelled has that as its state, and no
// error.
func (e *Engine) Run(ctx context.Context, inv Investigation, sink Sink) error {
	if inv.State.Ended() {
		return nil
	}
	r := newRun(e, inv, sink)
	r.parent = ctx
	r.ctx, r.cancel = context.WithTimeout(ctx, r.limits.Total)
	err := r.guard(r.run)
	r.close()
	return r.end(ctx, err)
}

// guard turns a panic into an error.
func (r *run) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("investigation panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("investigation %s: panic: %v", r.inv.ID, p)
		}
	}()
	return f()
}

// end tells the final state, whatever ended the run.
func (r *run) end(ctx context.Context, err error) error {
	var fail failure
	var kept sinkError
	switch {
	case err == nil:
		return r.emit(Event{Kind: EventEnded, State: Concluded, Verdict: r.verdict()})
	case errors.As(err, &kept):
		return kept.err
	case errors.Is(err, errCancelled) && errors.Is(context.Cause(ctx), ErrSuspended):
		return ErrSuspended
	case errors.Is(err, errCancelled):
		return r.emit(Event{Kind: EventEnded, State: Cancelled})
	case errors.As(err, &fail):
		return r.emit(Event{Kind: EventEnded, State: Failed, Error: string(fail)})
	}
	if told := r.emit(Event{Kind: EventEnded, State: Failed, Error: "An error inside Plexor ended the investigation; the log says more."}); told != nil {
		return told
	}
	return err
}

// run prepares and then goes round: start what can start, wait for an answer.
func (r *run) run() error {
	if err := r.prepare(); err != nil {
		return err
	}
	deadline := r.ctx.Done()
	for {
		if r.parent.Err() != nil { // answers that come after the end are none
			return errCancelled
		}
		if err := r.advance(); err != nil {
			return err
		}
		if r.over() {
			return nil
		}
		select {
		case rep := <-r.reports:
			if err := r.record(rep); err != nil {
				return err
			}
		case <-r.parent.Done():
			return errCancelled
		case <-deadline:
			if r.parent.Err() != nil {
				return errCancelled
			}
			r.late, deadline = true, nil
		}
	}
}

// prepare finds plan, target and runners, and draws the first picture.
func (r *run) prepare() error {
	r.plan = r.engine.Plans[r.inv.Plan]
	if r.plan == nil {
		return failure(fmt.Sprintf("There is no plan called %q.", r.inv.Plan))
	}
	target, err := ParseTarget(r.inv.Target)
	if err != nil {
		return failure(sentence("The target cannot be read: " + err.Error()))
	}
	r.target = target
	if err := r.engine.Allow.Target(target); err != nil {
		return failure(sentence(err.Error()))
	}
	runners, err := r.engine.Dispatcher.Runners(r.ctx)
	if err != nil {
		return failure(sentence("The runners could not be listed: " + err.Error()))
	}
	r.fleet = newFleet(r.engine, runners)
	lbs, err := r.fleet.lbs(target, r.inv.Inputs["lb"])
	if err != nil {
		return err
	}
	r.lbs = lbs
	return r.draw()
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
