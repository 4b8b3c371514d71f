package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// planned is the last whole plan that a schedule ran on a target.
type planned struct {
	ended   time.Time
	took    time.Duration
	outcome store.Outcome // of the quick check that led to it
}

const (
	// planPause is how much longer than a plan took the next one of a target that
	// goes on failing alike has to wait. Slow plans would otherwise hold up the
	// looks themselves, and a target that is down would count as down too rarely.
	planPause = 4
	// planWait is how long a failing target waits for its plan while many fail: the
	// channel hears that it fails, and the cause comes with a later run.
	planWait = 20 * time.Second
)

// wantsPlan reports whether a run goes on from its quick check to the whole plan.
// It does at every failure, but for one that goes on as it was and whose plan
// took long.
func (s *Schedules) wantsPlan(a aim, o observation) bool {
	if a.c.Whole || a.on.asked || a.was.State != stateFailing && a.was.State != stateFlapping {
		return true
	}
	a.it.mu.Lock()
	last, ok := a.it.planned[a.target]
	a.it.mu.Unlock()
	ago := s.now().Sub(last.ended)
	return !ok || last.outcome != o.outcome || ago < 0 || ago >= planPause*last.took
}

// investigate runs the schedule's plan on a target and waits for its end; false
// where it could not be run. A run that goes on after a crash finds the
// investigation that it had begun.
func (s *Schedules) investigate(ctx context.Context, a aim, o observation) (investigations.Investigation, bool) {
	if !s.planSlot(ctx, a) {
		return investigations.Investigation{}, false
	}
	defer func() { <-s.plans }()
	begun := s.now()
	id, _, err := s.runs.Start(Request{
		Target: a.target, Plan: a.c.Plan, Inputs: a.c.Inputs, Who: "schedule:" + a.c.ID, Silent: true,
		EventKey: fmt.Sprintf("schedule:%s:%d:%s", a.c.ID, a.on.at.UnixNano(), a.target),
		Trigger:  investigations.Trigger{Kind: triggerSchedule, By: a.c.ID, Channel: a.c.Channel, Ref: a.c.ID},
	})
	if err != nil {
		s.log.Error("a schedule's plan", "schedule", a.c.ID, "target", a.target, "error", err)
		return investigations.Investigation{}, false
	}
	inv, ok := s.await(ctx, id)
	if ok {
		a.it.mu.Lock()
		a.it.planned[a.target] = planned{ended: s.now(), took: s.now().Sub(begun), outcome: o.outcome}
		a.it.mu.Unlock()
	}
	return inv, ok
}

// planSlot waits until a plan may run. Who wants the whole plan every time, or at
// once, waits as long as it takes.
func (s *Schedules) planSlot(ctx context.Context, a aim) bool {
	var late <-chan time.Time
	if !a.c.Whole && !a.on.asked {
		timer := time.NewTimer(s.planWait)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case s.plans <- struct{}{}:
		return true
	case <-late:
		s.log.Warn("too many targets fail at once: the cause of one is looked for later", "schedule", a.c.ID, "target", a.target)
	case <-ctx.Done():
	}
	return false
}

func (s *Schedules) await(ctx context.Context, id string) (investigations.Investigation, bool) {
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

// clockSlack is by how much a host's clock may be behind the bot's. A start before
// the first failure mended nothing.
const clockSlack = 5 * time.Second

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
				if *f.State == "active" && !f.Since.Before(w.DownFrom.Add(-clockSlack)) {
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
