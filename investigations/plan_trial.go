package investigations

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/plexorbot/plexor/investigations/expr"
	"go.yaml.in/yaml/v3"
)

// planTest is a test that a plan brings with it: facts, and the verdict that
// they must give.
type planTest struct {
	name  string
	known Known
	want  trial
}

// trial is the verdict of a test, as far as the test says.
type trial struct {
	kind       VerdictKind
	causes     []string
	candidates []string // all of them, if the test names any
	on         string
	headline   string            // contained in the first cause's
	runs       []string          // each contained in a command of the causes' remedies
	steps      map[string]Status // what these steps come to
}

// tests decodes the plan's tests.
func (d *decoder) tests(p *Plan, n *yaml.Node) []planTest {
	var out []planTest
	for _, item := range d.items(n, "tests", 1000) {
		f := d.fields(item, "a test", "name", "target", "endpoint", "inputs", "vantages", "facts", "failed", "verdict")
		t := planTest{name: d.text(f["name"], "name")}
		if t.name == "" {
			d.fail(item, "", "the test has no name")
		}
		t.known = Known{Target: d.testTarget(f["target"]), Endpoint: "10.77.2.2:8080", Inputs: map[string]string{},
			Ports: []int64{21001, 21002, 21003, 21004}, Vantages: d.vantages(f["vantages"])}
		if f["endpoint"] != nil {
			t.known.Endpoint = d.text(f["endpoint"], "endpoint")
		}
		for k, v := range d.pairs(f["inputs"], "inputs") {
			t.known.Inputs[k.Value] = d.text(v, "input")
		}
		t.known.Checks = d.testChecks(p, f["facts"], f["failed"], t.known.Vantages)
		t.want = d.trial(p, item, f["verdict"])
		out = append(out, t)
	}
	return out
}

func (d *decoder) testTarget(n *yaml.Node) Target {
	text := "web.test:8080"
	if n != nil {
		text = d.text(n, "target")
	}
	t, err := ParseTarget(text)
	if err != nil {
		d.fail(n, "", "%s is no target: %v", shorten(text), err)
	}
	return t
}

// vantages gives a runner lb and a runner web on the backend unless the test
// says otherwise; null is nobody there.
func (d *decoder) vantages(n *yaml.Node) map[string]Vantage {
	out := map[string]Vantage{"local": {}}
	out["lb"] = Vantage{Known: true, Runner: Runner{Name: "lb", Alive: true}}
	out["backend"] = Vantage{Known: true, Runner: Runner{Name: "web", Alive: true, Addresses: []string{"10.77.2.2", "fd77:2::2"}}}
	f := d.fields(n, "vantages", vantageNames...)
	for name, v := range f {
		g := d.fields(v, "a vantage", "name", "lost", "stand_in", "local", "addresses")
		one := Vantage{Known: v.Tag != "!!null", Lost: d.flag(g["lost"], "lost"), StandIn: d.flag(g["stand_in"], "stand_in"), Local: d.flag(g["local"], "local")}
		one.Runner = Runner{Name: d.text(g["name"], "name"), Alive: one.Known && !one.Lost, Addresses: d.words(g["addresses"], "addresses")}
		if one.Known && g["name"] == nil {
			one.Runner.Name = out[name].Runner.Name
		}
		if one.Known && g["addresses"] == nil {
			one.Runner.Addresses = out[name].Runner.Addresses
		}
		out[name] = one
	}
	return out
}

// testChecks makes a check of each that the plan has: done with the facts that
// the test gives, or ended without any.
func (d *decoder) testChecks(p *Plan, facts, failed *yaml.Node, at map[string]Vantage) []Check {
	given, why := d.byCheck(p, facts, "facts"), d.byCheck(p, failed, "failed")
	var out []Check
	for _, s := range p.Steps {
		for _, c := range s.Checks {
			run := Check{ID: c.ID, Probe: c.Probe, On: c.On, State: CheckSkipped, Error: "not in the test"}
			if v, ok := at[c.On]; ok && (!v.Known || v.Lost) {
				run.Error = "no runner at " + c.On
			}
			if n := why[c.ID]; n != nil {
				run.State, run.Error = CheckFailed, d.text(n, "failed")
			}
			n := given[c.ID]
			if n != nil && c.Selector() {
				out = append(out, d.testList(n, c, run)...)
				continue
			}
			if n != nil {
				run.State, run.Error = CheckDone, ""
				run.Facts = d.testFacts(n, d.catalog[c.Probe].Facts)
			}
			out = append(out, run)
		}
	}
	return out
}

