package investigations

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/plexorbot/plexor/investigations/expr"
)

// Vantage is a place where checks run, as expressions see it. The zero value
// says that nobody is there.
type Vantage struct {
	Runner  Runner
	Known   bool // a runner is there, or was
	Lost    bool // it was there and does not answer any more
	StandIn bool // for lb: the local runner connects because no runner is a load balancer's
	Local   bool // the bot's own runner
}

// Known is what the expressions of one endpoint may see.
type Known struct {
	Target   Target
	Inputs   map[string]string
	Endpoint string             // host:port; "" before resolution
	Vantages map[string]Vantage // lb, backend, local
	Ports    []int64            // source ports chosen for this endpoint's paired checks
	Checks   []Check            // every check so far, in whatever state
}

// Missing is a fact that an expression lacks.
type Missing struct {
	Check string // id of the check; empty for what is not a check's
	Fact  string // path of the field, for example icmp.from; empty for all of the check
	Why   string // a clause that a person reads
	Final bool   // it will not come any more
}

// Truth is the value of a condition: three-valued, because facts may be absent.
type Truth int

// The values of a condition. Open is "not known": Missing says what is lacking.
const (
	Open Truth = iota
	False
	True
)

// String gives true, false or open.
func (t Truth) String() string { return [...]string{"open", "false", "true"}[t] }

// Judged is where a cause stands.
type Judged struct {
	ID       string
	Truth    Truth
	Missing  []Missing
	Explains []string
}

// Judgement is a plan applied to what is known at one moment. It is for one
// goroutine.
type Judgement struct {
	plan   *Plan
	known  Known
	values *expr.Values
	checks map[string][]*Check
	errs   map[string]string // facts that could not be read, by check
	facts  map[string]any    // a pointer to the fact struct, or a slice
}

// Judge applies the plan to what is known. It is cheap and pure: make a new one
// whenever a check ends.
func (p *Plan) Judge(k Known) *Judgement {
	j := &Judgement{plan: p, known: k, checks: map[string][]*Check{}, errs: map[string]string{}, facts: map[string]any{}}
	for i := range k.Checks {
		c := &k.Checks[i]
		j.checks[c.ID] = append(j.checks[c.ID], c)
	}
	vars := map[string]any{"target": varOfTarget(k.Target), "ports": k.Ports}
	if e := varOfEndpoint(k.Endpoint); e != nil {
		vars["endpoint"] = e
	}
	j.inputs(vars)
	for _, name := range vantageNames {
		vars[name] = varOfVantage(k.Vantages[name])
	}
	for _, s := range p.Steps {
		for _, c := range s.Checks {
			if f := j.decode(c); f != nil {
				vars[c.ID], j.facts[c.ID] = f, f
			}
		}
	}
	j.values = p.env.NewValues(vars)
	return j
}

func (j *Judgement) inputs(vars map[string]any) {
	given := reflect.New(givenType(j.plan.Inputs))
	for i, in := range j.plan.Inputs {
		text, ok := j.known.Inputs[in.Name]
		ok = ok && text != "" || in.Type == "target"
		given.Elem().Field(i).Set(reflect.ValueOf(&ok))
		if !ok {
			text, ok = in.Default, in.Default != ""
		}
		if ok && inputTypes[in.Type] != nil {
			vars[in.Name] = inputValue(in.Type, text)
		}
	}
	vars["given"] = given.Interface()
}

// decode gives a check's facts: nil while they may still come, and none of them
// set where the check ended without any. What a runner sent is not trusted to
// fit the type.
func (j *Judgement) decode(c PlanCheck) any {
	facts := j.plan.catalog[c.Probe].Facts
	runs := j.checks[c.ID]
	if c.Selector() {
		return j.decodeAll(c, listed(facts))
	}
	v := reflect.New(facts)
	for _, run := range runs {
		if run.State != CheckDone {
			continue
		}
		if err := json.Unmarshal(run.Facts, v.Interface()); err != nil {
			j.errs[c.ID] = "its facts could not be read"
			return reflect.New(facts).Interface()
		}
		return v.Interface()
	}
	if len(runs) == 0 || slices.ContainsFunc(runs, func(run *Check) bool { return !run.ended() }) {
		return nil
	}
	return v.Interface()
}

