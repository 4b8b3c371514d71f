package investigations

import (
	"encoding/json"
	"slices"
)

const (
	notNeeded        = "not needed"
	notNeededAnyMore = "not needed any more"
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
		return r.settle(s, c, CheckSkipped, notNeeded+": its condition does not hold")
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
		return r.settleMissing(s, c, missing)
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
		return r.settle(s, c, CheckFailed, partner.ID+" was carried out before this was armed")
	}
	return r.settle(s, c, CheckSkipped, partner.ID+" was not carried out")
}

// afterEnded reports whether the checks that the plan puts before c have ended.
func (r *run) afterEnded(s *scope, c *PlanCheck) bool {
	return !slices.ContainsFunc(c.After, func(id string) bool {
		before := r.check(id)
		return before != nil && !ended(r.uses(s, before))
	})
}

// settleMissing settles a check whose arguments or condition lack what will
// not come any more.
func (r *run) settleMissing(s *scope, c *PlanCheck, missing []Missing) (bool, error) {
	if len(missing) == 0 || coming(missing) {
		return false, nil
	}
	if moved, err := r.settleLacking(s, c); moved || err != nil {
		return moved, err
	}
	return r.settle(s, c, CheckSkipped, s.whyMissing(missing))
}

// whyMissing says why a check cannot be carried out.
func (s *scope) whyMissing(missing []Missing) string {
	for _, m := range missing {
		switch {
		case s.address == "" && m.Check == "":
			return nothingResolved
		case m.Final && m.Why != "":
			return m.Why
		case m.Check != "":
			return "it needs " + m.Check + ", which gave nothing"
		}
	}
	return "what it needs is not known"
}

// settleLacking settles the waiting uses of a check that no runner, or a
// runner that cannot, would carry out.
func (r *run) settleLacking(s *scope, c *PlanCheck) (moved bool, err error) {
	for _, use := range r.pending(s, c) {
		state, why := CheckSkipped, ""
		if v := r.at(s, c, use.On); v.Known {
			state, why = lack(v, c.Probe)
		} else {
			why = nobody(c, s)
		}
		if why == "" {
			continue
		}
		use.State, use.Error, moved = state, why, true
		if err := r.put(s.key(c, use.On), c.Step, use); err != nil {
			return false, err
		}
	}
	return moved, nil
}

// at gives the vantage of a use of a check.
func (r *run) at(s *scope, c *PlanCheck, on string) Vantage {
	if c.Selector() {
		return r.fleet.vantage(on)
	}
	return s.vantages[c.On]
}

// settle ends the waiting uses of a check without carrying them out.
func (r *run) settle(s *scope, c *PlanCheck, state CheckState, why string) (bool, error) {
	for _, use := range r.pending(s, c) {
		use.State, use.Error = state, why
		if err := r.put(s.key(c, use.On), c.Step, use); err != nil {
			return false, err
		}
	}
	return true, nil
}

// unstick settles what will not start any more, in a scope in which nothing is
// under way: first quick checks that wait for nothing that could start, then
// the slow ones that no open cause needs, then whatever is left.
func (r *run) unstick(s *scope) (bool, error) {
	for _, stuck := range []func(*scope, *PlanCheck) bool{
		func(s *scope, c *PlanCheck) bool { return c.Paired != "" && !r.ready(s, c) },
		func(s *scope, c *PlanCheck) bool { return !c.Slow && c.Paired == "" && !r.waitsForSlow(s, c) },
		func(s *scope, c *PlanCheck) bool { return c.Slow },
		func(*scope, *PlanCheck) bool { return true },
	} {
		moved, err := r.settleStuck(s, stuck)
		if moved || err != nil {
			return moved, err
		}
	}
	return false, nil
}

func (r *run) settleStuck(s *scope, stuck func(*scope, *PlanCheck) bool) (moved bool, err error) {
	for c := range r.waiting(s) {
		if c.PerTarget && r.viewBusy(s.from) || !stuck(s, c) {
			continue
		}
		why := notNeeded + ": no open cause lacks it"
		if _, _, missing, _ := r.judge(s).Ready(c.ID); len(missing) > 0 {
			why = s.whyMissing(missing)
		}
		moved = true
		if _, err := r.settle(s, c, CheckSkipped, why); err != nil {
			return false, err
		}
	}
	return moved, nil
}

// ready reports whether a check has all that it needs to start.
func (r *run) ready(s *scope, c *PlanCheck) bool {
	args, run, missing, err := r.judge(s).Ready(c.ID)
	return err == nil && run == True && (args != nil || len(missing) == 0)
}

// waitsForSlow reports whether a slow check stands between c and its start.
func (r *run) waitsForSlow(s *scope, c *PlanCheck) bool {
	lacked := map[string]bool{}
	r.frontier(s, c.ID, lacked, map[string]bool{})
	for id := range lacked {
		if r.check(id).Slow {
			return true
		}
	}
	return false
}

func (r *run) viewBusy(from string) bool {
	for k := range r.running {
		if k.from == from {
			return true
		}
	}
	return false
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
