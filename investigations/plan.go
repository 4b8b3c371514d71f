package investigations

import (
	"time"

	"github.com/plexorbot/plexor/investigations/expr"
)

// Plan is an ordered list of steps and the causes that their facts can prove,
// loaded from one YAML file. It is never changed after LoadPlan and safe for
// concurrent use.
type Plan struct {
	Name   string
	Title  string
	Help   string
	File   string // where it was loaded from, for people
	Inputs []Input
	Steps  []PlanStep
	Causes []PlanCause

	env       *expr.Env
	catalog   Catalog
	defines   []define
	needs     map[string][]string // the names that each of them mentions
	endpoints *expr.Expr          // nil: the target is its own endpoint
	healthy   *expr.Expr
	tests     func() []planTest
}

// define is a named condition.
type define struct {
	name string
	cond *expr.Expr
}

// Input is what a person may say beside the target.
type Input struct {
	Name     string
	Type     string // target, string, int or bool
	Optional bool
	Help     string
	Default  string
}

// PlanStep is a heading of the plan, made of checks.
type PlanStep struct {
	ID     string
	Title  string
	Help   string
	Checks []PlanCheck

	findings []planFinding
}

// planFinding is what a step comes to if its condition is the first true one.
type planFinding struct {
	status   Status
	when     *expr.Expr
	say      *expr.Template
	evidence []*expr.Template
}

// PlanCheck is one use of a probe.
type PlanCheck struct {
	ID        string
	Step      string
	Probe     string
	About     string        // what its facts are about, in words: "the rule of the backend's firewall"
	On        string        // lb, backend, local, or a label selector such as zone=eu-1
	PerTarget bool          // carried out once for the target, not for each endpoint
	Paired    string        // for a watch: the id of the check that it watches
	After     []string      // ids of checks that end before this one starts
	Slow      bool          // started only while an open cause needs its facts
	Watch     bool          // armed before its paired check starts, ended after it
	Timeout   time.Duration // the probe's own unless the plan says otherwise
	Needs     []string      // ids of checks that its arguments and its condition mention

	cond *expr.Expr // nil: always
	args []planArg
}

// Selector reports whether the check runs on every runner that a label selector
// names: then its facts are a list.
func (c PlanCheck) Selector() bool { return c.On != "lb" && c.On != "backend" && c.On != "local" }

// PlanCause is a root cause as the plan has it.
type PlanCause struct {
	ID       string
	Title    string   // what it is in a few words, for where it is not proved
	Explains []string // causes that are not shown beside this one
	Needs    []string // ids of checks that its condition mentions, directly or through define

	when     *expr.Expr
	on       string         // a vantage; or
	onHost   *expr.Template // the host's name in words
	say      *expr.Template
	remedies []planRemedy
	commands []*expr.Template
}

// planRemedy is a remedy with what is still to be filled in.
type planRemedy struct {
	kind, risk string
	on         string
	onHost     *expr.Template
	cond       *expr.Expr // nil: always
	run        *expr.Template
	explain    *expr.Template
	verify     *expr.Template
}

// Check gives a check of the plan by its id.
func (p *Plan) Check(id string) (PlanCheck, bool) {
	for _, s := range p.Steps {
		for _, c := range s.Checks {
			if c.ID == id {
				return c, true
			}
		}
	}
	return PlanCheck{}, false
}
