package investigations

import (
	"slices"
	"strings"

	"github.com/plexorbot/plexor/investigations/expr"
)

// Finding gives the step's finding: the first true one of the plan's. settled
// reports that no check that is still to come could change it. The step has no
// checks in it.
func (j *Judgement) Finding(step string) (finding Step, settled bool) {
	i := slices.IndexFunc(j.plan.Steps, func(s PlanStep) bool { return s.ID == step })
	if i < 0 {
		return Step{ID: step, Status: Unknown}, true
	}
	s := &j.plan.Steps[i]
	var lacks []Missing
	for _, f := range s.findings {
		truth, missing := j.judge(f.when)
		switch truth {
		case True:
			out, late := j.renderFinding(s, f)
			return out, final(lacks) && final(late)
		case Open:
			lacks = append(lacks, missing...)
		}
	}
	return j.noFinding(s, lacks), final(lacks) && j.allEnded(s)
}

func (j *Judgement) allEnded(s *PlanStep) bool {
	for _, c := range s.Checks {
		runs := j.checks[c.ID]
		if len(runs) == 0 || slices.ContainsFunc(runs, func(run *Check) bool { return !run.ended() }) {
			return false
		}
	}
	return true
}

func (j *Judgement) renderFinding(s *PlanStep, f planFinding) (Step, []Missing) {
	out := Step{ID: s.ID, Title: s.Title, Status: f.status, Headline: f.say.Text(j.values)}
	late := j.missing(f.say.Eval(j.values).Missing)
	for _, e := range f.evidence {
		lines, lacks := j.evidence(e)
		out.Evidence, late = append(out.Evidence, lines...), append(late, lacks...)
	}
	return out, late
}

// evidence gives the lines of one entry: a list is a line each; what is not
// known is left out.
func (j *Judgement) evidence(t *expr.Template) ([]string, []Missing) {
	r := t.Eval(j.values)
	if !r.Known {
		return nil, j.missing(r.Missing)
	}
	list, ok := r.Value.([]any)
	if !ok {
		list = []any{r.Value}
	}
	var lines []string
	for _, v := range list {
		if s := expr.Text(v); s != "" {
			lines = append(lines, s)
		}
	}
	return lines, nil
}

// noFinding is a step of which nothing is true: skipped, if all of its checks
// were, or unknown, with what is lacking.
func (j *Judgement) noFinding(s *PlanStep, lacks []Missing) Step {
	out := Step{ID: s.ID, Title: s.Title, Status: Unknown, Headline: "nothing was established"}
	if why, all := j.allSkipped(s); all {
		out.Status, out.Headline = Skipped, why
		return out
	}
	if why := reasons(lacks); len(why) > 0 {
		out.Headline = "not known: " + strings.Join(why, "; ")
	}
	return out
}

func (j *Judgement) allSkipped(s *PlanStep) (why string, all bool) {
	why = "not needed"
	for _, c := range s.Checks {
		for _, run := range j.checks[c.ID] {
			if run.State != CheckSkipped {
				return "", false
			}
			if run.Error != "" {
				why = run.Error
			}
			all = true
		}
	}
	return why, all
}

// reasons says what is lacking, in clauses: the same reason once, with the
// facts that it holds for.
func reasons(list []Missing) []string {
	var order []string
	by := map[string][]string{}
	for _, m := range list {
		if !slices.Contains(order, m.Why) {
			order = append(order, m.Why)
		}
		name := strings.Trim(m.Check+"."+m.Fact, ".")
		if m.Check != "" && !slices.Contains(by[m.Why], name) {
			by[m.Why] = append(by[m.Why], name)
		}
	}
	for i, why := range order {
		if names := by[why]; len(names) > 0 {
			order[i] = strings.Join(names, ", ") + ": " + why
		}
	}
	return order
}
