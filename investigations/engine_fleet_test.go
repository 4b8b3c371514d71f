package investigations_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

func TestNobodyOnTheBackend(t *testing.T) {
	f := newFabric()
	f.runners = []investigations.Runner{f.runners[0], f.runners[2]}
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	for _, id := range []string{"unit", "sockets", "see"} {
		if c := k.check(t, 0, id, ""); c.State != investigations.CheckSkipped || c.Error != "no runner on 10.0.0.2" || c.On != "backend" {
			t.Errorf("%s = %+v, want no runner on 10.0.0.2", id, c)
		}
	}
	v := k.inv.Verdict
	if v.Kind != investigations.VerdictInconclusive || len(v.Candidates) != 2 || v.Candidates[0].Commands[0] != "systemctl status web" {
		t.Errorf("verdict = %+v, want stopped and closed as candidates with their commands", v)
	}
	if len(v.NotChecked) != 4 || v.NotChecked[0] != (investigations.NotChecked{Check: "see", Why: "no runner on 10.0.0.2"}) {
		t.Errorf("not checked = %+v", v.NotChecked)
	}
	if f.count("trace") != 0 {
		t.Error("a refused target got a path trace")
	}
}

func TestALostBackend(t *testing.T) {
	f := newFabric()
	f.runners[1].Alive = false
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if c := k.check(t, 0, "unit", ""); c.State != investigations.CheckFailed || c.Error != "runner web is lost" || f.count("unit") != 0 {
		t.Errorf("unit = %+v, want failed: its runner is lost", c)
	}
	if k.inv.Endpoints[0].Backend != "web" {
		t.Errorf("backend = %q, want web, which keeps its address", k.inv.Endpoints[0].Backend)
	}
}

func TestARunnerThatLacksAProbe(t *testing.T) {
	for _, tt := range []struct {
		lacks map[string]string
		want  string
	}{
		{nil, "runner web is older: it does not know unit"},
		{map[string]string{"unit": "needs D-Bus"}, "not permitted: needs D-Bus"},
		{map[string]string{"unit": "not available on darwin"}, "not available on darwin"},
	} {
		f := newFabric()
		f.runners[1].Probes, f.runners[1].Lacks = []string{"see", "sockets"}, tt.lacks
		k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
		if c := k.check(t, 0, "unit", ""); c.State != investigations.CheckSkipped || c.Error != tt.want {
			t.Errorf("lacking %v: unit = %+v, want %q", tt.lacks, c, tt.want)
		}
	}
}

func TestTheLocalRunnerStandsIn(t *testing.T) {
	f := newFabric()
	f.runners = f.runners[2:]
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if k.inv.Endpoints[0].From != "local" {
		t.Errorf("from = %q, want local", k.inv.Endpoints[0].From)
	}
	v := k.inv.Verdict
	if !strings.HasSuffix(v.Headline, "(seen from local, not from a load balancer)") || v.NotChecked[0].Check != "lb" {
		t.Errorf("verdict = %q, not checked %v, want it to say whose eyes it rests on", v.Headline, v.NotChecked)
	}
	f.probes["try"] = says(0, `{"connected": true, "refused": false}`)
	k = investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if want := "10.0.0.2:80 accepts connections from local; not seen from a load balancer"; k.inv.Verdict.Headline != want {
		t.Errorf("headline = %q, want %q", k.inv.Verdict.Headline, want)
	}
}

func TestALoopbackEndpointIsOnTheRunnerThatConnects(t *testing.T) {
	f := newFabric()
	f.probes["lookup"] = says(0, `{"endpoints": ["127.0.0.1:80"]}`)
	k := investigate(t, newEngine(t, f), newInvestigation("127.1:80"))
	if ep := k.inv.Endpoints[0]; ep.Backend != "lb1" || ep.Address != "127.0.0.1:80" {
		t.Errorf("endpoint %s at %s, want 127.0.0.1:80 at lb1", ep.Address, ep.Backend)
	}
}

func TestConfiguredRunners(t *testing.T) {
	f := newFabric()
	f.runners = append(f.runners, runner("lb2", "lb", "10.0.0.9"))
	f.probes["lookup"] = says(0, `{"endpoints": ["10.9.9.9:80"]}`)
	e := newEngine(t, f)
	e.Addresses = map[string]string{"::ffff:10.9.9.9": "web"}
	e.LBs = map[string]string{"web.test": "lb2"}
	k := investigate(t, e, newInvestigation("web.test:80"))
	if ep := k.inv.Endpoints[0]; len(k.inv.Endpoints) != 1 || ep.From != "lb2" || ep.Backend != "web" {
		t.Errorf("endpoint from %s at %s, want lb2 and web", ep.From, ep.Backend)
	}
	k = investigate(t, e, newInvestigation("web.test:80", "lb", "lb1"))
	if ep := k.inv.Endpoints[0]; ep.From != "lb1" {
		t.Errorf("with lb=lb1: endpoint from %s", ep.From)
	}
}

