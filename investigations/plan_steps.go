package investigations

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/plexorbot/plexor/investigations/expr"
	"go.yaml.in/yaml/v3"
)

// stepNodes are what is still to be compiled of a plan's steps.
type stepNodes struct {
	findings []*yaml.Node           // by step
	checks   map[string]*yaml.Node  // by check
	fields   map[string]checkFields // by check
}

type checkFields map[string]*yaml.Node

// steps decodes the steps and their checks, all but the expressions.
func (d *decoder) steps(p *Plan, root, n *yaml.Node) *stepNodes {
	nodes := &stepNodes{checks: map[string]*yaml.Node{}, fields: map[string]checkFields{}}
	if n == nil {
		d.fail(root, "", "the plan has no steps")
	}
	names := map[string]string{}
	for _, item := range d.items(n, "steps", maxSteps) {
		f := d.fields(item, "a step", "id", "title", "help", "checks", "findings")
		s := PlanStep{ID: d.id(f["id"], item, "step", dashed), Title: d.text(f["title"], "title"), Help: d.text(f["help"], "help")}
		d.taken(item, s.ID, names, "a step")
		for _, c := range d.items(f["checks"], "checks", maxChecks) {
			s.Checks = append(s.Checks, d.check(c, s.ID, nodes))
		}
		nodes.findings = append(nodes.findings, f["findings"])
		p.Steps = append(p.Steps, s)
	}
	return nodes
}

func (d *decoder) check(n *yaml.Node, step string, nodes *stepNodes) PlanCheck {
	f := d.fields(n, "a check", "id", "probe", "about", "on", "per", "if", "with", "paired", "after", "slow", "timeout")
	c := PlanCheck{ID: d.id(f["id"], n, "check", ident), Step: step, Probe: d.text(f["probe"], "probe"),
		About: d.text(f["about"], "about"), On: d.text(f["on"], "on")}
	if nodes.checks[c.ID] != nil {
		d.fail(n, "", "%s is already the name of a check", c.ID)
	}
	nodes.checks[c.ID], nodes.fields[c.ID] = n, f
	spec, ok := d.catalog[c.Probe]
	if !ok {
		d.unknownProbe(n, f["probe"], c.Probe)
	}
	c.Slow = spec.Slow
	if f["slow"] != nil {
		c.Slow = d.flag(f["slow"], "slow")
	}
	c.Watch, c.Timeout = spec.Watch, d.timeout(f["timeout"], spec.Timeout)
	c.PerTarget = f["per"] != nil && d.oneOf(f["per"], "per", "endpoint", "target") == "target"
	c.Paired, c.After = d.text(f["paired"], "paired"), d.words(f["after"], "after")
	if c.On == "" {
		d.fail(n, "on: lb, on: backend, on: local, or labels such as on: zone=eu-1", "check %s has no vantage", c.ID)
		d.unsure = true
	} else if c.Selector() && !selector.MatchString(c.On) {
		hint := "one of lb, backend, local, or labels such as zone=eu-1"
		if near := expr.Nearest(c.On, vantageNames); near != "" {
			hint = "did you mean " + near + "?"
		}
		d.fail(f["on"], hint, "%s is no vantage", shorten(c.On))
		d.unsure = true
	}
	return c
}

var selector = regexp.MustCompile(`^[\w./-]+=[\w.:/-]*(,[\w./-]+=[\w.:/-]*)*$`)

