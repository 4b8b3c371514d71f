package plans_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/plans"
	"github.com/plexorbot/plexor/investigations/probe"
	"go.yaml.in/yaml/v3"
)

// planCase is a test of a plan, as its file has it.
type planCase struct {
	Name     string
	Target   string
	Endpoint string
	Inputs   map[string]string
	Vantages map[string]*struct {
		Name        string
		Lost, Local bool
		StandIn     bool `yaml:"stand_in"`
		Addresses   []string
	}
	Facts   map[string]any
	Failed  map[string]string
	Verdict struct {
		Kind   investigations.VerdictKind
		Causes []string
	}
}

// hosts is a Dispatcher whose hosts answer with the facts of a case, each check
// after a time of its own.
type hosts struct {
	c       planCase
	runners []investigations.Runner
	behind  map[string]string
	quick   bool // answer at once

	mu    sync.Mutex
	asked []string
}

func (h *hosts) Runners(context.Context) ([]investigations.Runner, error) { return h.runners, nil }

func (h *hosts) Probe(ctx context.Context, on string, r investigations.Request) (investigations.Answer, error) {
	h.mu.Lock()
	h.asked = append(h.asked, r.Check)
	h.mu.Unlock()
	if r.Armed != nil {
		r.Armed()
		select {
		case <-r.Finish:
		case <-ctx.Done():
			return investigations.Answer{}, ctx.Err()
		}
	}
	if !h.quick {
		time.Sleep(time.Duration(len(r.Check)) * 10 * time.Millisecond)
	}
	if why := h.c.Failed[r.Check]; why != "" {
		return investigations.Answer{Error: why}, nil
	}
	facts, ok := h.c.Facts[r.Check]
	if !ok && r.Check == "route" { // a case with the load balancer's rules alone: they need the source
		facts, ok = map[string]any{"source": "10.77.1.2"}, h.c.Facts["firewall_lb"] != nil
	}
	if !ok {
		return investigations.Answer{Error: "not in the test"}, nil
	}
	raw, err := json.Marshal(facts)
	return investigations.Answer{Facts: raw}, err
}

// staff gives the runners that stand where the case has them.
func (h *hosts) staff(c planCase) {
	endpoint := strings.Trim(c.Endpoint[:strings.LastIndex(c.Endpoint, ":")], "[]")
	for vantage, name := range map[string]string{"lb": "lb", "backend": "web"} {
		r := investigations.Runner{Name: name, Alive: true, Labels: map[string]string{}}
		v, said := c.Vantages[vantage]
		if said && v == nil {
			continue
		}
		if said {
			r.Alive, r.Addresses = !v.Lost, v.Addresses
			if v.Name != "" {
				r.Name = v.Name
			}
		}
		switch {
		case vantage == "backend" && len(r.Addresses) > 0:
			h.behind = map[string]string{endpoint: r.Name} // an address of NAT
		case vantage == "backend":
			r.Addresses = []string{endpoint}
		case v == nil || !v.StandIn:
			r.Labels["role"] = "lb"
		}
		h.add(r)
	}
	if c.Facts["resolve_local"] != nil || c.Facts["other_connect"] != nil {
		h.add(investigations.Runner{Name: "local", Alive: true})
	}
}

func (h *hosts) add(r investigations.Runner) {
	for name := range probe.Catalog() {
		r.Probes = append(r.Probes, name)
	}
	i := slices.IndexFunc(h.runners, func(o investigations.Runner) bool { return o.Name == r.Name })
	if i < 0 {
		h.runners = append(h.runners, r)
		return
	}
	h.runners[i].Addresses = append(h.runners[i].Addresses, r.Addresses...)
}

// What a plan's tests say of facts that are all known at once holds, too, where
// the engine asks for them one after the other, and only for what is needed.
func TestTheEngineComesToTheVerdictOfEachPlanTest(t *testing.T) {
	catalog := probe.Catalog()
	names, err := fs.Glob(plans.Builtin(), "*.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(plans.Builtin(), name)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := investigations.LoadPlan(name, src, catalog)
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Tests []planCase }
		if err := yaml.Unmarshal(src, &file); err != nil {
			t.Fatal(err)
		}
		for _, c := range file.Tests {
			t.Run(c.Name, func(t *testing.T) { runCase(t, plan, c) })
		}
	}
}

func runCase(t *testing.T, plan *investigations.Plan, c planCase) {
	if c.Target == "" {
		c.Target = "web.test:8080"
	}
	if c.Endpoint == "" {
		c.Endpoint = "10.77.2.2:8080"
	}
	if !resolvesTo(c) {
		t.Skip("its facts resolve to no endpoint that it judges")
	}
	h := &hosts{c: c}
	h.staff(c)
	allow, err := investigations.NewAllowList([]string{"0.0.0.0/0", "::/0", "*"})
	if err != nil {
		t.Fatal(err)
	}
	e := &investigations.Engine{Plans: map[string]*investigations.Plan{plan.Name: plan}, Dispatcher: h, Allow: allow, Addresses: h.behind}
	inv := investigations.Investigation{Schema: investigations.Schema, ID: "01KB8Z3V1N0000000000000000", Target: c.Target, Plan: plan.Name,
		Inputs: c.Inputs, State: investigations.Running}
	synctest.Test(t, func(t *testing.T) {
		err := e.Run(t.Context(), inv, func(_ context.Context, e investigations.Event) error {
			inv.Apply(e)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	h.judge(t, inv)
}

func resolvesTo(c planCase) bool {
	for _, id := range []string{"resolve", "upstream"} {
		if facts, ok := c.Facts[id].(map[string]any); ok {
			endpoints, _ := facts["endpoints"].([]any)
			return slices.Contains(endpoints, any(c.Endpoint)) || len(endpoints) == 0
		}
	}
	return false
}

func (h *hosts) judge(t *testing.T, inv investigations.Investigation) {
	if inv.Verdict == nil {
		t.Fatalf("%s: %s", inv.State, inv.Error)
	}
	got := []string{}
	for _, c := range inv.Verdict.Causes {
		got = append(got, c.ID)
	}
	want := h.c.Verdict
	if inv.Verdict.Kind != want.Kind || !slices.Equal(got, append([]string{}, want.Causes...)) {
		t.Errorf("verdict = %s %v, want %s %v\nasked %v\n%s", inv.Verdict.Kind, got, want.Kind, want.Causes, h.asked, ended(inv))
	}
	slow := slices.Contains(h.asked, "path") || slices.Contains(h.asked, "control")
	if slow && (want.Kind == investigations.VerdictHealthy || slices.Equal(want.Causes, []string{"proc-not-running"})) {
		t.Errorf("%s asked for a slow check: %v", inv.Verdict.Kind, h.asked)
	}
}

// ended lists how each check ended.
func ended(inv investigations.Investigation) string {
	var out strings.Builder
	for _, ep := range inv.Endpoints {
		for _, s := range ep.Steps {
			for _, c := range s.Checks {
				fmt.Fprintf(&out, "%s %s on %s: %s %s\n", ep.Address, c.ID, c.On, c.State, c.Error)
			}
		}
	}
	return out.String()
}