func TestALabelSelectorAsksEveryRunnerThatHasTheLabels(t *testing.T) {
	f := newFabric()
	f.probes["try"] = says(4*time.Second, `{"connected": false, "refused": false}`)
	for i := range 3 {
		r := runner(fmt.Sprintf("eu%d", i), "", fmt.Sprintf("10.1.0.%d", i))
		r.Labels["zone"] = "eu"
		r.Alive = i != 2
		f.runners = append(f.runners, r)
	}
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	for i, want := range []investigations.CheckState{investigations.CheckDone, investigations.CheckDone, investigations.CheckFailed} {
		if c := k.check(t, 0, "zone", fmt.Sprintf("eu%d", i)); c.State != want {
			t.Errorf("zone on eu%d = %+v, want %s", i, c, want)
		}
	}
	k = investigate(t, newEngine(t, newFabric()), newInvestigation("web.test:80"))
	if c := k.check(t, 0, "zone", ""); c.State != investigations.CheckSkipped || c.Error != "no runner has zone=eu" || c.On != "zone=eu" {
		t.Errorf("zone = %+v, want no runner", c)
	}
}

func TestSeveralEndpoints(t *testing.T) {
	f := newFabric()
	f.runners = append(f.runners, runner("web2", "backend", "10.0.0.3"), runner("web3", "backend", "10.0.0.4"))
	f.probes["lookup"] = says(time.Millisecond, `{"endpoints": ["10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80", "10.0.0.2:80"]}`)
	f.probes["try"] = func(ctx context.Context, on string, r investigations.Request) (investigations.Answer, error) {
		if strings.Contains(string(r.Args), "10.0.0.4") {
			return says(time.Second, `{"connected": true, "refused": false}`)(ctx, on, r)
		}
		return says(time.Second, `{"connected": false, "refused": true}`)(ctx, on, r)
	}
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if len(k.inv.Endpoints) != 3 || f.count("lookup") != 1 || f.count("try") != 3 {
		t.Fatalf("%d endpoints, asked %q, want three, one lookup for all", len(k.inv.Endpoints), f.asked)
	}
	for i := range 3 {
		if c := k.check(t, i, "lookup", ""); c.State != investigations.CheckDone {
			t.Errorf("endpoint %d: lookup = %+v, want the facts of the one lookup", i, c)
		}
	}
	v := k.inv.Verdict
	if want := "2 of 3 servers: the unit on web is stopped (and one cause more: both must be mended)"; v.Headline != want || v.Kind != investigations.VerdictCause || len(v.Causes) != 2 {
		t.Errorf("verdict = %+v, want %q", v, want)
	}
	if k.inv.Endpoints[2].Verdict.Kind != investigations.VerdictHealthy {
		t.Errorf("third endpoint = %+v, want healthy", k.inv.Endpoints[2].Verdict)
	}
	seen := map[int64]bool{}
	for i := range 3 {
		var args struct{ Ports []int64 }
		if err := json.Unmarshal(k.check(t, i, "try", "").Args, &args); err != nil {
			t.Fatal(err)
		}
		for _, p := range args.Ports {
			if seen[p] || p < 20000 || p > 29999 {
				t.Errorf("source port %d is used twice or out of range", p)
			}
			seen[p] = true
		}
	}
}

func TestSeveralLoadBalancers(t *testing.T) {
	f := newFabric()
	lost := runner("lb3", "lb")
	lost.Alive = false
	f.runners = append(f.runners, runner("lb2", "lb", "10.0.0.9"), lost)
	f.probes["lookup"] = func(ctx context.Context, on string, r investigations.Request) (investigations.Answer, error) {
		if on == "lb2" {
			return says(0, `{"endpoints": ["10.0.0.2:80", "10.0.0.7:80"]}`)(ctx, on, r)
		}
		return says(time.Second, `{"endpoints": ["10.0.0.2:80"]}`)(ctx, on, r)
	}
	f.probes["try"] = func(ctx context.Context, on string, r investigations.Request) (investigations.Answer, error) {
		return says(0, map[string]string{"lb1": `{"connected": false, "refused": true}`, "lb2": `{"connected": true, "refused": false}`}[on])(ctx, on, r)
	}
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	var got []string
	for _, ep := range k.inv.Endpoints {
		got = append(got, fmt.Sprint(ep.Address, " ", ep.From, " ", ep.Verdict.Kind))
	}
	if want := "[10.0.0.2:80 lb1 cause 10.0.0.2:80 lb2 healthy 10.0.0.7:80 lb2 healthy]"; fmt.Sprint(got) != want {
		t.Errorf("endpoints = %s, want %s", got, want)
	}
	v := k.inv.Verdict
	if !strings.HasPrefix(v.Headline, "1 of 3 paths: ") || !strings.Contains(fmt.Sprint(v.NotChecked), "runner lb3 is lost") {
		t.Errorf("verdict = %q, not checked %v, want one of three paths and the lost lb3", v.Headline, v.NotChecked)
	}
	if r := k.inv.Resolution; r.On != "lb1, lb2" || len(r.Addresses) != 2 {
		t.Errorf("resolution = %+v", r)
	}
}

