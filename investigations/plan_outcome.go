package investigations

import (
	"fmt"
	"slices"
	"strings"
)

// TestResult is what one test of a plan came to.
type TestResult struct {
	Name   string
	Causes []string // that the test expects to be proved
	OK     bool
	Got    string // in words, as Want is
	Want   string
}

// Test runs the plan's own tests: facts with the verdict that they must give.
func (p *Plan) Test() []TestResult {
	tests := p.tests()
	out := make([]TestResult, len(tests))
	for i, t := range tests {
		j := p.Judge(t.known)
		got, want := t.want.compare(j)
		out[i] = TestResult{Name: t.name, Causes: t.want.causes, OK: got == want, Got: got, Want: want}
	}
	return out
}

// compare spells the verdict as far as the test says what it must be, and what
// it must be.
func (w trial) compare(j *Judgement) (got, want string) {
	kind, causes, open := j.outcome()
	var g, e strings.Builder
	fmt.Fprintf(&g, "%s %v", kind, causes)
	fmt.Fprintf(&e, "%s %v", w.kind, append([]string{}, w.causes...))
	if w.candidates != nil {
		fmt.Fprintf(&g, ", candidates %v", sorted(open))
		fmt.Fprintf(&e, ", candidates %v", sorted(w.candidates))
	}
	w.compareTexts(j, causes, &g, &e)
	for _, s := range j.plan.Steps {
		if status, ok := w.steps[s.ID]; ok {
			f, _ := j.Finding(s.ID)
			fmt.Fprintf(&g, ", step %s %s", s.ID, f.Status)
			fmt.Fprintf(&e, ", step %s %s", s.ID, status)
		}
	}
	return g.String(), e.String()
}

func (w trial) compareTexts(j *Judgement, causes []string, g, e *strings.Builder) {
	var hosts, heads, runs []string
	for _, id := range causes {
		c := j.Cause(id)
		hosts, heads = append(hosts, c.On), append(heads, c.Headline)
		for _, r := range c.Remedies {
			runs = append(runs, r.Run)
		}
	}
	if w.on != "" {
		fmt.Fprintf(g, ", on %s", strings.Join(hosts, ", "))
		fmt.Fprintf(e, ", on %s", w.on)
	}
	contain := func(what, part string, in []string) {
		fmt.Fprintf(e, ", %s with %q", what, part)
		if all := strings.Join(in, "\n"); !strings.Contains(all, part) {
			fmt.Fprintf(g, ", %s %q", what, in)
		} else {
			fmt.Fprintf(g, ", %s with %q", what, part)
		}
	}
	if w.headline != "" {
		contain("headline", w.headline, heads)
	}
	for _, r := range w.runs {
		contain("command", r, runs)
	}
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// outcome is the verdict on one endpoint in ids: the causes that stand, or the
// open ones.
func (j *Judgement) outcome() (kind VerdictKind, causes, open []string) {
	judged := j.Causes()
	causes = append([]string{}, standing(judged)...)
	for _, c := range judged {
		if c.Truth == Open {
			open = append(open, c.ID)
		}
	}
	healthy, _ := j.Healthy()
	switch {
	case len(causes) > 0:
		return VerdictCause, causes, nil
	case healthy == True:
		return VerdictHealthy, causes, nil
	}
	return VerdictInconclusive, causes, open
}
