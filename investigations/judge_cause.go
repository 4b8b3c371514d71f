package investigations

import (
	"slices"
	"strings"

	"github.com/plexorbot/plexor/investigations/expr"
)

// Healthy judges the plan's healthy condition.
func (j *Judgement) Healthy() (Truth, []Missing) { return j.judge(j.plan.healthy) }

// Causes judges every cause, in plan order.
func (j *Judgement) Causes() []Judged {
	out := make([]Judged, len(j.plan.Causes))
	for i, c := range j.plan.Causes {
		truth, missing := j.judge(c.when)
		out[i] = Judged{ID: c.ID, Truth: truth, Missing: missing, Explains: c.Explains}
	}
	return out
}

// Cause renders a proved cause: headline, host, the facts that prove it, and
// remedies. A remedy is left out where its condition is not true or a value in
// its command is not known.
func (j *Judgement) Cause(id string) Cause {
	c := j.plan.cause(id)
	if c == nil {
		return Cause{ID: id}
	}
	out := Cause{ID: id, Headline: c.say.Text(j.values), On: j.host(c.on, c.onHost), Endpoint: j.known.Endpoint,
		Proof: j.proof(c.when), Remedies: []Remedy{}}
	for _, r := range c.remedies {
		if remedy, ok := j.remedy(r, out.On); ok {
			out.Remedies = append(out.Remedies, remedy)
		}
	}
	return out
}

// Lacking tells what the remedies of a proved cause lack.
func (j *Judgement) Lacking(id string) []Missing {
	c := j.plan.cause(id)
	if c == nil {
		return nil
	}
	var all []Missing
	for _, r := range c.remedies {
		truth, missing := j.judge(r.cond)
		if truth == True && r.run != nil {
			missing = j.missing(r.run.Eval(j.values).Missing)
		}
		all = append(all, missing...)
	}
	return all
}

// Candidate renders an open cause, with what it lacks and what a person can run
// to learn it.
func (j *Judgement) Candidate(id string) Candidate {
	c := j.plan.cause(id)
	if c == nil {
		return Candidate{ID: id}
	}
	_, missing := j.judge(c.when)
	out := Candidate{ID: id, Headline: c.Title, Missing: j.plan.reasons(missing)}
	for _, t := range c.commands {
		if r := t.Eval(j.values); r.Known {
			out.Commands = append(out.Commands, expr.Text(r.Value))
		}
	}
	return out
}

func (p *Plan) cause(id string) *PlanCause {
	i := slices.IndexFunc(p.Causes, func(c PlanCause) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &p.Causes[i]
}

// host names whose host is meant: the runner at a vantage, or else the address
// of the endpoint for the backend and the vantage's own name for the others.
func (j *Judgement) host(vantage string, words *expr.Template) string {
	if words != nil {
		return words.Text(j.values)
	}
	if vantage == "" {
		vantage = "backend"
	}
	if v := j.known.Vantages[vantage]; v.Known {
		return v.Runner.Name
	}
	if e := varOfEndpoint(j.known.Endpoint); e != nil && vantage == "backend" {
		return *e.IP
	}
	return vantage
}

func (j *Judgement) remedy(r planRemedy, on string) (Remedy, bool) {
	if truth, _ := j.judge(r.cond); truth != True {
		return Remedy{}, false
	}
	out := Remedy{Kind: r.kind, On: on, Risk: r.risk, Explain: r.explain.Text(j.values)}
	if r.on != "" || r.onHost != nil {
		out.On = j.host(r.on, r.onHost)
	}
	var known bool
	if out.Run, known = j.command(r.run); !known {
		return Remedy{}, false
	}
	out.Verify, _ = j.command(r.verify)
	return out, true
}

// command gives a command line, and whether all values in it are known.
func (j *Judgement) command(t *expr.Template) (string, bool) {
	if t == nil {
		return "", true
	}
	r := t.Eval(j.values)
	if !r.Known {
		return "", false
	}
	return expr.Text(r.Value), true
}

// proof lists the facts of checks and vantages that a condition rested on.
func (j *Judgement) proof(x *expr.Expr) []Proof {
	out := []Proof{}
	for _, f := range x.Proof(j.values) {
		name, fact := f.Path, ""
		if i := strings.IndexAny(f.Path, ".["); i > 0 {
			name, fact = f.Path[:i], strings.TrimPrefix(f.Path[i:], ".")
		}
		_, check := j.plan.Check(name)
		if check || slices.Contains(vantageNames, name) {
			out = append(out, Proof{Check: name, Fact: fact, Value: f.Value})
		}
	}
	return out
}
