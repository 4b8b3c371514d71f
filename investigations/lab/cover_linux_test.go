package lab

import (
	"slices"
	"testing"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/plans"
	"github.com/plexorbot/plexor/investigations/probe"
)

// onRealHosts are the causes of connection-refused that facts alone do not
// prove enough of: each has a fault in the lab.
var onRealHosts = []string{
	"proc-not-running", "unit-exec-failed", "unit-start-limit-hit", "wrong-port", "bound-loopback", "bound-other-ip",
	"ipv6-only-bind", "ipv4-only-bind", "fw-reject-icmp-port", "fw-reject-tcp-reset", "fw-drop", "fw-admin-prohibited",
	"lb-output-fw", "middlebox-rst", "path-acl-icmp", "host-down", "arp-failure", "no-route-lb", "blackhole-route",
	"wrong-dns", "resolver-down", "app-hung-accept",
}

// TestEveryCauseIsTried holds the faults against the built-in plan: each of its
// causes has a fault here or a test in the plan that proves it, and no fault has
// a cause that the plan does not know.
func TestEveryCauseIsTried(t *testing.T) {
	all, err := plans.Load(plans.Builtin(), probe.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(p *investigations.Plan) bool { return p.Name == "connection-refused" })
	if i < 0 {
		t.Fatal("there is no plan connection-refused")
	}
	here, proved, causes := map[string]bool{}, map[string]bool{}, map[string]bool{"": true}
	for _, f := range Faults() {
		here[f.Cause] = true
	}
	for _, r := range all[i].Test() {
		for _, c := range r.Causes {
			proved[c] = true
		}
	}
	for _, c := range all[i].Causes {
		causes[c.ID] = true
		if !here[c.ID] && !proved[c.ID] {
			t.Errorf("cause %s has neither a fault in the lab nor a test in the plan", c.ID)
		}
	}
	for _, id := range onRealHosts {
		if !here[id] {
			t.Errorf("cause %s has no fault in the lab", id)
		}
	}
	for _, f := range Faults() {
		if !causes[f.Cause] {
			t.Errorf("fault %s has the cause %s, which the plan does not know", f.Name, f.Cause)
		}
	}
}

// TestEveryFaultIsExpected holds that a fault without a fix says what its
// remedies name, one that proves nothing its candidates, and that no
// expectation is of a fault that is not there.
func TestEveryFaultIsExpected(t *testing.T) {
	names := map[string]bool{}
	innocent := 0
	for _, f := range Faults() {
		if names[f.Name] {
			t.Errorf("two faults are called %s", f.Name)
		}
		names[f.Name] = true
		e := expected[f.Name]
		if f.Cause != "" && f.Fix == "" && len(f.Also) == 0 && len(e.names) == 0 {
			t.Errorf("fault %s has no fix and says nothing that its remedies must name", f.Name)
		}
		if f.Cause == "" && f.See != connected && !f.FromOps && len(e.candidates) == 0 {
			t.Errorf("fault %s proves nothing and has no candidates", f.Name)
		}
		if f.Cause == "" {
			innocent++
		}
	}
	if innocent < 8 {
		t.Errorf("%d faults name no cause, want at least 8", innocent)
	}
	for name := range expected {
		if !names[name] {
			t.Errorf("there is no fault %s", name)
		}
	}
}
