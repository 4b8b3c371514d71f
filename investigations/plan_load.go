package investigations

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
	"sync"

	"github.com/plexorbot/plexor/investigations/expr"
	"go.yaml.in/yaml/v3"
)

// LoadPlan decodes and compiles a plan against the probes of c. The error is
// PlanErrors, with every mistake that was found, at most 100.
func LoadPlan(file string, src []byte, c Catalog) (*Plan, error) {
	return load(&decoder{file: file, catalog: c}, src)
}

// LoadTested loads a plan that LoadPlan is known to take, faster: expressions
// are compiled when they are first used, and tests at the end of the file are
// read when they are run.
func LoadTested(file string, src []byte, c Catalog) (*Plan, error) {
	body, _, ok := bytes.Cut(src, []byte("\ntests:\n"))
	p, err := load(&decoder{file: file, catalog: c, lazy: true}, body)
	if err == nil && ok {
		p.tests = sync.OnceValue(func() []planTest {
			all, err := LoadPlan(file, src, c)
			if err != nil {
				return nil
			}
			return all.tests()
		})
	}
	return p, err
}

func load(d *decoder, src []byte) (*Plan, error) {
	p := d.plan(d.parse(src))
	if len(d.errs) == 0 {
		return p, nil
	}
	slices.SortStableFunc(d.errs, func(a, b PlanError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	errs := slices.Compact(d.errs)
	return nil, errs[:min(len(errs), maxErrors)]
}

// plan decodes the file: first all that has a name, then the expressions, which
// may mention any of the names.
func (d *decoder) plan(root *yaml.Node) *Plan {
	if root == nil {
		return nil
	}
	top := d.fields(root, "a plan", "plan", "title", "help", "inputs", "define", "endpoints", "steps", "healthy", "causes", "tests")
	p := &Plan{File: d.file, catalog: d.catalog, Title: d.text(top["title"], "title"), Help: d.text(top["help"], "help")}
	p.Name = d.id(top["plan"], root, "plan", dashed)
	p.Inputs = d.inputs(top["inputs"])
	nodes := d.steps(p, root, top["steps"])
	if d.unsure || !d.environment(p, top["define"]) {
		return p
	}
	d.defines(p, top["define"])
	d.endpoints(p, top["endpoints"])
	d.compileSteps(p, nodes)
	if top["healthy"] == nil {
		d.fail(root, "healthy: connect.connected", "the plan does not say what is healthy")
	} else {
		p.healthy = d.condition(top["healthy"], "healthy")
	}
	d.causes(p, top["causes"])
	d.order(p, nodes)
	if d.lazy && len(d.errs) == 0 {
		expr.CompileAll(p.conditions())
	}
	tests := d.tests(p, top["tests"])
	p.tests = func() []planTest { return tests }
	return p
}

// conditions are those that every investigation asks.
func (p *Plan) conditions() []*expr.Expr {
	all := []*expr.Expr{p.healthy}
	for _, def := range p.defines {
		all = append(all, def.cond)
	}
	for _, c := range p.Causes {
		all = append(all, c.when)
	}
	for _, s := range p.Steps {
		for _, c := range s.Checks {
			all = append(all, c.cond)
		}
		for _, f := range s.findings {
			all = append(all, f.when)
		}
	}
	return slices.DeleteFunc(all, func(x *expr.Expr) bool { return x == nil })
}

func (d *decoder) inputs(n *yaml.Node) []Input {
	var out []Input
	for k, v := range d.pairs(n, "inputs") {
		f := d.fields(v, "an input", "type", "optional", "help", "default")
		in := Input{Name: d.id(k, k, "input", ident), Help: d.text(f["help"], "help"), Default: d.text(f["default"], "default"),
			Optional: d.flag(f["optional"], "optional"), Type: d.oneOf(f["type"], "type", "string", "target", "int", "bool")}
		if f["default"] != nil && inputValue(in.Type, in.Default) == nil {
			d.fail(f["default"], "", "%s is no %s", shorten(in.Default), in.Type)
		}
		out = append(out, in)
	}
	return out
}

// environment makes the variables of the plan's expressions.
func (d *decoder) environment(p *Plan, define *yaml.Node) bool {
	vars := map[string]reflect.Type{
		"target": reflect.TypeFor[targetVar](), "endpoint": reflect.TypeFor[endpointVar](),
		"ports": reflect.TypeFor[[]int64](), "given": givenType(p.Inputs),
	}
	for _, v := range vantageNames {
		vars[v] = reflect.TypeFor[vantageVar]()
	}
	for _, in := range p.Inputs {
		if t := inputTypes[in.Type]; t != nil && vars[in.Name] == nil {
			vars[in.Name] = t // an input lb or backend only names a vantage's runner
		}
	}
	for _, s := range p.Steps {
		for _, c := range s.Checks {
			if spec, ok := d.catalog[c.Probe]; ok {
				vars[c.ID] = spec.Facts
				if c.Selector() {
					vars[c.ID] = listed(spec.Facts)
				}
			}
		}
	}
	var names []string
	for k := range d.pairs(define, "define") {
		names = append(names, d.id(k, k, "condition", ident))
	}
	if len(d.errs) > 0 && len(vars) == 0 {
		return false
	}
	var err error
	if d.env, err = expr.NewEnv(vars, names); err != nil {
		d.errs = append(d.errs, PlanError{File: d.file, Message: err.Error()})
		return false
	}
	p.env, d.env.Lazy = d.env, d.lazy
	return true
}

// taken reports a name that already stands for something else.
func (d *decoder) taken(n *yaml.Node, name string, names map[string]string, what string) {
	if other, ok := names[name]; ok {
		d.fail(n, "", "%s is already the name of %s", name, other)
		return
	}
	names[name] = what
}

func (d *decoder) defines(p *Plan, n *yaml.Node) {
	names := map[string]string{}
	for _, s := range append([]string{"target", "endpoint", "ports", "given"}, vantageNames...) {
		names[s] = "a variable of every plan"
	}
	for _, in := range p.Inputs {
		names[in.Name] = "an input"
	}
	for _, s := range p.Steps {
		for _, c := range s.Checks {
			names[c.ID] = "a check"
		}
	}
	for k, v := range d.pairs(n, "define") {
		d.taken(k, k.Value, names, "a condition")
		if x := d.condition(v, k.Value); x != nil {
			p.defines = append(p.defines, define{k.Value, x})
			p.env.Define(k.Value, x)
		}
	}
	p.needs = p.defineNeeds()
	for _, cycle := range cycles(p.needs) {
		d.fail(n, "", "these conditions need each other: %s", cycle)
	}
}

// defineNeeds gives the names that each condition mentions itself.
func (p *Plan) defineNeeds() map[string][]string {
	needs := map[string][]string{}
	for _, def := range p.defines {
		needs[def.name] = def.cond.Names()
	}
	return needs
}

func (d *decoder) endpoints(p *Plan, n *yaml.Node) {
	if n == nil {
		return
	}
	p.endpoints = d.compile(n, "endpoints", expr.Strings)
}

// condition compiles an expression that is true or false.
func (d *decoder) condition(n *yaml.Node, what string) *expr.Expr {
	return d.compile(n, what, expr.Condition)
}

func (d *decoder) compile(n *yaml.Node, what string, kind expr.Kind) *expr.Expr {
	src := d.text(n, what)
	if src == "" {
		d.fail(n, "", "%s: this must be an expression", what)
		return nil
	}
	x, err := d.env.Compile(src, kind)
	if err != nil {
		d.failExpr(n, err)
		return nil
	}
	return x
}

// template compiles a text with {{ }}; nil for none.
func (d *decoder) template(n *yaml.Node, what string) *expr.Template {
	if n == nil {
		return nil
	}
	t, err := d.env.Template(d.text(n, what))
	if err != nil {
		d.failExpr(n, err)
		return nil
	}
	return t
}
