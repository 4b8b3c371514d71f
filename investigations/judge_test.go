package investigations_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/plans"
	"github.com/plexorbot/plexor/investigations/probe"
)

func done(id, facts string) investigations.Check {
	return investigations.Check{ID: id, State: investigations.CheckDone, Facts: json.RawMessage(facts)}
}

func ended(id string, state investigations.CheckState, why string) investigations.Check {
	return investigations.Check{ID: id, State: state, Error: why}
}

func dialed(checks ...investigations.Check) investigations.Known {
	return investigations.Known{
		Target:   investigations.Target{Text: "web.test:80", Kind: "name", Host: "web.test", Port: 80},
		Endpoint: "10.0.0.1:80", Ports: []int64{20001}, Checks: checks,
		Vantages: map[string]investigations.Vantage{"backend": {Known: true, Runner: investigations.Runner{Name: "web"}}},
	}
}

func spell(list []investigations.Missing) string {
	var words []string
	for _, m := range list {
		words = append(words, fmt.Sprintf("%s.%s (%s, final %v)", m.Check, m.Fact, m.Why, m.Final))
	}
	return strings.Join(words, "; ")
}

func TestReady(t *testing.T) {
	p := load(t, dialPlan)
	refused := done("first", `{"refused": true, "errno": "E"}`)
	for _, c := range []struct {
		name, check string
		known       investigations.Known
		args        string
		run         investigations.Truth
		missing     string
	}{
		{"an input that was not given is left out", "first", dialed(), `{"addresses":["10.0.0.1"],"port":80,"unit":""}`, investigations.True, ""},
		{"a condition that waits", "far", dialed(), "", investigations.Open, "first. (nobody looked yet, final false)"},
		{"a condition that will not be known", "far", dialed(ended("first", investigations.CheckFailed, "boom")), "", investigations.Open, "first. (boom, final true)"},
		{"a condition that is false", "far", dialed(done("first", `{"refused": false}`)), "", investigations.False, ""},
		{"a default and a given value", "far", dialed(refused), `{"addresses":null,"port":2,"unit":"E"}`, investigations.True, ""},
		{"an optional argument that will not be known", "far", dialed(done("first", `{"refused": true}`)), `{"addresses":null,"port":2,"unit":""}`, investigations.True, ""},
		{"a list that waits", "trace", dialed(refused), "", investigations.True, "far. (nobody looked yet, final false)"},
		{"a list over runners", "trace", dialed(refused, investigations.Check{ID: "far", On: "a", State: investigations.CheckDone, Facts: json.RawMessage(`{}`)},
			investigations.Check{ID: "far", On: "b", State: investigations.CheckFailed, Error: "boom"}), `{"addresses":["a","b"],"port":0,"unit":""}`, investigations.True, ""},
	} {
		args, run, missing, err := p.Judge(c.known).Ready(c.check)
		if err != nil || string(args) != c.args || run != c.run || spell(missing) != c.missing {
			t.Errorf("%s: Ready(%s) = %s, %v, %s, %v; want %s, %v, %s", c.name, c.check, args, run, spell(missing), err, c.args, c.run, c.missing)
		}
	}
	if _, _, _, err := p.Judge(dialed()).Ready("nosuch"); err == nil {
		t.Error("Ready of no check: no error")
	}
}

func TestEndpoints(t *testing.T) {
	if got, missing := load(t, dialPlan).Judge(dialed()).Endpoints(); missing != nil || !reflect.DeepEqual(got, []string{"web.test:80"}) {
		t.Errorf("Endpoints() = %v, %v", got, missing)
	}
	without := strings.Replace(dialPlan, "endpoints:", "help:", 1)
	if got, _ := load(t, without).Judge(dialed()).Endpoints(); got[0] != "web.test:80" {
		t.Errorf("Endpoints() of a plan that does not say = %v, want the target", got)
	}
	waits := strings.Replace(dialPlan, `'[target.host + ":80"]'`, "first.near.name.split(' ')", 1)
	if _, missing := load(t, waits).Judge(dialed()).Endpoints(); len(missing) != 1 || missing[0].Final {
		t.Errorf("Endpoints() lacks %v, want one that may still come", missing)
	}
}

