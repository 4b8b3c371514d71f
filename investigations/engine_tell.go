package investigations

import "slices"

// tell tells the findings of steps, in plan order at each endpoint, and the
// verdict of an endpoint as soon as nothing that is still to come could add a
// cause that explains it.
func (r *run) tell() error {
	if !r.resolved {
		return nil
	}
	for _, s := range r.scopes {
		if err := r.tellSteps(s); err != nil {
			return err
		}
		if err := r.tellVerdict(s); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) tellSteps(s *scope) error {
	over := r.scopeOver(s)
	for s.told < len(r.plan.Steps) {
		ps := r.plan.Steps[s.told]
		finding, settled := r.judge(s).Finding(ps.ID)
		if !settled && !over {
			return nil
		}
		finding.ID, finding.Title, finding.Checks = ps.ID, ps.Title, nil
		finding.Status = orElse(finding.Status, Unknown)
		if err := r.emit(Event{Kind: EventStep, Endpoint: s.index, Step: ps.ID, Finding: &finding}); err != nil {
			return err
		}
		s.told++
	}
	return nil
}

// tellVerdict tells a verdict when it is decided, and once more, whole, when
// the endpoint's last check has ended.
func (r *run) tellVerdict(s *scope) error {
	over := r.scopeOver(s)
	if s.done || !over && (s.early || !r.decided(s)) {
		return nil
	}
	s.early, s.done = true, over
	return r.emit(Event{Kind: EventEndpoint, Endpoint: s.index, Verdict: r.endpointVerdict(s)})
}

// decided reports whether the kind of the verdict and its causes will not
// change any more, though checks may be under way.
func (r *run) decided(s *scope) bool {
	causes := r.causes(s)
	proved := standing(causes)
	healthy, _ := r.judge(s).Healthy()
	if len(proved) == 0 && healthy != True {
		return false
	}
	return !slices.ContainsFunc(causes, func(c Judged) bool {
		if c.Truth != Open || explained(c.ID, causes) || !provable(c) {
			return false
		}
		return len(proved) == 0 || slices.ContainsFunc(proved, func(id string) bool { return slices.Contains(c.Explains, id) })
	})
}

// scopeOver reports whether every check of an endpoint has ended.
func (r *run) scopeOver(s *scope) bool {
	return r.resolved && !slices.ContainsFunc(r.inv.Endpoints[s.index].Steps, func(step Step) bool { return !ended(step.Checks) })
}

// over reports whether the run has nothing left to do.
func (r *run) over() bool {
	return !slices.ContainsFunc(r.scopes, func(s *scope) bool { return !r.scopeOver(s) })
}
