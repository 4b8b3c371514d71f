package investigations_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

type dialArgs struct {
	Addresses []string `json:"addresses"`
	Port      int64    `json:"port"`
	Unit      string   `json:"unit"`
}

type dialFacts struct {
	Refused *bool    `json:"refused"`
	Open    *bool    `json:"open"`
	Errno   *string  `json:"errno"`
	Near    *nearby  `json:"near"`
	List    []nearby `json:"list"`
	// NotPermitted says which privilege was lacking.
	NotPermitted *string `json:"not_permitted"`
}

type nearby struct {
	Name *string `json:"name"`
}

func dialCatalog() investigations.Catalog {
	args, facts := reflect.TypeFor[dialArgs](), reflect.TypeFor[dialFacts]()
	return investigations.Catalog{
		"dial":  {Name: "dial", Help: "dials.", Args: args, Facts: facts, Timeout: time.Second},
		"watch": {Name: "watch", Args: args, Facts: facts, Watch: true},
		"trace": {Name: "trace", Args: args, Facts: facts, Slow: true},
	}
}

// dialPlan has a bit of everything.
const dialPlan = `plan: dial
title: Dial it
inputs:
  target: {type: target}
  unit: {type: string, optional: true, help: a unit}
  tries: {type: int, optional: true, default: 2}
define:
  closed: 'first.refused && !given.unit'
endpoints: '[target.host + ":80"]'
steps:
  - id: one
    title: First
    checks:
      - {id: first, probe: dial, on: lb, with: {port: '{{ endpoint.port }}', unit: '{{ unit }}', addresses: ['{{ endpoint.ip }}']}}
      - {id: eyes, probe: watch, about: what the backend sees, on: backend, paired: first, with: {port: 1}}
      - {id: far, probe: dial, on: zone=eu-1, if: first.refused, with: {'unit?': '{{ first.errno }}', port: '{{ tries }}'}}
    findings:
      - problem: first.refused
        say: 'refused with {{ first.errno }}'
        evidence: ['seen by {{ eyes.errno }}', '{{ first.list.map(l, l.name) }}']
      - ok: first.open
        say: open
  - id: two
    title: Second
    checks:
      - {id: trace, probe: trace, on: lb, after: [first], timeout: 3s, with: {addresses: '{{ far.map(f, f.on) }}'}}
healthy: first.open
causes:
  - id: nobody
    title: nobody is there
    when: closed && eyes.refused
    say: 'nobody listens on {{ backend.host }}'
    explains: [far-away]
    remedies:
      - {kind: fix, run: 'start {{ eyes.errno }}', explain: starts it, risk: low, verify: 'plexor diagnose {{ target }}'}
      - {kind: edit, if: eyes.near.name == "x", explain: never}
      - {kind: inspect, on: lb, run: 'look {{ eyes.near.name }}', explain: its command is not known}
    unknown: {commands: ['nc {{ endpoint.ip }} {{ endpoint.port }}', 'look {{ eyes.near.name }}']}
  - id: far-away
    when: far.exists(f, f.refused)
    on: '{{ endpoint.ip }}'
    say: far
tests:
  - name: nobody
    endpoint: 10.0.0.1:80
    facts: {first: {refused: true, open: false, errno: ECONNREFUSED}, eyes: {refused: true, errno: a b}, far: [{on: x, refused: true}]}
    verdict: {kind: cause, causes: [nobody], on: web, runs: ["start 'a b'"], steps: {one: problem, two: skipped}}
`