func TestFinding(t *testing.T) {
	p := load(t, dialPlan)
	refused := `{"refused": true, "errno": "E", "list": [{"name": "a"}, {"name": "b"}]}`
	for _, c := range []struct {
		name    string
		checks  []investigations.Check
		want    string
		settled bool
	}{
		{"nothing ran", nil, "unknown: first is not known: nobody looked yet []", false},
		{"evidence waits", []investigations.Check{done("first", refused)}, "problem: refused with E [a b]", false},
		{"evidence came", []investigations.Check{done("first", refused), done("eyes", `{"errno": "F"}`)}, "problem: refused with E [seen by F a b]", true},
		{"evidence will not come", []investigations.Check{done("first", refused), ended("eyes", investigations.CheckSkipped, "x")}, "problem: refused with E [a b]", true},
		{"what is not known", []investigations.Check{done("first", `{"refused": true}`), done("eyes", `{}`)}, "problem: refused with not known []", true},
		{"the second", []investigations.Check{done("first", `{"refused": false, "open": true}`)}, "ok: open []", true},
		{"none is true so far", []investigations.Check{done("first", `{"refused": false, "open": false}`)}, "unknown: nothing was established []", false},
		{"none is true", []investigations.Check{done("first", `{"refused": false, "open": false}`), ended("eyes", investigations.CheckFailed, "x"), ended("far", investigations.CheckFailed, "x")}, "unknown: nothing was established []", true},
		{"nothing to go by", []investigations.Check{ended("first", investigations.CheckFailed, "boom")}, "unknown: first is not known: boom []", false},
		{"all skipped", []investigations.Check{ended("first", investigations.CheckSkipped, "no runner"), ended("eyes", investigations.CheckSkipped, "no runner"), ended("far", investigations.CheckSkipped, "no runner")}, "skipped: no runner []", true},
	} {
		f, settled := p.Judge(dialed(c.checks...)).Finding("one")
		if got := fmt.Sprintf("%s: %s %v", f.Status, f.Headline, f.Evidence); got != c.want || settled != c.settled {
			t.Errorf("%s: Finding() = %s, settled %v; want %s, %v", c.name, got, settled, c.want, c.settled)
		}
	}
}

func TestCauseAndCandidate(t *testing.T) {
	p := load(t, dialPlan)
	j := p.Judge(dialed(done("first", `{"refused": true}`), done("eyes", `{"refused": true, "errno": "a;b"}`)))
	c := j.Cause("nobody")
	if c.Headline != "nobody listens on web" || c.On != "web" || len(c.Remedies) != 1 || c.Remedies[0].Run != "start 'a;b'" || c.Remedies[0].Verify != "plexor diagnose web.test:80" {
		t.Errorf("Cause() = %+v, want one remedy with its value quoted, and no remedy that lacks a value", c)
	}
	want := []investigations.Proof{{Check: "first", Fact: "refused", Value: true}, {Check: "eyes", Fact: "refused", Value: true}}
	if !reflect.DeepEqual(c.Proof, want) {
		t.Errorf("Proof = %+v, want %+v", c.Proof, want)
	}

	j = p.Judge(dialed(done("first", `{"refused": true}`), ended("eyes", investigations.CheckSkipped, "no runner on 10.0.0.1")))
	o := j.Candidate("nobody")
	if o.Headline != "nobody is there" || !reflect.DeepEqual(o.Missing, []string{"no runner on 10.0.0.1"}) || !reflect.DeepEqual(o.Commands, []string{"nc 10.0.0.1 80"}) {
		t.Errorf("Candidate() = %+v", o)
	}
	j = p.Judge(dialed(done("first", `{"refused": true}`), done("eyes", `{"not_permitted": "needs CAP_NET_RAW"}`)))
	if o := j.Candidate("nobody"); o.Missing[0] != "what the backend sees is not known: needs CAP_NET_RAW" {
		t.Errorf("Missing = %v, want what was not permitted", o.Missing)
	}
}

