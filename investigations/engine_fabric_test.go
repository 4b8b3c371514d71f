package investigations_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// The facts and the plan of the engine's tests: small ones, in which it is
// plain what needs what.

type lookupFacts struct {
	Endpoints []string `json:"endpoints"`
}

type tryFacts struct {
	Connected *bool `json:"connected"`
	Refused   *bool `json:"refused"`
}

type seeFacts struct {
	SYN *bool `json:"syn"`
}

type unitFacts struct {
	State *string `json:"state"`
}

type socketFacts struct {
	Found *bool `json:"found"`
}

type traceFacts struct {
	Hops *int64 `json:"hops"`
}

type anyArgs struct {
	Name    string  `json:"name"`
	Address string  `json:"address"`
	Port    int64   `json:"port"`
	Ports   []int64 `json:"ports"`
}

func fabricCatalog() investigations.Catalog {
	c := investigations.Catalog{}
	add := func(name string, facts any, slow, watch bool) {
		c[name] = investigations.ProbeSpec{Name: name, Help: name, Args: reflect.TypeFor[anyArgs](), Facts: reflect.TypeOf(facts),
			Timeout: 5 * time.Second, Slow: slow, Watch: watch}
	}
	add("lookup", lookupFacts{}, false, false)
	add("try", tryFacts{}, false, false)
	add("see", seeFacts{}, false, true)
	add("unit", unitFacts{}, false, false)
	add("sockets", socketFacts{}, false, false)
	add("trace", traceFacts{}, true, false)
	add("zone", tryFacts{}, false, false)
	return c
}

const fabricPlan = `
plan: small
title: Small
help: for tests
inputs:
  target: {type: target}
  lb: {type: string, optional: true, help: who connects}
endpoints: lookup.endpoints
steps:
  - id: reproduce
    title: Reproduce
    checks:
      - {id: lookup, probe: lookup, on: lb, per: target, with: {name: '{{ target.host }}', port: '{{ target.port }}'}}
      - {id: try, probe: try, on: lb, with: {address: '{{ endpoint.ip }}', port: '{{ endpoint.port }}', ports: '{{ ports }}'}}
      - {id: see, probe: see, on: backend, paired: try, with: {ports: '{{ ports }}'}}
    findings:
      - {problem: try.refused, say: '{{ endpoint.address }} refuses'}
      - {ok: try.connected, say: '{{ endpoint.address }} accepts'}
  - id: status
    title: Status
    checks:
      - {id: unit, probe: unit, on: backend}
      - {id: sockets, probe: sockets, on: backend, after: [try]}
    findings:
      - {problem: 'unit.state == "inactive"', say: the unit is stopped}
      - {ok: 'unit.state == "active"', say: the unit runs}
  - id: network
    title: Network
    checks:
      - {id: trace, probe: trace, on: lb, with: {address: '{{ endpoint.ip }}'}}
      - {id: zone, probe: try, on: 'zone=eu', with: {address: '{{ endpoint.ip }}'}}
    findings:
      - {ok: trace.hops > 0, say: '{{ trace.hops }} hops'}
healthy: try.connected
causes:
  - id: stopped
    when: try.refused && unit.state == "inactive"
    say: the unit on {{ backend.host }} is stopped
    explains: [closed]
    remedies: [{kind: fix, on: backend, run: systemctl start web, explain: starts it, risk: low}]
    unknown: {commands: ['systemctl status web']}
  - id: closed
    when: try.refused && !sockets.found
    say: nothing listens
    remedies: [{kind: inspect, on: backend, run: ss -ltn, explain: shows who listens}]
    unknown: {commands: ['ss -ltn']}
  - id: far
    when: '!try.connected && !try.refused && trace.hops > 3'
    on: lb
    say: it is too far
    remedies: [{kind: inspect, on: lb, run: traceroute x, explain: shows the way}]
    unknown: {commands: ['traceroute x']}
`

var smallPlan = sync.OnceValues(func() (*investigations.Plan, error) {
	return investigations.LoadPlan("small.yml", []byte(fabricPlan), fabricCatalog())
})

// probing is what a test's host does when it is asked.
type probing func(ctx context.Context, runner string, r investigations.Request) (investigations.Answer, error)

// fabric is a Dispatcher whose hosts are functions in this process.
type fabric struct {
	runners []investigations.Runner
	probes  map[string]probing

	mu    sync.Mutex
	asked []string // probe@runner, in order of arrival
}

func (f *fabric) Runners(context.Context) ([]investigations.Runner, error) { return f.runners, nil }

func (f *fabric) Probe(ctx context.Context, runner string, r investigations.Request) (investigations.Answer, error) {
	f.mu.Lock()
	f.asked = append(f.asked, r.Probe+"@"+runner)
	f.mu.Unlock()
	p := f.probes[r.Probe]
	if p == nil {
		return investigations.Answer{Error: "no such probe in this test"}, nil
	}
	return p(ctx, runner, r)
}

// count is how often a probe was asked for.
func (f *fabric) count(probe string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, a := range f.asked {
		if a[:len(probe)] == probe && a[len(probe)] == '@' {
			n++
		}
	}
	return n
}

