package investigations_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// chaos answers as a seed says: with facts, a failure, rubbish, a panic, or
// never; soon, late, or too late.
type chaos struct {
	mu     sync.Mutex
	random *rand.Rand
	asked  map[string]int
}

func (c *chaos) pick(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

func (c *chaos) Runners(context.Context) ([]investigations.Runner, error) {
	all := []investigations.Runner{runner("lb1", "lb", "10.0.0.1"), runner("lb2", "lb", "10.0.0.9"), runner("web", "", "10.0.0.2"),
		runner("web2", "", "10.0.0.3"), runner("local", "", "10.0.0.3")}
	for i := range all {
		all[i].Alive = c.pick(6) > 0
		if c.pick(4) == 0 {
			all[i].Probes = all[i].Probes[c.pick(6):]
		}
		if c.pick(2) == 0 {
			all[i].Labels["zone"] = "eu"
		}
	}
	return all[c.pick(3):], nil
}

func (c *chaos) Probe(ctx context.Context, on string, r investigations.Request) (investigations.Answer, error) {
	c.mu.Lock()
	c.asked[r.Check+"@"+on+string(r.Args)]++
	c.mu.Unlock()
	if r.Armed != nil {
		time.Sleep(time.Duration(c.pick(3000)) * time.Millisecond)
		r.Armed()
		select {
		case <-r.Finish:
		case <-ctx.Done():
		}
	}
	if c.pick(20) == 0 {
		panic("boom")
	}
	wait := []time.Duration{0, time.Millisecond, time.Second, 4 * time.Second, time.Hour}[c.pick(5)]
	return says(wait, c.facts(r.Probe))(ctx, on, r)
}

func (c *chaos) facts(probe string) string {
	options := map[string][]string{
		"lookup":  {`{"endpoints":["10.0.0.2:80","10.0.0.3:80"]}`, `{"endpoints":["10.0.0.2:80"]}`, `{"endpoints":[]}`, `{}`, `{"endpoints":["192.0.2.1:80","10.0.0.2:80"]}`},
		"try":     {`{"connected":true,"refused":false}`, `{"connected":false,"refused":true}`, `{"connected":false,"refused":false}`, `{"refused":true}`, `{}`},
		"see":     {`{"syn":true}`, `{}`},
		"unit":    {`{"state":"inactive"}`, `{"state":"active"}`, `{}`, `{"state":7}`},
		"sockets": {`{"found":true}`, `{"found":false}`, `{}`, `]`},
		"trace":   {`{"hops":2}`, `{"hops":9}`, `{}`},
	}[probe]
	return options[c.pick(len(options))]
}

// Whatever hosts do, a run ends in time, leaves nothing open, asks nothing
// twice for one load balancer, and names no cause that its facts do not prove.
func TestChaos(t *testing.T) {
	kinds := map[investigations.VerdictKind]int{}
	for seed := range 300 {
		c := &chaos{random: rand.New(rand.NewPCG(uint64(seed), 1)), asked: map[string]int{}}
		e := newEngine(t, newFabric())
		e.Dispatcher = c
		inv := newInvestigation("web.test:80")
		k := &keeper{inv: inv}
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			if err := e.Run(t.Context(), inv, k.keep); err != nil {
				t.Errorf("seed %d: Run = %v", seed, err)
			}
			if took := time.Since(begin); took > 65*time.Second {
				t.Errorf("seed %d: took %s, want it within its limit", seed, took)
			}
			time.Sleep(2 * time.Hour)
		})
		kinds[k.judgeEnd(t, seed)]++
		views := map[string]bool{}
		for _, ep := range k.inv.Endpoints {
			views[ep.From] = true
		}
		for check, n := range c.asked {
			if n > len(views) {
				t.Errorf("seed %d: asked %s %d times for %d load balancers", seed, check, n, len(views))
			}
		}
	}
	if len(kinds) < 3 {
		t.Errorf("verdicts of all seeds: %v, want all three kinds among them", kinds)
	}
}

// judgeEnd holds an investigation's end against the facts in it.
func (k *keeper) judgeEnd(t *testing.T, seed int) investigations.VerdictKind {
	t.Helper()
	if k.inv.State != investigations.Concluded {
		t.Fatalf("seed %d: %s: %s", seed, k.inv.State, k.inv.Error)
	}
	for _, ep := range k.inv.Endpoints {
		var checks []investigations.Check
		for _, s := range ep.Steps {
			if s.Status == investigations.Pending || s.Status == investigations.Working {
				t.Errorf("seed %d: step %s of %s is %s", seed, s.ID, ep.Address, s.Status)
			}
			for _, c := range s.Checks {
				if !c.State.Ended() || c.State != investigations.CheckDone && c.Error == "" {
					t.Errorf("seed %d: check %+v of %s did not end with a reason", seed, c, ep.Address)
				}
			}
			checks = append(checks, s.Checks...)
		}
		k.judgeCauses(t, seed, ep, checks)
	}
	return k.inv.Verdict.Kind
}

func (k *keeper) judgeCauses(t *testing.T, seed int, ep investigations.Endpoint, checks []investigations.Check) {
	t.Helper()
	var facts struct {
		tryFacts
		unitFacts
		socketFacts
		traceFacts
	}
	for _, c := range checks {
		if c.State == investigations.CheckDone && c.ID != "zone" {
			_ = json.Unmarshal(c.Facts, &facts) // rubbish gives no facts
		}
	}
	is := func(b *bool, want bool) bool { return b != nil && *b == want }
	proved := map[string]bool{
		"stopped": is(facts.Refused, true) && facts.State != nil && *facts.State == "inactive",
		"closed":  is(facts.Refused, true) && is(facts.Found, false),
		"far":     is(facts.Connected, false) && is(facts.Refused, false) && facts.Hops != nil && *facts.Hops > 3,
	}
	for _, c := range ep.Verdict.Causes {
		if !proved[c.ID] {
			t.Errorf("seed %d: %s has the cause %s, which %s do not prove", seed, ep.Address, c.ID, fmt.Sprintf("%+v", facts))
		}
	}
	if len(ep.Verdict.Causes) == 0 && (proved["stopped"] || proved["closed"] || proved["far"]) {
		t.Errorf("seed %d: %s has no cause though %v is proved", seed, ep.Address, proved)
	}
	if ep.Verdict.Kind == investigations.VerdictHealthy && !is(facts.Connected, true) {
		t.Errorf("seed %d: %s is healthy without a connection", seed, ep.Address)
	}
}
