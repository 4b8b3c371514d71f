package investigations

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// maxFacts is the most that a check's facts may weigh, in bytes.
const maxFacts = 1 << 20

// report hands a check's state to the run, unless the run has ended.
func (r *run) report(c carriage, check Check) {
	select {
	case r.reports <- report{key: c.key, step: c.step, check: check}:
	case <-r.closed:
	}
}

// carryPair arms the watches, carries out the checks that they watch, and ends
// the watches a little after: what answers late is still seen.
func (r *run) carryPair(checks, watches []carriage) {
	finish := make(chan struct{})
	armed := make(chan struct{}, len(watches))
	started := make(chan struct{}) // the checks go: who is not armed is too late
	var watching, checking sync.WaitGroup
	for _, w := range watches {
		w.req.Finish = finish
		watching.Go(func() { r.watch(w, armed, started) })
	}
	r.awaitArmed(armed, len(watches))
	close(started)
	for _, c := range checks {
		checking.Go(func() {
			c.check.Started = r.now()
			r.report(c, c.check)
			r.report(c, r.carry(c))
		})
	}
	checking.Wait()
	r.pause(r.linger(checks, watches))
	close(finish)
	watching.Wait()
}

// linger is how long the watches of a pair go on. Inside one host nothing is
// under way any more: what a check got as its answer was seen before.
func (r *run) linger(checks, watches []carriage) time.Duration {
	for _, c := range checks {
		for _, w := range watches {
			if c.runner.Name != w.runner.Name {
				return r.limits.Linger
			}
		}
	}
	return r.limits.Linger / 40
}

// watch carries out one watch. One that was not armed when its partner started
// has failed, whatever it saw.
func (r *run) watch(w carriage, armed chan<- struct{}, started <-chan struct{}) {
	var inTime atomic.Bool
	say := sync.OnceFunc(func() { armed <- struct{}{} })
	w.req.Armed = func() {
		select {
		case <-started:
		default:
			inTime.Store(true)
		}
		say()
	}
	w.check.Started = r.now()
	r.report(w, w.check)
	check := r.carry(w)
	say()
	if check.State == CheckDone && !inTime.Load() {
		check.State, check.Facts = CheckFailed, nil
		check.Error = fmt.Sprintf("it was not armed within %s", r.limits.Arm)
	}
	r.report(w, check)
}

// awaitArmed waits until n watches are armed or have ended, for as long as
// Limits.Arm.
func (r *run) awaitArmed(armed <-chan struct{}, n int) {
	limit := time.NewTimer(r.limits.Arm)
	defer limit.Stop()
	for range n {
		select {
		case <-armed:
		case <-limit.C:
			return
		case <-r.ctx.Done():
			return
		}
	}
}

// pause waits, unless the run ends.
func (r *run) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.ctx.Done():
	}
}

// outcome is what became of a request.
type outcome struct {
	answer Answer
	err    error
}

// carry has a runner carry out a check and returns it ended. It returns by the
// check's deadline, also where the dispatcher does not.
func (r *run) carry(c carriage) Check {
	start := r.now()
	ctx, cancel := context.WithTimeout(c.ctx, c.req.Timeout+r.limits.Answer)
	defer cancel()
	outcomes := make(chan outcome, 1)
	go func() { outcomes <- r.ask(ctx, c) }()
	var o outcome
	select {
	case o = <-outcomes:
	case <-ctx.Done():
		grace := time.NewTimer(r.limits.Answer)
		defer grace.Stop()
		select {
		case o = <-outcomes:
		case <-grace.C:
			o.err = ctx.Err()
		}
	}
	return r.conclude(c, o, start)
}

// ask sends the request. A panic on the way is its error.
func (r *run) ask(ctx context.Context, c carriage) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("probe panicked", "check", c.req.Check, "probe", c.req.Probe, "runner", c.runner.Name, "panic", p, "stack", string(debug.Stack()))
			o = outcome{err: errors.New("the probe " + c.req.Probe + " panicked")}
		}
	}()
	o.answer, o.err = r.engine.Dispatcher.Probe(ctx, c.runner.Name, c.req)
	return o
}

// conclude makes an ended check of what a runner answered.
func (r *run) conclude(c carriage, o outcome, start time.Time) Check {
	check := c.check
	check.Started, check.TookMS = start, ms(r.now().Sub(start))
	if o.err != nil {
		check.State, check.Error = CheckFailed, r.whyFailed(c, o.err)
		r.log.Warn("check failed", "check", check.ID, "probe", check.Probe, "runner", c.runner.Name, "error", o.err)
		return check
	}
	if began := o.answer.Started.Add(-c.runner.Offset); within(began, o.answer.Took, start, r.now()) {
		check.Started, check.TookMS = began.UTC(), ms(o.answer.Took)
	}
	switch facts := bytes.TrimSpace(o.answer.Facts); {
	case o.answer.Error != "":
		check.State, check.Error = CheckFailed, clipped(o.answer.Error)
	case len(facts) > maxFacts || !json.Valid(facts) || facts[0] != '{':
		check.State, check.Error = CheckFailed, "runner "+c.runner.Name+" answered with what are no facts"
	default:
		check.State, check.Facts = CheckDone, facts
	}
	return check
}

// clockSlack is how far what is known of a runner's clock may be off.
const clockSlack = time.Second

// within reports whether a probe that began and lasted so lies between its
// question and its answer. A runner whose clock is wrong, or lies, else makes a
// check of another day, or of a year that cannot be written down (RFC 3339 ends
// with 9999).
func within(began time.Time, took time.Duration, asked, answered time.Time) bool {
	return !began.Before(asked.Add(-clockSlack)) && !began.After(answered.Add(clockSlack)) &&
		took >= 0 && took <= answered.Sub(asked)+clockSlack
}

// maxError is the longest error of a runner that is kept, in bytes.
const maxError = 2048

func clipped(text string) string {
	if len(text) <= maxError {
		return text
	}
	return strings.ToValidUTF8(text[:maxError], "") + "…"
}

func (r *run) whyFailed(c carriage, err error) string {
	switch {
	case errors.Is(r.ctx.Err(), context.DeadlineExceeded):
		return "the investigation reached its limit of " + r.limits.Total.String()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer from runner " + c.runner.Name + " within " + c.req.Timeout.String()
	}
	return err.Error()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
