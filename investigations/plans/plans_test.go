package plans_test

import (
	"testing"

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