func TestAddressesOutsideTheAllowList(t *testing.T) {
	f := newFabric()
	f.probes["lookup"] = says(0, `{"endpoints": ["192.0.2.1:80", "10.0.0.2:80", "[::ffff:169.254.169.254]:80", "db.test:80"]}`)
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if r := k.inv.Resolution; fmt.Sprint(r.Addresses, r.Refused) != "[10.0.0.2:80] [192.0.2.1:80 169.254.169.254:80 db.test:80]" {
		t.Errorf("resolution = %+v", r)
	}
	f.probes["lookup"] = says(0, `{"endpoints": ["169.254.169.254:80", "192.0.2.1:80"]}`)
	asked := f.count("try")
	k = investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if want := "None of what web.test:80 resolves to may be diagnosed: 169.254.169.254 is a link-local address and never diagnosed."; k.inv.Error != want || k.inv.State != investigations.Failed {
		t.Errorf("state %s, error %q, want %q", k.inv.State, k.inv.Error, want)
	}
	if f.count("try") != asked || len(k.inv.Resolution.Refused) != 2 {
		t.Errorf("asked %q, resolution %+v, want no packet and both refused", f.asked, k.inv.Resolution)
	}
}

func TestAnAddressInArgumentsIsJudgedToo(t *testing.T) {
	plan, err := investigations.LoadPlan("args.yml", []byte(strings.Replace(fabricPlan,
		"{id: unit, probe: unit, on: backend}", "{id: unit, probe: unit, on: backend, with: {address: 192.0.2.1}}", 1)), fabricCatalog())
	if err != nil {
		t.Fatal(err)
	}
	f := newFabric()
	e := newEngine(t, f)
	e.Plans["small"] = plan
	k := investigate(t, e, newInvestigation("web.test:80"))
	if c := k.check(t, 0, "unit", ""); c.State != investigations.CheckFailed || !strings.Contains(c.Error, "192.0.2.1") || f.count("unit") != 0 {
		t.Errorf("unit = %+v, want it refused before it is asked", c)
	}
}

func TestTooManyEndpoints(t *testing.T) {
	f := newFabric()
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("10.0.1.%d:80", i))
	}
	list, _ := json.Marshal(map[string]any{"endpoints": many})
	f.probes["lookup"] = says(0, string(list))
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if len(k.inv.Endpoints) != 16 || !k.inv.Resolution.Truncated {
		t.Errorf("%d endpoints, truncated %v, want 16 of them", len(k.inv.Endpoints), k.inv.Resolution.Truncated)
	}
}

func TestNothingResolved(t *testing.T) {
	for _, lookup := range []probing{
		says(0, `{"endpoints": []}`), says(0, `{}`),
		func(context.Context, string, investigations.Request) (investigations.Answer, error) {
			return investigations.Answer{Error: "no such host"}, nil
		},
		says(0, `rubbish`), says(0, `[1]`), says(0, ``), says(0, `{"endpoints": 7}`),
	} {
		f := newFabric()
		f.probes["lookup"] = lookup
		k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
		if k.inv.State != investigations.Concluded || k.inv.Verdict.Kind != investigations.VerdictInconclusive || f.count("try") != 0 {
			t.Errorf("state %s, %s, asked %q", k.inv.State, k.verdict(), f.asked)
		}
		for _, id := range []string{"try", "see", "unit", "zone"} {
			c := k.check(t, 0, id, "")
			if want := id == "zone"; c.State != investigations.CheckSkipped || (c.Error == "nothing was resolved") == want {
				t.Errorf("%s = %+v, want skipped: nothing was resolved", id, c)
			}
		}
		if ep := k.inv.Endpoints; len(ep) != 1 || ep[0].Address != "web.test:80" {
			t.Errorf("endpoints = %+v, want one that stands for the target", ep)
		}
	}
}
