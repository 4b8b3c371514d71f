package investigations

import "time"

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
}

// PlanCheck is one use of a probe.
type PlanCheck struct {
	ID        string
	Step      string
	Probe     string
	On        string        // lb, backend, local, or a label selector such as zone=eu-1
	PerTarget bool          // carried out once for the target, not for each endpoint
	Paired    string        // for a watch: the id of the check that it watches
	After     []string      // ids of checks that end before this one starts
	Slow      bool          // started only while an open cause needs its facts
	Watch     bool          // armed before its paired check starts, ended after it
	Timeout   time.Duration // the probe's own unless the plan says otherwise
	Needs     []string      // ids of checks that its arguments and its condition mention
}

// Selector reports whether the check runs on every runner that a label selector
// names: then its facts are a list.
func (c PlanCheck) Selector() bool { return c.On != "lb" && c.On != "backend" && c.On != "local" }

// PlanCause is a root cause as the plan has it.
type PlanCause struct {
	ID       string
	Explains []string // causes that are not shown beside this one
	Needs    []string // ids of checks that its condition mentions, directly or through define
}

// LoadPlan decodes and compiles a plan against the probes of c. The error is
// PlanErrors, with every mistake that was found.
func LoadPlan(file string, src []byte, c Catalog) (*Plan, error) {
	return nil, PlanErrors{{File: file, Message: "not implemented"}}
}

// Explain says in plain words what the plan does.
func (p *Plan) Explain() string { return "" }

// Test runs the plan's own tests: facts with the verdict that they must give.
func (p *Plan) Test() []TestResult { return nil }

// TestResult is what one test of a plan came to.
type TestResult struct {
	Name   string
	Causes []string // that the test expects to be proved
	OK     bool
	Got    string // the verdict in words
	Want   string
}
