package investigations

import (
	"encoding/json"
	"slices"
)

// advance starts, settles and tells all that can be now.
func (r *run) advance() error {
	for {
		moved, err := r.moveAll()
		if err == nil && !moved {
			moved, err = r.resolve()
		}
		if err != nil {
			return err
		}
		if err := r.tell(); err != nil {
			return err
		}
		if !moved {
			return nil
		}
	}
}

func (r *run) moveAll() (bool, error) {
	moved := false
	for _, s := range r.scopes {
		did, err := r.move(s)
		if err != nil {
			return false, err
		}
		moved = moved || did
	}
	return moved, nil
}

// move goes through the checks of a scope that wait. It reports whether
// something became known, so that it is worth going through them again.
func (r *run) move(s *scope) (moved bool, err error) {
	for c := range r.waiting(s) {
		did, err := r.consider(s, c)
		if err != nil {
			return false, err
		}
		moved = moved || did
	}
	r.dropSlow(s)
	if !moved && r.resolved && !r.busy(s) {
		return r.unstick(s)
	}
	return moved, nil
}

// waiting yields the checks that a scope decides about and that have not
// started. Before anything is resolved those are the target's, and after it a
// target's check is decided by the first endpoint of its view.
func (r *run) waiting(s *scope) func(func(*PlanCheck) bool) {
	return func(yield func(*PlanCheck) bool) {
		for i := range r.plan.Steps {
			for k := range r.plan.Steps[i].Checks {
				c := &r.plan.Steps[i].Checks[k]
				mine := c.PerTarget && r.first(s) || !c.PerTarget && r.resolved
				if mine && len(r.pending(s, c)) > 0 && !yield(c) {
					return
				}
			}
		}
	}
}

// first reports whether s is the first scope of its view.
func (r *run) first(s *scope) bool {
	return s == r.scopes[slices.IndexFunc(r.scopes, func(o *scope) bool { return o.from == s.from })]
}

// pending are the uses of a check that neither ended nor are being carried out.
func (r *run) pending(s *scope, c *PlanCheck) []Check {
	return slices.DeleteFunc(r.uses(s, c), func(use Check) bool {
		return use.State.Ended() || r.running[s.key(c, use.On)] != nil
	})
}

// carrying reports whether a use of the check is being carried out.
func (r *run) carrying(s *scope, c *PlanCheck) bool {
	return slices.ContainsFunc(r.uses(s, c), func(use Check) bool { return r.running[s.key(c, use.On)] != nil })
}

// busy reports whether something is under way that could change what is known
// in a scope, or that keeps a check of it from starting.
func (r *run) busy(s *scope) bool {
	if len(r.running) >= r.limits.AtOnce {
		return true
	}
	for k := range r.running {
		if k.from == s.from && (k.address == "" || k.address == s.address) {
			return true
		}
	}
	return false
}

// consider decides about one waiting check: it is settled without being
// carried out, it starts, or it goes on waiting. It reports a settled one.
func (r *run) consider(s *scope, c *PlanCheck) (bool, error) {
	if r.late {
		return r.settle(s, c, CheckSkipped, "the investigation reached its limit of "+r.limits.Total.String())
	}
	args, run, missing, err := r.judge(s).Ready(c.ID)
	switch {
	case err != nil:
		return r.settle(s, c, CheckFailed, err.Error())
	case run == False:
		return r.settle(s, c, CheckSkipped, notNeeded+": what was found does not ask for it")
	case run == True:
		if moved, err := r.settleLacking(s, c); moved || err != nil {
			return moved, err
		}
	}
	if c.Paired != "" {
		return r.considerWatch(s, c)
	}
	w := r.wantOf(s, c)
	switch {
	case w.decided != "" && !w.any[c.ID]:
		return r.settle(s, c, CheckSkipped, notNeeded+": "+w.decided)
	case !r.afterEnded(s, c):
		return false, nil
	case run == Open || args == nil && len(missing) > 0:
		return r.settleMissing(s, c, run, missing)
	case c.Slow && !w.slow[c.ID] || len(r.running) >= r.limits.AtOnce:
		return false, nil
	}
	return r.start(s, c, orEmpty(args))
}

func orEmpty(args json.RawMessage) json.RawMessage {
	if len(args) == 0 {
		return emptyArgs
	}
	return args
}

// considerWatch settles a watch whose partner came to its end without it. It
// is started together with its partner, never alone.
func (r *run) considerWatch(s *scope, c *PlanCheck) (bool, error) {
	partner := r.check(c.Paired)
	if partner == nil {
		return r.settle(s, c, CheckFailed, "there is no check "+c.Paired+" to watch")
	}
	uses := r.uses(s, partner)
	switch {
	case !ended(uses):
		return false, nil
	case slices.ContainsFunc(uses, func(use Check) bool { return use.State != CheckSkipped }):
		return r.settle(s, c, CheckFailed, "the connection that it watches was made before it was armed")
	}
	why := "the connection that it watches was not made"
	if len(uses) == 1 {
		why = orElse(uses[0].Error, why)
	}
	return r.settle(s, c, CheckSkipped, why)
}

// afterEnded reports whether the checks that the plan puts before c have ended.
func (r *run) afterEnded(s *scope, c *PlanCheck) bool {
	return !slices.ContainsFunc(c.After, func(id string) bool {
		before := r.check(id)
		return before != nil && !r.ended(s, before)
	})
}

// dropSlow cancels the slow checks under way that no open cause needs any more.
func (r *run) dropSlow(s *scope) {
	for k, c := range r.running {
		if !c.slow || c.dropped || k.from != s.from || k.address != s.address && k.address != "" {
			continue
		}
		if w := r.wantOf(s, r.check(k.id)); w.decided != "" && !w.any[k.id] {
			c.dropped = true
			c.cancel()
		}
	}
}

// check gives the plan's check of an id, or nil.
func (r *run) check(id string) *PlanCheck {
	for i := range r.plan.Steps {
		for k := range r.plan.Steps[i].Checks {
			if c := &r.plan.Steps[i].Checks[k]; c.ID == id {
				return c
			}
		}
	}
	return nil
}