func load(t *testing.T, src string) *investigations.Plan {
	t.Helper()
	p, err := investigations.LoadPlan("dial.yml", []byte(src), dialCatalog())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLoadPlan(t *testing.T) {
	p := load(t, dialPlan)
	for _, r := range p.Test() {
		if !r.OK {
			t.Errorf("test %s: got %s, want %s", r.Name, r.Got, r.Want)
		}
	}
	far, _ := p.Check("far")
	if want := []string{"first"}; !reflect.DeepEqual(far.Needs, want) || !far.Selector() || far.Timeout != time.Second {
		t.Errorf("check far = %+v, want it on a selector, in need of %v, with the probe's timeout", far, want)
	}
	trace, _ := p.Check("trace")
	if !trace.Slow || trace.Timeout != 3*time.Second || trace.After[0] != "first" || trace.Needs[0] != "far" {
		t.Errorf("check trace = %+v, want it slow, 3s, after first, in need of far", trace)
	}
	if eyes, _ := p.Check("eyes"); !eyes.Watch || eyes.Paired != "first" {
		t.Errorf("check eyes = %+v, want a watch of first", eyes)
	}
	if got, want := p.Causes[0].Needs, []string{"eyes", "first"}; !reflect.DeepEqual(got, want) {
		t.Errorf("cause nobody needs %v, want %v, one of them through a condition", got, want)
	}
}

func TestATestOfAPlanCanFail(t *testing.T) {
	p := load(t, strings.Replace(dialPlan, "causes: [nobody], on: web", "causes: [far-away], on: web2", 1))
	if r := p.Test()[0]; r.OK || !strings.Contains(r.Got, "[nobody]") || !strings.Contains(r.Want, "[far-away]") {
		t.Errorf("result = %+v, want a failure that names both causes", r)
	}
}

func TestMistakesInAPlan(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"", "x", "1:1: the plan has no steps"},
		{"title: Dial", "titel: Dial", "2:1: titel: no such key in a plan; did you mean title?"},
		{"plan: dial", "plan: Dial it", "1:7: Dial it is no id of a plan; small letters, digits and -"},
		{"plan: dial\n", "", "1:1: plan has no id"},
		{"'first.refused && !given.unit'", "'first.refusd && !given.unit'", "8:17: first.refusd: no such fact; did you mean first.refused?"},
		{"given.unit'", "given.unti'", "8:35: given.unti: no such fact; did you mean given.unit?"},
		{"healthy: first.open", "healthy: first.errno", "27:10: a condition is true or false, and this gives string"},
		{"healthy: first.open", "healthy: |\n  true &&\n    frst.open", "29:5: frst: no such check, input, condition or function; did you mean first?"},
		{"healthy: first.open\n", "", "1:1: the plan does not say what is healthy; healthy: connect.connected"},
		{"probe: trace", "probe: trase", "26:28: trase: no such probe; did you mean trace?"},
		{"on: lb, after", "on: nowhere, after", "26:39: nowhere is no vantage; one of lb, backend, local, or labels such as zone=eu-1"},
		{"on: backend, paired", "on: backnd, paired", "15:68: backnd is no vantage; did you mean backend?"},
		{"{id: first, probe: dial, on: lb", "{id: first, probe: dail, on: lb", "14:28: dail: no such probe; did you mean dial?"},
		{"after: [first]", "after: [frist]", "26:50: frist: no such check; did you mean first?"},
		{"after: [first]", "after: [trace]", "26:9: these checks wait on each other: trace -> trace"},
		{"if: first.refused", "if: trace.refused", "16:9: these checks wait on each other: far -> trace -> far"},
		{"paired: first, ", "", "15:9: watch watches another check and must be paired with it; paired: connect"},
		{"timeout: 3s", "timeout: soon", "26:68: soon is no timeout; for example 8s; at most 10m"},
		{"with: {port: 1}", "with: {prot: 1}", "15:99: prot: no such key in the probe's arguments; did you mean port?"},
		{"with: {port: 1}", "with: {port: one}", "15:105: one where int64 is wanted"},
		{"with: {port: 1}", "with: {port: '{{ target.host }}'}", "15:105: this gives string where int is wanted"},
		{"id: two", "id: one", "23:5: one is already the name of a step"},
		{"{id: eyes, probe: watch", "{id: first, probe: watch", "15:9: first is already the name of a check"},
		{"id: eyes", "id: in", "15:14: in is a word of the expression language"},
		{"  closed: ", "  first: ", "8:3: first is already the name of a check"},
		{"  closed: 'first.refused && ", "  closed: 'closed && ", "8:3: these conditions need each other: closed -> closed"},
		{"      - ok: first.open\n", "      - okay: first.open\n", "21:9: okay: no such key in a finding; did you mean ok?"},
		{"      - ok: first.open\n", "      - ok: first.open\n        problem: first.refused\n", "21:13: a finding is one of problem, ok, skipped, unknown"},
		{"        say: open\n", "", "21:9: the finding says nothing"},
		{"kind: edit", "kind: edti", "36:16: edti: no such kind; did you mean edit?"},
		{"run: 'start {{ eyes.errno }}'", "run: 'start \"{{ eyes.errno }}\"'", "35:34: values are quoted by the program: no quotes around {{ }}"},
		{"run: 'start {{ eyes.errno }}'", "run: 'start ''{{ eyes.errno }}'''", "35:35: values are quoted by the program: no quotes around {{ }}"},
		{"run: 'start {{ eyes.errno }}', ", "", "35:9: a fix has a command to run"},
		{"explains: [far-away]", "explains: [far-awya]", "33:15: far-awya: no such cause; did you mean far-away?"},
		{"first: {refused: true", "first: {refusde: true", "46:21: refusde: no such fact; did you mean refused?"},
		{"first: {refused: true", "first: {refused: often", "46:21: refused: string where bool is wanted"},
		{"kind: cause, causes: [nobody]", "kind: cause, causes: [nobdoy]", "47:14: nobdoy: no such cause; did you mean nobody?"},
		{"facts: {first:", "facts: {frist:", "46:13: frist: no such key in facts; did you mean first?"},
		{"  target: {type: target}", "  target: {type: target\n", "did not find expected"},
		{"type: int, optional: true, default: 2", "type: int, default: two", "6:31: two is no int"},
		{"endpoints: '[target.host + \":80\"]'", "endpoints: target.host", "9:12: this must give a list of strings, and it gives string"},
		{"title: First", "title: [First]", "12:12: title: this must be a text"},
		{"title: First", "title: First\n    title: Second", "title stands twice in a step"},
	} {
		src := strings.Replace(dialPlan, c.old, c.new, 1)
		if c.old == "" {
			src = "plan: x\nhealthy: 'true'\n"
		}
		_, err := investigations.LoadPlan("p.yml", []byte(src), dialCatalog())
		var errs investigations.PlanErrors
		if !errors.As(err, &errs) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q:\n  got  %v\n  want %s", c.new, c.old, err, c.want)
		}
	}
}