// What a runner sends is not trusted.
func TestHostileFacts(t *testing.T) {
	p := load(t, dialPlan)
	for _, facts := range []string{`{"refused": "yes"}`, `[]`, `null`, ``, `{"list": 3}`, `{"refused": true, "list": [{"name": {"a": 1}}]}`, strings.Repeat("[", 10000)} {
		j := p.Judge(dialed(done("first", facts), done("eyes", `{"refused": true}`)))
		if c := j.Causes()[0]; c.Truth != investigations.Open || !c.Missing[0].Final {
			t.Errorf("facts %.40s: cause is %v, lacks %v; want open for good", facts, c.Truth, c.Missing)
		}
	}
}

func connectionRefused(tb testing.TB) *investigations.Plan {
	tb.Helper()
	all, err := plans.Load(plans.Builtin(), probe.Catalog())
	if err != nil {
		tb.Fatal(err)
	}
	return all[0]
}

// Whatever facts come first: what some of them prove or rule out, all of them
// leave as it is, and what they settle in a step stays settled.
func TestTheBuiltInPlanNeverTakesBack(t *testing.T) {
	p := connectionRefused(t)
	random := rand.New(rand.NewPCG(1, 2))
	for name, known := range p.TestKnown() {
		all := p.Judge(known)
		want := map[string]investigations.Truth{}
		for _, c := range all.Causes() {
			want[c.ID] = c.Truth
		}
		for range 8 {
			some := known
			some.Checks = nil
			for _, c := range known.Checks {
				if random.IntN(2) == 0 {
					c = investigations.Check{ID: c.ID, Probe: c.Probe, On: c.On, State: investigations.CheckPending}
				}
				some.Checks = append(some.Checks, c)
			}
			j := p.Judge(some)
			for _, c := range j.Causes() {
				if c.Truth != investigations.Open && c.Truth != want[c.ID] {
					t.Errorf("%s: cause %s is %v with some of the facts, %v with all", name, c.ID, c.Truth, want[c.ID])
				}
			}
			for _, s := range p.Steps {
				f, settled := j.Finding(s.ID)
				if last, _ := all.Finding(s.ID); settled && !reflect.DeepEqual(f, last) {
					t.Errorf("%s: step %s is %+v when it is settled, %+v at the end", name, s.ID, f, last)
				}
			}
		}
	}
}

// Every fact of a proof is one that was established.
func TestTheBuiltInPlanProvesByFacts(t *testing.T) {
	p := connectionRefused(t)
	for name, known := range p.TestKnown() {
		j := p.Judge(known)
		for _, c := range j.Causes() {
			if c.Truth != investigations.True {
				continue
			}
			cause := j.Cause(c.ID)
			if len(cause.Proof) == 0 || strings.Contains(cause.Headline, "not known") || len(cause.Remedies) == 0 || cause.On == "" {
				t.Errorf("%s: cause %+v lacks proof, remedies, a host, or a fact in its headline", name, cause)
			}
			for _, f := range cause.Proof {
				if f.Value == nil || f.Fact == "" {
					t.Errorf("%s: cause %s rests on %+v", name, c.ID, f)
				}
			}
			for _, r := range cause.Remedies {
				if strings.Contains(r.Explain, "not known") || strings.Contains(r.Run, "not known") {
					t.Errorf("%s: cause %s has remedy %+v", name, c.ID, r)
				}
			}
		}
	}
}

// The facts of a proof are enough: with no others the cause is proved, too.
func TestTheBuiltInPlanProofsSuffice(t *testing.T) {
	p := connectionRefused(t)
	for name, known := range p.TestKnown() {
		j := p.Judge(known)
		for _, c := range j.Causes() {
			if c.Truth != investigations.True {
				continue
			}
			less, ok := only(known, j.Cause(c.ID).Proof)
			if !ok {
				continue // it rests on elements of lists
			}
			for _, again := range p.Judge(less).Causes() {
				if again.ID == c.ID && again.Truth != investigations.True {
					t.Errorf("%s: the proof of %s leaves it %v: %+v, lacks %+v", name, c.ID, again.Truth, j.Cause(c.ID).Proof, again.Missing)
				}
			}
		}
	}
}