func (d *decoder) unknownProbe(n, at *yaml.Node, name string) {
	if at == nil {
		d.fail(n, "", "the check has no probe")
		d.unsure = true
		return
	}
	names := make([]string, 0, len(d.catalog))
	for p := range d.catalog {
		names = append(names, p)
	}
	slices.Sort(names)
	hint := "there are " + strings.Join(names, ", ")
	if near := expr.Nearest(name, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	d.fail(at, hint, "%s: no such probe", shorten(name))
	d.unsure = true
}

func (d *decoder) timeout(n *yaml.Node, usual time.Duration) time.Duration {
	if n == nil {
		return usual
	}
	t, err := time.ParseDuration(d.text(n, "timeout"))
	if err != nil || t <= 0 || t > 10*time.Minute {
		d.fail(n, "for example 8s; at most 10m", "%s is no timeout", shorten(n.Value))
		return usual
	}
	return t
}

// compileSteps compiles conditions, arguments and findings.
func (d *decoder) compileSteps(p *Plan, nodes *stepNodes) {
	for i := range p.Steps {
		s := &p.Steps[i]
		for k := range s.Checks {
			d.compileCheck(p, &s.Checks[k], nodes.fields[s.Checks[k].ID])
		}
		for _, item := range d.items(nodes.findings[i], "findings", maxCauses) {
			s.findings = append(s.findings, d.finding(item))
		}
	}
}

func (d *decoder) compileCheck(p *Plan, c *PlanCheck, f checkFields) {
	var names []string
	if f["if"] != nil {
		if c.cond = d.condition(f["if"], "if"); c.cond != nil {
			names = append(names, c.cond.Names()...)
		}
	}
	spec, ok := d.catalog[c.Probe]
	if !ok {
		return
	}
	for k, v := range d.pairs(f["with"], "with") {
		a := d.arg(k, v, spec.Args)
		c.args = append(c.args, a)
		names = append(names, a.value.names()...)
	}
	c.Needs = p.checksIn(names)
}

// checksIn gives the checks that names stand for, through conditions, sorted.
func (p *Plan) checksIn(names []string) []string {
	seen := map[string]bool{}
	var out []string
	var walk func([]string)
	walk = func(names []string) {
		for _, n := range names {
			if seen[n] {
				continue
			}
			seen[n] = true
			if _, ok := p.Check(n); ok {
				out = append(out, n)
			}
			walk(p.needs[n])
		}
	}
	walk(names)
	slices.Sort(out)
	return out
}

var statuses = []Status{Problem, OK, Skipped, Unknown}

func (d *decoder) finding(n *yaml.Node) planFinding {
	f := d.fields(n, "a finding", "problem", "ok", "skipped", "unknown", "say", "evidence")
	out := planFinding{say: d.template(f["say"], "say")}
	for _, s := range statuses {
		if at := f[string(s)]; at != nil {
			if out.status != "" {
				d.fail(at, "", "a finding is one of problem, ok, skipped, unknown")
			}
			out.status, out.when = s, d.condition(at, string(s))
		}
	}
	if out.status == "" {
		d.fail(n, "for example problem: connect.refused", "the finding has no condition")
	}
	if f["say"] == nil {
		d.fail(n, "", "the finding says nothing")
	}
	for _, e := range d.items(f["evidence"], "evidence", 32) {
		if t := d.template(e, "evidence"); t != nil {
			out.evidence = append(out.evidence, t)
		}
	}
	return out
}

// planArg is one argument of a check.
type planArg struct {
	name     string
	optional bool // written with ?: left out when it will not be known
	value    argValue
}

// argValue is an argument's value: a literal, a template, or a list of values.
type argValue struct {
	literal any
	tmpl    *expr.Template
	list    []argValue
}

func (v argValue) names() []string {
	if v.tmpl != nil {
		return v.tmpl.Names()
	}
	var out []string
	for _, e := range v.list {
		out = append(out, e.names()...)
	}
	return out
}

// arg decodes one argument, and judges it against the probe's own.
func (d *decoder) arg(k, v *yaml.Node, args reflect.Type) planArg {
	name, optional := strings.CutSuffix(k.Value, "?")
	known := map[string]reflect.Type{}
	var names []string
	for f := range args.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known[tag] = f.Type
		names = append(names, tag)
	}
	t, ok := known[name]
	if !ok {
		d.unknownKey(k, "the probe's arguments", names)
		return planArg{name: name}
	}
	return planArg{name, optional, d.argValue(v, t)}
}

func (d *decoder) argValue(n *yaml.Node, t reflect.Type) argValue {
	if n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice {
		v := argValue{list: []argValue{}}
		for _, e := range n.Content {
			v.list = append(v.list, d.argValue(e, t.Elem()))
		}
		return v
	}
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "{{") {
		tmpl := d.template(n, "argument")
		if tmpl != nil {
			if msg := d.env.Fits(tmpl, t); msg != "" {
				d.fail(n, "", "%s", msg)
			}
		}
		return argValue{tmpl: tmpl}
	}
	ptr := reflect.New(t)
	if err := n.Decode(ptr.Interface()); err != nil {
		d.fail(n, "", "%s where %s is wanted", shorten(n.Value), t)
	}
	if _, err := json.Marshal(ptr.Interface()); err != nil {
		d.fail(n, "", "%s is no value for the probe", shorten(n.Value))
	}
	return argValue{literal: ptr.Elem().Interface()}
}
