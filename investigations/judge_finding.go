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
	if why := j.plan.reasons(lacks); len(why) > 0 {
		out.Headline = strings.Join(why, "; ")
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
				why, _ = rootOf(run.Error)
			}
			all = true
		}
	}
	return why, all
}

// reasons says what is lacking, in clauses: each reason once, with what it
// keeps from being known.
func (p *Plan) reasons(list []Missing) []string {
	var order []string
	by := map[string][]string{}
	for _, m := range list {
		why, subject := p.lack(m)
		if !slices.Contains(order, why) {
			order = append(order, why)
		}
		if subject != "" && !slices.Contains(by[why], subject) {
			by[why] = append(by[why], subject)
		}
	}
	var out []string
	for _, why := range order {
		if text := clause(by[why], why); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// lack gives why a fact is not known, and what it is about, in words; no
// subject where the reason says it all.
func (p *Plan) lack(m Missing) (why, subject string) {
	c, ok := p.Check(m.Check)
	if !ok {
		return m.Why, ""
	}
	if root, left := rootOf(m.Why); left {
		return root, ""
	}
	if strings.HasPrefix(m.Why, "no runner") {
		return m.Why, ""
	}
	subject = orElse(c.About, m.Check)
	if m.Why == notEstablished && m.Fact != "" {
		subject += " (" + m.Fact + ")"
	}
	return m.Why, subject
}

// clause joins subjects and the reason why they are not known.
func clause(subjects []string, why string) string {
	n := len(subjects)
	if n == 0 {
		return why
	}
	what, verb := subjects[n-1], " is not known"
	if n > 1 {
		what, verb = strings.Join(subjects[:n-1], ", ")+" and "+what, " are not known"
	}
	if why == notEstablished {
		return what + verb
	}
	return what + verb + ": " + why
}

// rootOf gives what made a check be left out, if the facts of another did.
func rootOf(why string) (root string, ok bool) {
	for _, prefix := range []string{becauseOf, conditionOpen} {
		if root, ok := strings.CutPrefix(why, prefix); ok {
			return root, true
		}
	}
	return why, false
}