// only gives what is known, with no facts of checks but these.
func only(k investigations.Known, facts []investigations.Proof) (investigations.Known, bool) {
	byCheck := map[string]map[string]any{}
	for _, f := range facts {
		if strings.Contains(f.Fact, "[") {
			return k, false
		}
		if byCheck[f.Check] == nil {
			byCheck[f.Check] = map[string]any{}
		}
		at, path := byCheck[f.Check], strings.Split(f.Fact, ".")
		for _, step := range path[:len(path)-1] {
			if at[step] == nil {
				at[step] = map[string]any{}
			}
			at = at[step].(map[string]any)
		}
		at[path[len(path)-1]] = f.Value
	}
	checks := make([]investigations.Check, len(k.Checks))
	for i, c := range k.Checks {
		if facts, ok := byCheck[c.ID]; ok {
			c.Facts, _ = json.Marshal(facts)
		} else if c.State == investigations.CheckDone {
			c.Facts = json.RawMessage(`{}`)
		}
		checks[i] = c
	}
	k.Checks = checks
	return k, true
}

// What the program can mend it offers to mend.
func TestTheBuiltInPlanHasFixes(t *testing.T) {
	p := connectionRefused(t)
	fixes := strings.Fields("proc-not-running fw-reject-icmp-port fw-reject-tcp-reset fw-drop fw-admin-prohibited lb-output-fw blackhole-route app-hung-accept resolver-down")
	for name, known := range p.TestKnown() {
		j := p.Judge(known)
		for _, c := range j.Causes() {
			if c.Truth != investigations.True || !slices.Contains(fixes, c.ID) {
				continue
			}
			remedies := j.Cause(c.ID).Remedies
			if !slices.ContainsFunc(remedies, func(r investigations.Remedy) bool {
				return r.Kind == "fix" && r.Run != "" && r.Risk != "" && r.Verify != ""
			}) {
				t.Errorf("%s: cause %s has no fix: %+v", name, c.ID, remedies)
			}
		}
	}
}

// A healthy target, a stopped unit and a silent drop that is proved need no
// path trace and no control.
func TestTheBuiltInPlanNeedsNothingSlow(t *testing.T) {
	p := connectionRefused(t)
	for _, name := range []string{"a healthy backend", "a stopped unit, told by the kernel's counters", "a policy that drops", "a rule that resets", "a listener on loopback only"} {
		known, ok := p.TestKnown()[name]
		if !ok {
			t.Fatalf("the plan has no test %q", name)
		}
		checks := slices.Clone(known.Checks)
		for i, c := range checks {
			if pc, _ := p.Check(c.ID); pc.Slow {
				checks[i] = investigations.Check{ID: c.ID, State: investigations.CheckPending}
			}
		}
		known.Checks = checks
		for _, c := range p.Judge(known).Causes() {
			for _, m := range c.Missing {
				if pc, _ := p.Check(m.Check); pc.Slow {
					t.Errorf("%s: cause %s wants %s", name, c.ID, m.Check)
				}
			}
		}
	}
}

func TestAPlanServesManyAtOnce(t *testing.T) {
	p := connectionRefused(t)
	var all sync.WaitGroup
	for name, known := range p.TestKnown() {
		all.Go(func() {
			j := p.Judge(known)
			for _, c := range j.Causes() {
				if c.Truth == investigations.True && j.Cause(c.ID).Headline == "" {
					t.Errorf("%s: cause %s says nothing", name, c.ID)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkPlanLoad(b *testing.B) {
	catalog := probe.Catalog()
	for b.Loop() {
		if _, err := plans.Load(plans.Builtin(), catalog); err != nil {
			b.Fatal(err)
		}
	}
}

// One judgement of everything, as after each check.
func BenchmarkJudge(b *testing.B) {
	p := connectionRefused(b)
	known := p.TestKnown()["a stopped unit, told by the kernel's counters"]
	for b.Loop() {
		j := p.Judge(known)
		j.Healthy()
		j.Causes()
		for _, s := range p.Steps {
			j.Finding(s.ID)
		}
	}
}

func BenchmarkCause(b *testing.B) {
	p := connectionRefused(b)
	known := p.TestKnown()["a stopped unit, told by the kernel's counters"]
	for b.Loop() {
		p.Judge(known).Cause("proc-not-running")
	}
}
