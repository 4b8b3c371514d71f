package investigations

// Why a check was not carried out, where nothing is amiss with it.
const (
	notNeeded        = "not needed"
	notNeededAnyMore = "not needed any more"

	// These begin the reason of a check that was left out because the facts of
	// another are lacking, for its arguments or its condition.
	becauseOf     = "left out: "
	conditionOpen = "left out, if it was needed: "
)

// settleMissing settles a check whose arguments or condition lack what will
// not come any more.
func (r *run) settleMissing(s *scope, c *PlanCheck, run Truth, missing []Missing) (bool, error) {
	if len(missing) == 0 || coming(missing) {
		return false, nil
	}
	if moved, err := r.settleLacking(s, c); moved || err != nil {
		return moved, err
	}
	return r.settle(s, c, CheckSkipped, r.plan.whyMissing(s, run, missing))
}

// whyMissing says why a check cannot be carried out: its condition (run) or its
// arguments lack something.
func (p *Plan) whyMissing(s *scope, run Truth, missing []Missing) string {
	why := p.whyLacking(s, missing)
	switch {
	case why == nothingResolved:
		return why
	case run == True:
		return becauseOf + why
	}
	return conditionOpen + why
}

// whyLacking names the first thing that is lacking, and why.
func (p *Plan) whyLacking(s *scope, missing []Missing) string {
	for _, m := range missing {
		switch {
		case s.address == "" && (m.Check == "" || !m.Final): // what has not come will not come
			return nothingResolved
		case m.Check != "":
			return p.reasons([]Missing{m})[0]
		case m.Final && m.Why != "":
			return m.Why
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
