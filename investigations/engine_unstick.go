package investigations

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
		why := notNeeded + ": it would decide nothing"
		if _, run, missing, _ := r.judge(s).Ready(c.ID); len(missing) > 0 {
			why = r.plan.whyMissing(s, run, missing)
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