// says answers with facts, after d.
func says(d time.Duration, facts string) probing {
	return func(ctx context.Context, _ string, _ investigations.Request) (investigations.Answer, error) {
		select {
		case <-time.After(d):
			return investigations.Answer{Facts: json.RawMessage(facts), Started: time.Now().Add(-d), Took: d}, nil
		case <-ctx.Done():
			return investigations.Answer{}, ctx.Err()
		}
	}
}

// watches arms after d and answers with facts once it may finish.
func watches(d time.Duration, facts string) probing {
	return func(ctx context.Context, runner string, r investigations.Request) (investigations.Answer, error) {
		time.Sleep(d)
		r.Armed()
		select {
		case <-r.Finish:
			return says(0, facts)(ctx, runner, r)
		case <-ctx.Done():
			return investigations.Answer{}, ctx.Err()
		}
	}
}

func runner(name, role string, addresses ...string) investigations.Runner {
	return investigations.Runner{Name: name, Host: name, Alive: true, Labels: map[string]string{"role": role},
		Addresses: addresses, Probes: []string{"lookup", "try", "see", "unit", "sockets", "trace"}}
}

// newFabric is one load balancer and one backend, whose port is closed because
// its unit is stopped.
func newFabric() *fabric {
	return &fabric{
		runners: []investigations.Runner{runner("lb1", "lb", "10.0.0.1"), runner("web", "backend", "10.0.0.2"), runner("local", "")},
		probes: map[string]probing{
			"lookup":  says(time.Millisecond, `{"endpoints": ["10.0.0.2:80"]}`),
			"try":     says(time.Millisecond, `{"connected": false, "refused": true}`),
			"see":     watches(time.Millisecond, `{"syn": true}`),
			"unit":    says(2*time.Millisecond, `{"state": "inactive"}`),
			"sockets": says(2*time.Millisecond, `{"found": false}`),
			"trace":   says(3*time.Second, `{"hops": 5}`),
		},
	}
}

func newEngine(t testing.TB, f *fabric) *investigations.Engine {
	t.Helper()
	plan, err := smallPlan()
	if err != nil {
		t.Fatal(err)
	}
	allow, err := investigations.NewAllowList([]string{"10.0.0.0/8", "127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	return &investigations.Engine{Plans: map[string]*investigations.Plan{"small": plan}, Dispatcher: f, Allow: allow}
}

func newInvestigation(target string, inputs ...string) investigations.Investigation {
	inv := investigations.Investigation{Schema: investigations.Schema, ID: "01KB8Z3V1N0000000000000000", Target: target, Plan: "small",
		State: investigations.Running, Inputs: map[string]string{}}
	for i := 0; i < len(inputs); i += 2 {
		inv.Inputs[inputs[i]] = inputs[i+1]
	}
	return inv
}

// keeper is a Sink that keeps the events and the investigation that they give.
type keeper struct {
	inv    investigations.Investigation
	events []investigations.Event
	hook   func(investigations.Event) error
}

func (k *keeper) keep(ctx context.Context, e investigations.Event) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	var stored investigations.Event
	if err := json.Unmarshal(raw, &stored); err != nil {
		return err
	}
	k.events = append(k.events, stored)
	k.inv.Apply(stored)
	if k.hook != nil {
		return k.hook(stored)
	}
	return nil
}

// check finds a check of an endpoint.
func (k *keeper) check(t *testing.T, endpoint int, id, on string) investigations.Check {
	t.Helper()
	for _, s := range k.inv.Endpoints[endpoint].Steps {
		for _, c := range s.Checks {
			if c.ID == id && (on == "" || c.On == on) {
				return c
			}
		}
	}
	t.Fatalf("endpoint %d has no check %s on %q", endpoint, id, on)
	return investigations.Check{}
}

// order lists what happened, for example "check try running" or "step status".
func (k *keeper) order() []string {
	var out []string
	for _, e := range k.events {
		switch e.Kind {
		case investigations.EventCheck:
			out = append(out, fmt.Sprintf("check %s %s", e.Check.ID, e.Check.State))
		case investigations.EventStep:
			out = append(out, "step "+e.Step)
		default:
			out = append(out, string(e.Kind))
		}
	}
	return out
}

// investigate runs to the end in a bubble of its own time.
func investigate(t *testing.T, e *investigations.Engine, inv investigations.Investigation) *keeper {
	t.Helper()
	k := &keeper{inv: inv}
	synctest.Test(t, func(t *testing.T) {
		if err := e.Run(t.Context(), inv, k.keep); err != nil {
			t.Errorf("Run(%s) = %v", inv.Target, err)
		}
		time.Sleep(time.Hour) // what heard nothing ends in its own time
	})
	return k
}

// verdict spells a verdict: its kind and causes.
func (k *keeper) verdict() string {
	v := k.inv.Verdict
	if v == nil {
		return string(k.inv.State) + ": " + k.inv.Error
	}
	ids := []string{}
	for _, c := range v.Causes {
		ids = append(ids, c.ID)
	}
	return fmt.Sprint(v.Kind, " ", ids)
}

func before(t *testing.T, order []string, first, second string) {
	t.Helper()
	a, b := slices.Index(order, first), slices.Index(order, second)
	if a < 0 || b < 0 || cmp.Compare(a, b) >= 0 {
		t.Errorf("want %q before %q in %q", first, second, order)
	}
}