func (d *decoder) byCheck(p *Plan, n *yaml.Node, what string) map[string]*yaml.Node {
	var ids []string
	for _, s := range p.Steps {
		for _, c := range s.Checks {
			ids = append(ids, c.ID)
		}
	}
	return d.fields(n, what, ids...)
}

// testList makes a check for each runner of a label selector.
func (d *decoder) testList(n *yaml.Node, c PlanCheck, run Check) []Check {
	var out []Check
	for i, item := range d.items(n, c.ID, 64) {
		one := run
		one.State, one.Error, one.On = CheckDone, "", fmt.Sprintf("runner%d", i+1)
		one.Facts = d.testFacts(item, listed(d.catalog[c.Probe].Facts).Elem())
		var on struct{ On *string }
		if json.Unmarshal(one.Facts, &on) == nil && on.On != nil {
			one.On = *on.On
		}
		out = append(out, one)
	}
	return out
}

var unknownField = regexp.MustCompile(`unknown field "(.*)"`)

// testFacts decodes facts strictly.
func (d *decoder) testFacts(n *yaml.Node, t reflect.Type) json.RawMessage {
	var loose any
	if err := n.Decode(&loose); err != nil {
		d.fail(n, "", "facts: %v", err)
		return nil
	}
	raw, err := json.Marshal(loose)
	if err != nil {
		d.fail(n, "", "facts: %v", err)
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(reflect.New(t).Interface()); err != nil {
		d.wrongFact(n, t, err)
	}
	return raw
}

func (d *decoder) wrongFact(n *yaml.Node, t reflect.Type, err error) {
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		d.fail(keyNode(n, m[1]), d.factHint(t, m[1]), "%s: no such fact", shorten(m[1]))
		return
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		path := strings.Split(wrong.Field, ".")
		d.fail(keyNode(n, path[len(path)-1]), "", "%s: %s where %s is wanted", shorten(wrong.Field), wrong.Value, wrong.Type)
		return
	}
	d.fail(n, "", "facts: %s", strings.TrimPrefix(err.Error(), "json: "))
}

// keyNode finds the mapping key with a name.
func keyNode(n *yaml.Node, name string) *yaml.Node {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && c.Value == name {
			return c
		}
		if found := keyNode(c, name); found != c {
			return found
		}
	}
	return n
}

func (d *decoder) factHint(t reflect.Type, name string) string {
	var names []string
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, tag)
	}
	if near := expr.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

func (d *decoder) trial(p *Plan, item, n *yaml.Node) trial {
	if n == nil {
		d.fail(item, "", "the test has no verdict")
		return trial{}
	}
	f := d.fields(n, "a test's verdict", "kind", "causes", "candidates", "on", "headline", "runs", "steps")
	w := trial{causes: d.words(f["causes"], "causes"), candidates: d.words(f["candidates"], "candidates"),
		on: d.text(f["on"], "on"), headline: d.text(f["headline"], "headline"), runs: d.words(f["runs"], "runs"), steps: map[string]Status{}}
	w.kind = VerdictKind(d.oneOf(f["kind"], "kind", string(VerdictCause), string(VerdictHealthy), string(VerdictInconclusive)))
	for _, id := range slices.Concat(w.causes, w.candidates) {
		if p.cause(id) == nil {
			ids := map[string]string{}
			for _, c := range p.Causes {
				ids[c.ID] = ""
			}
			d.fail(n, nearestHint(id, ids), "%s: no such cause", shorten(id))
		}
	}
	for k, v := range d.pairs(f["steps"], "steps") {
		w.steps[k.Value] = Status(d.oneOf(v, "status", string(OK), string(Problem), string(Unknown), string(Skipped)))
	}
	return w
}
