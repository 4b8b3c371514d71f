package investigations

import (
	"slices"
	"strings"
)

// ExitCode is the exit code of a command that ends in this verdict: 0 for a
// healthy target, 1 for a cause, 2 where something is wrong but no cause is
// proved, 3 where there is no verdict at all.
func (v *Verdict) ExitCode() int {
	if v == nil {
		return 3
	}
	switch v.Kind {
	case VerdictHealthy:
		return 0
	case VerdictCause:
		return 1
	case VerdictInconclusive:
		return 2
	}
	return 3
}

// endpointVerdict judges one endpoint by what is known now.
func (r *run) endpointVerdict(s *scope) *Verdict {
	j := r.judge(s)
	causes := r.causes(s)
	v := &Verdict{NotChecked: r.notChecked(s)}
	for _, id := range standing(causes) {
		c := j.Cause(id)
		c.ID, c.Endpoint = id, orElse(c.Endpoint, s.address)
		v.Causes = append(v.Causes, c)
	}
	healthy, _ := j.Healthy()
	switch {
	case len(v.Causes) > 0:
		v.Kind = VerdictCause
	case healthy == True:
		v.Kind = VerdictHealthy
	default:
		v.Kind = VerdictInconclusive
	}
	for _, c := range causes {
		switch {
		case c.Truth == False && s.address != "": // where nothing was connected to, nothing was looked at
			v.RuledOut = append(v.RuledOut, c.ID)
		case c.Truth == Open && v.Kind == VerdictInconclusive:
			v.Candidates = append(v.Candidates, j.Candidate(c.ID))
		}
	}
	v.Headline = r.endpointHeadline(s, v) + r.seenFrom(v.Kind)
	return v
}

// endpointHeadline says in plain words what an endpoint came to.
func (r *run) endpointHeadline(s *scope, v *Verdict) string {
	name := orElse(s.address, r.target.Text)
	switch v.Kind {
	case VerdictCause:
		return causeHeadline(v.Causes)
	case VerdictHealthy:
		return name + " accepts connections from " + s.from
	}
	lead := name + ": no fault was found"
	if what := r.trouble(s); what != "" {
		lead = what
	}
	if s.address == "" && len(v.Candidates) == 0 {
		return lead + "; nothing was connected to, and no cause was looked for"
	}
	return lead + "; " + open(len(v.Candidates))
}

// open says how many causes are left.
func open(candidates int) string {
	switch candidates {
	case 0:
		return "none of the causes that the plan knows fits"
	case 1:
		return "one cause is possible, not proved"
	}
	return "the cause is not proved, " + number(candidates) + " are possible"
}

func causeHeadline(causes []Cause) string {
	head := causes[0].Headline
	switch n := len(causes) - 1; {
	case n == 1:
		head += " (and one cause more: both must be mended)"
	case n > 1:
		head += " (and " + number(n) + " causes more: all must be mended)"
	}
	return head
}

// trouble is the headline of the first step that found a problem, or why the
// first check that failed did.
func (r *run) trouble(s *scope) string {
	for _, step := range r.inv.Endpoints[s.index].Steps {
		if step.Status == Problem && step.Headline != "" {
			return step.Headline
		}
	}
	for _, n := range r.notChecked(s) {
		return orElse(s.address, r.target.Text) + " could not be examined: " + n.Why
	}
	return ""
}

// seenFrom says whose eyes a verdict rests on where they are not a load
// balancer's.
func (r *run) seenFrom(kind VerdictKind) string {
	switch {
	case !r.standIn():
		return ""
	case kind == VerdictHealthy:
		return "; not seen from a load balancer"
	}
	return " (seen from " + r.lbs[0].Runner.Name + ", not from a load balancer)"
}

func (r *run) standIn() bool { return len(r.lbs) == 1 && r.lbs[0].StandIn }

// notChecked lists the checks of an endpoint that gave no facts, but for those
// that were not needed, and the load balancers that nobody looked from.
func (r *run) notChecked(s *scope) []NotChecked {
	var list []NotChecked
	if r.standIn() {
		list = append(list, NotChecked{"lb", "no runner is labelled role=lb; " + r.lbs[0].Runner.Name + " connected instead"})
	}
	for _, name := range r.fleet.lostLBs(r.lbs) {
		list = append(list, NotChecked{"lb", "runner " + name + " is lost"})
	}
	for _, c := range r.checks(s) {
		if why := c.whyNot(); why != "" {
			list = appendNotChecked(list, NotChecked{c.ID, why})
		}
	}
	return list
}

// whyNot says why a check that was wanted gave no facts. One whose condition is
// not known lacks the facts of another, which says why.
func (c Check) whyNot() string {
	switch {
	case c.State == CheckFailed:
		return orElse(c.Error, string(c.State))
	case c.State != CheckSkipped, strings.HasPrefix(c.Error, notNeeded), strings.HasPrefix(c.Error, conditionOpen):
		return ""
	}
	return orElse(c.Error, string(c.State))
}

func appendNotChecked(list []NotChecked, n NotChecked) []NotChecked {
	if slices.Contains(list, n) {
		return list
	}
	return append(list, n)
}

// CandidateGroup are the candidates that lack the same, so that it is said once.
type CandidateGroup struct {
	IDs      []string
	Missing  string   // what they lack, in clauses
	Commands []string // that would tell, each once
}

// CandidateGroups puts the candidates together that lack the same, in order.
func (v Verdict) CandidateGroups() []CandidateGroup {
	var groups []CandidateGroup
	for _, c := range v.Candidates {
		missing := strings.Join(c.Missing, "; ")
		i := slices.IndexFunc(groups, func(g CandidateGroup) bool { return g.Missing == missing })
		if i < 0 {
			i, groups = len(groups), append(groups, CandidateGroup{Missing: missing})
		}
		g := &groups[i]
		g.IDs = append(g.IDs, c.ID)
		for _, run := range c.Commands {
			if !slices.Contains(g.Commands, run) {
				g.Commands = append(g.Commands, run)
			}
		}
	}
	return groups
}
