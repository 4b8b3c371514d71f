package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// start carries a run out in a goroutine that Run waits for.
func (s *Schedules) start(it *item, due time.Time) {
	s.spawn(func(ctx context.Context) { s.carry(ctx, it, due) })
}

// carry is one run: it looks at every target, and keeps what it found. A run
// that is cut short stays open, and is carried out with the next start.
func (s *Schedules) carry(ctx context.Context, it *item, due time.Time) {
	it.mu.Lock()
	c := it.c
	before := make(map[string]store.Watch, len(c.Targets))
	for _, t := range c.Targets {
		before[t] = it.watches[t]
	}
	it.mu.Unlock()
	stamp := due // tells this run's investigations from those of others
	if stamp.IsZero() {
		stamp = s.now()
	}
	s.started(c, due, s.now())
	found := make([]observation, len(c.Targets))
	errs := make([]error, len(c.Targets))
	if len(c.Targets) == 1 {
		found[0], errs[0] = s.look(ctx, c, c.Targets[0], before[c.Targets[0]], stamp)
	} else {
		var wg sync.WaitGroup
		for i, t := range c.Targets {
			wg.Go(func() { found[i], errs[i] = s.look(ctx, c, t, before[t], stamp) })
		}
		wg.Wait()
	}
	if ctx.Err() != nil {
		return
	}
	for i, err := range errs {
		if no, ok := errors.AsType[*investigations.NotAllowedError](err); ok {
			s.finish(it, due, nil)
			s.pauseItself(c.ID, "its target "+c.Targets[i]+" may no longer be diagnosed: "+no.Error())
			return
		}
	}
	results := make(map[string]observation, len(c.Targets))
	for i, t := range c.Targets {
		results[t] = found[i]
	}
	s.finish(it, due, results)
}

// look is what one run does with one target: the quick check, and the whole plan
// where that fails, where the schedule wants it, or where it tells what mended
// what was broken.
func (s *Schedules) look(ctx context.Context, c store.Schedule, target string, w store.Watch, due time.Time) (observation, error) {
	s.quick <- struct{}{}
	o, err := s.lookQuick(ctx, target, c.Inputs["lb"])
	<-s.quick
	switch {
	case errors.Is(err, errNotQuick):
	case err != nil:
		return o, err
	case o.state == stateUnknown:
		return o, nil
	case o.state == stateHealthy && recovers(w, c.Confirm):
		if inv, ok := s.investigate(ctx, c, target, due); ok {
			o.fixed = fixedBy(inv, w)
		}
		return o, nil
	case o.state == stateHealthy && !c.Whole:
		return o, nil
	}
	inv, ok := s.investigate(ctx, c, target, due)
	if !ok {
		return o, nil
	}
	return judged(o, inv), nil
}

// judged joins a quick check with what a whole plan came to.
func judged(o observation, inv investigations.Investigation) observation {
	o.investigation = inv.ID
	v := inv.Verdict
	if v == nil {
		o.headline = orElse(o.headline, inv.Error)
		return o
	}
	switch {
	case v.Kind == investigations.VerdictHealthy:
		o.state, o.outcome, o.headline = stateHealthy, store.Up, ""
		return o
	case v.Kind == investigations.VerdictInconclusive && o.state == stateHealthy:
		return o
	}
	o.state, o.headline = stateFailing, v.Headline
	if !o.outcome.Down() {
		o.outcome = store.Unreachable
	}
	short := *v
	short.RuledOut, short.NotChecked = nil, nil
	o.verdict = &short
	if len(v.Causes) > 0 {
		o.cause = v.Causes[0].ID
	}
	return o
}

// investigate runs the schedule's plan on a target and waits for its end; false
// where it could not be run. A run that goes on after a crash finds the
// investigation that it had begun.
func (s *Schedules) investigate(ctx context.Context, c store.Schedule, target string, due time.Time) (investigations.Investigation, bool) {
	select {
	case s.plans <- struct{}{}:
		defer func() { <-s.plans }()
	case <-ctx.Done():
		return investigations.Investigation{}, false
	}
	id, _, err := s.runs.Start(Request{
		Target: target, Plan: c.Plan, Inputs: c.Inputs, Who: "schedule:" + c.ID, Silent: true,
		EventKey: fmt.Sprintf("schedule:%s:%d:%s", c.ID, due.UnixNano(), target),
		Trigger:  investigations.Trigger{Kind: triggerSchedule, By: c.ID, Channel: c.Channel, Ref: c.ID},
	})
	if err != nil {
		s.log.Error("a schedule's plan", "schedule", c.ID, "target", target, "error", err)
		return investigations.Investigation{}, false
	}
	for ctx.Err() == nil {
		s.runs.Wait(ctx, id)
		inv, err := s.store.Investigation(id)
		if err != nil || inv.State.Ended() {
			return inv, err == nil
		}
		select { // it is on disk and will be taken up
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return investigations.Investigation{}, false
}

// serviceCauses are those that the start of a service mends.
var serviceCauses = []string{"proc-not-running", "unit-exec-failed", "unit-start-limit-hit"}

// recovers reports whether a healthy result would end a failure of a service.
func recovers(w store.Watch, confirm int) bool {
	if w.State != stateFailing || !slices.Contains(serviceCauses, w.Cause) {
		return false
	}
	seen := 0
	if w.Next == stateHealthy {
		seen = w.Seen
	}
	return seen+1 >= confirm
}

// fixedBy says what mended a service that was down: its start since then.
func fixedBy(inv investigations.Investigation, w store.Watch) string {
	for _, e := range inv.Endpoints {
		for _, step := range e.Steps {
			for _, c := range step.Checks {
				var f struct {
					Unit  *string    `json:"unit"`
					State *string    `json:"state"`
					Since *time.Time `json:"since"`
				}
				if c.Probe != "service.status" || json.Unmarshal(c.Facts, &f) != nil || f.Since == nil || f.State == nil {
					continue
				}
				if *f.State == "active" && !f.Since.Before(w.DownFrom.Add(-time.Minute)) {
					name := "the service"
					if f.Unit != nil {
						name = *f.Unit
					}
					return "fixed by a start of " + name + " at " + f.Since.UTC().Format(time.RFC3339)
				}
			}
		}
	}
	return ""
}
