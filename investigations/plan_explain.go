package investigations

import (
	"fmt"
	"strings"

	"github.com/plexorbot/plexor/investigations/expr"
)

// Explain says in plain words what the plan does: what it asks for, what it
// looks at and where, and what each cause needs to be proved.
func (p *Plan) Explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", p.Name, p.Title)
	if p.Help != "" {
		fmt.Fprintf(&b, "%s\n", strings.TrimSpace(p.Help))
	}
	for _, in := range p.Inputs {
		fmt.Fprintf(&b, "\nInput %s (%s%s): %s", in.Name, in.Type, map[bool]string{true: ", optional"}[in.Optional], in.Help)
	}
	b.WriteString("\n")
	for i, s := range p.Steps {
		fmt.Fprintf(&b, "\nStep %d: %s (%s)\n", i+1, s.Title, s.ID)
		if s.Help != "" {
			fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(s.Help))
		}
		for _, c := range s.Checks {
			fmt.Fprintf(&b, "  - %s\n", p.explainCheck(c))
		}
	}
	for _, d := range p.defines {
		fmt.Fprintf(&b, "\nCondition %s is\n  %s\n", d.name, oneLine(d.cond))
	}
	fmt.Fprintf(&b, "\nThe endpoint is healthy if\n  %s\n", oneLine(p.healthy))
	for _, c := range p.Causes {
		b.WriteString(p.explainCause(c))
	}
	fmt.Fprintf(&b, "\n%d steps, %d causes, %d tests\n", len(p.Steps), len(p.Causes), len(p.tests()))
	return b.String()
}

func (p *Plan) explainCheck(c PlanCheck) string {
	s := fmt.Sprintf("%s: %s on %s", c.ID, c.Probe, c.On)
	if c.About != "" {
		s += ": " + c.About
	}
	if help := p.catalog[c.Probe].Help; help != "" {
		s += " (" + strings.TrimSuffix(help, ".") + ")"
	}
	if c.PerTarget {
		s += ", once for the target"
	}
	if c.Paired != "" {
		s += ", while " + c.Paired + " runs"
	}
	if c.Slow {
		s += ", only while a cause needs it"
	}
	if len(c.After) > 0 {
		s += ", after " + strings.Join(c.After, " and ")
	}
	if c.cond != nil {
		s += ", if " + oneLine(c.cond)
	}
	return s
}

func (p *Plan) explainCause(c PlanCause) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nCause %s", c.ID)
	if c.Title != "" {
		fmt.Fprintf(&b, " (%s)", c.Title)
	}
	fmt.Fprintf(&b, " is proved if\n  %s\n", oneLine(c.when))
	if needs := p.explainNeeds(c.Needs); needs != "" {
		fmt.Fprintf(&b, "  It needs %s.\n", needs)
	}
	if len(c.Explains) > 0 {
		fmt.Fprintf(&b, "  It explains %s.\n", strings.Join(c.Explains, ", "))
	}
	for _, r := range c.remedies {
		fmt.Fprintf(&b, "  %s: %s", r.kind, r.explain.Source)
		if r.run != nil {
			fmt.Fprintf(&b, ": %s", r.run.Source)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// explainNeeds lists checks by the vantage that they need.
func (p *Plan) explainNeeds(ids []string) string {
	var order []string
	by := map[string][]string{}
	for _, id := range ids {
		c, _ := p.Check(id)
		if by[c.On] == nil {
			order = append(order, c.On)
		}
		by[c.On] = append(by[c.On], id)
	}
	words := make([]string, len(order))
	for i, on := range order {
		words[i] = strings.Join(by[on], ", ") + " on " + on
	}
	return strings.Join(words, "; ")
}

func oneLine(x *expr.Expr) string { return strings.Join(strings.Fields(x.Source), " ") }