// decodeAll gives the facts of a check on several runners, once all have ended.
func (j *Judgement) decodeAll(c PlanCheck, list reflect.Type) any {
	runs := j.checks[c.ID]
	if len(runs) == 0 {
		return nil
	}
	out := reflect.MakeSlice(list, 0, len(runs))
	for _, run := range runs {
		if !run.ended() {
			return nil
		}
		v := reflect.New(list.Elem())
		if run.State == CheckDone && json.Unmarshal(run.Facts, v.Interface()) != nil {
			v = reflect.New(list.Elem())
		}
		v.Elem().FieldByName("On").Set(reflect.ValueOf(&run.On))
		out = reflect.Append(out, v.Elem())
	}
	return out.Interface()
}

func (c *Check) ended() bool {
	return c.State == CheckDone || c.State == CheckFailed || c.State == CheckSkipped
}

// judge evaluates a condition; nil is always true.
func (j *Judgement) judge(x *expr.Expr) (Truth, []Missing) {
	if x == nil {
		return True, nil
	}
	r := x.Eval(j.values)
	switch {
	case !r.Known:
		return Open, j.missing(r.Missing)
	case r.True():
		return True, nil
	}
	return False, nil
}

// missing says of each fact that is lacking why, and whether it may still come.
func (j *Judgement) missing(list []expr.Missing) []Missing {
	out := make([]Missing, len(list))
	for i, m := range list {
		out[i] = j.lacking(m)
	}
	return out
}

func (j *Judgement) lacking(m expr.Missing) Missing {
	name, fact := m.Path, ""
	if i := strings.IndexAny(m.Path, ".["); i > 0 {
		name, fact = m.Path[:i], strings.TrimPrefix(m.Path[i:], ".")
	}
	if _, ok := j.plan.Check(name); ok {
		return j.lackingFact(name, fact, m.Why)
	}
	out := Missing{Fact: m.Path, Why: m.Why, Final: true}
	switch {
	case m.Why != "":
	case name == "endpoint", name == "ports":
		out.Why, out.Final = "nothing was resolved", j.over()
	case name == "lb" || name == "backend" || name == "local":
		out.Why = "no runner at " + name
	default:
		out.Why = name + " was not given"
	}
	return out
}

func (j *Judgement) lackingFact(check, fact, why string) Missing {
	out := Missing{Check: check, Fact: fact, Why: why, Final: true}
	runs := j.checks[check]
	if len(runs) == 0 {
		return Missing{Check: check, Fact: fact, Why: "nobody looked yet"}
	}
	last := runs[len(runs)-1]
	for _, run := range runs {
		if !run.ended() {
			last = run
		}
	}
	switch {
	case !last.ended():
		return Missing{Check: check, Fact: fact, Why: "the answer has not come yet"}
	case out.Why != "":
	case j.errs[check] != "":
		out.Fact, out.Why = "", j.errs[check]
	case last.State != CheckDone:
		out.Fact, out.Why = "", orElse(last.Error, "it gave no facts")
	case j.notPermitted(check) != "":
		out.Why = j.notPermitted(check)
	case j.undecided(check) != "":
		out.Why = j.undecided(check)
	default:
		out.Why = notEstablished
	}
	return out
}

// notEstablished is why a fact is lacking of which nothing more is known.
const notEstablished = "not established"

// undecided gives why a probe decided nothing, if it says so: its facts Decided
// and Why.
func (j *Judgement) undecided(check string) string {
	v := reflect.Indirect(reflect.ValueOf(j.facts[check]))
	if v.Kind() != reflect.Struct {
		return ""
	}
	decided, why := v.FieldByName("Decided"), v.FieldByName("Why")
	if !decided.IsValid() || !why.IsValid() {
		return ""
	}
	if d, ok := decided.Interface().(*bool); !ok || d == nil || *d {
		return ""
	}
	list, _ := why.Interface().([]string)
	return strings.Join(list, "; ")
}

// notPermitted gives what a probe says it lacked, if it does.
func (j *Judgement) notPermitted(check string) string {
	v := reflect.Indirect(reflect.ValueOf(j.facts[check]))
	if v.Kind() != reflect.Struct {
		return ""
	}
	if f := v.FieldByName("NotPermitted"); f.IsValid() {
		if s, ok := f.Interface().(*string); ok && s != nil {
			return *s
		}
	}
	return ""
}

// final reports whether none of it will come any more.
func final(list []Missing) bool {
	for _, m := range list {
		if !m.Final {
			return false
		}
	}
	return true
}

// over reports whether every check has ended.
func (j *Judgement) over() bool {
	return len(j.known.Checks) > 0 && !slices.ContainsFunc(j.known.Checks, func(c Check) bool { return !c.ended() })
}