func TestEveryMistakeIsTold(t *testing.T) {
	src := strings.NewReplacer("first.open\n        say", "first.opne\n        say", "healthy: first.open", "healthy: x", "kind: fix", "kind: fx").Replace(dialPlan)
	_, err := investigations.LoadPlan("p.yml", []byte(src), dialCatalog())
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 3 {
		t.Errorf("error = %s, want one line for each of three mistakes", err)
	}
}

// TestOneMistakeIsToldOnce has mistakes in a check whose facts are mentioned in
// many places, tests among them.
func TestOneMistakeIsToldOnce(t *testing.T) {
	for old, mistake := range map[string]string{"probe: watch": "probe: wach", "on: lb": "on: bl", "on: lb, ": "", "probe: dial, ": ""} {
		_, err := investigations.LoadPlan("p.yml", []byte(strings.Replace(dialPlan, old, mistake, 1)), dialCatalog())
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q for %q = %v, want one mistake", mistake, old, err)
		}
	}
}

func TestPlansAreBounded(t *testing.T) {
	bomb := "plan: x\nhelp: &a [a,a,a,a,a,a,a,a,a]\ntitle: &b [*a,*a,*a,*a,*a,*a,*a,*a]\ninputs: &c [*b,*b,*b,*b,*b,*b,*b,*b]\ndefine: &d [*c,*c,*c,*c,*c,*c,*c,*c]\nsteps: [*d,*d,*d,*d,*d,*d,*d,*d]\n"
	for name, src := range map[string]string{
		"aliases": bomb,
		"itself":  "plan: &a [*a]\n",
		"depth":   "plan: " + strings.Repeat("[", 200) + strings.Repeat("]", 200),
		"size":    "plan: x\nhelp: " + strings.Repeat("x", 300<<10),
		"empty":   "",
		"text":    "hello",
		"nothing": "{}",
		"binary":  "\x00\x01\xff",
	} {
		start := time.Now()
		if _, err := investigations.LoadPlan("p.yml", []byte(src), dialCatalog()); err == nil {
			t.Errorf("%s: no error", name)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

func TestExplain(t *testing.T) {
	got := load(t, dialPlan).Explain()
	for _, want := range []string{
		"dial: Dial it", "Input unit (string, optional): a unit", "Step 1: First (one)", "first: dial on lb (dials)",
		"eyes: watch on backend: what the backend sees, while first runs", "far: dial on zone=eu-1 (dials), if first.refused", "trace: trace on lb, only while a cause needs it, after first",
		"Condition closed is\n  first.refused && !given.unit", "Cause nobody (nobody is there) is proved if\n  closed && eyes.refused",
		"It needs eyes on backend; first on lb.", "It explains far-away.", "fix: starts it: start {{ eyes.errno }}",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("Explain() lacks %q in\n%s", want, got)
		}
	}
}

func FuzzLoadPlan(f *testing.F) {
	f.Add(dialPlan)
	f.Add("plan: x\nsteps: [{id: a, checks: [{id: b, probe: dial, on: lb, with: {port: '{{ 1 }}'}}]}]\nhealthy: b.open\n")
	f.Add("plan: x\nsteps: [{id: a, checks: [{probe: dial, on: lb}, {id: w, probe: watch, on: lb}]}]\nhealthy: w.open\n")
	f.Add("plan: &a x\ntitle: *a\nsteps: !!map {}\n")
	f.Fuzz(func(t *testing.T, src string) {
		p, err := investigations.LoadPlan("fuzz.yml", []byte(src), dialCatalog())
		var errs investigations.PlanErrors
		if err != nil && (!errors.As(err, &errs) || len(errs) == 0) {
			t.Fatalf("error without a mistake: %v", err)
		}
		if err == nil {
			p.Test()
			p.Explain()
		}
	})
}
