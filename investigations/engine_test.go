package investigations_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

func TestRunProvesACause(t *testing.T) {
	f := newFabric()
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if got := k.verdict(); got != "cause [stopped]" {
		t.Fatalf("verdict = %s, want cause [stopped]", got)
	}
	v := k.inv.Verdict
	if v.Headline != "the unit on web is stopped" || v.Causes[0].On != "web" || v.Causes[0].Endpoint != "10.0.0.2:80" || len(v.Causes[0].Remedies) != 1 {
		t.Errorf("verdict = %+v, want the stopped unit on web with its remedy", v)
	}
	if !slices.Equal(v.RuledOut, []string{"far"}) {
		t.Errorf("ruled out = %q, want far", v.RuledOut)
	}
	if n := f.count("trace"); n != 0 {
		t.Errorf("a stopped unit got %d path traces, want none", n)
	}
	if c := k.check(t, 0, "trace", ""); c.State != investigations.CheckSkipped || !strings.HasPrefix(c.Error, "not needed") {
		t.Errorf("trace = %+v, want skipped as not needed", c)
	}
	for _, n := range v.NotChecked {
		if n.Check == "trace" {
			t.Errorf("not checked = %+v, want nothing that was not needed", v.NotChecked)
		}
	}
}

func TestRunHealthy(t *testing.T) {
	f := newFabric()
	f.probes["try"] = says(time.Millisecond, `{"connected": true, "refused": false}`)
	f.probes["unit"] = says(time.Millisecond, `{"state": "active"}`)
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if got := k.verdict(); got != "healthy []" {
		t.Fatalf("verdict = %s, want healthy", got)
	}
	if want := "10.0.0.2:80 accepts connections from lb1"; k.inv.Verdict.Headline != want {
		t.Errorf("headline = %q, want %q", k.inv.Verdict.Headline, want)
	}
	if f.count("trace")+f.count("sockets") != 0 {
		t.Errorf("asked %q of a healthy target, want neither trace nor sockets", f.asked)
	}
}

func TestAHealthyTargetGetsNoSlowCheck(t *testing.T) {
	f := newFabric()
	f.probes["try"] = says(time.Millisecond, `{"connected": true, "refused": false}`)
	f.probes["unit"] = says(time.Second, `{"state": "active"}`)
	plan, err := investigations.LoadPlan("slow.yml", []byte(strings.Replace(fabricPlan,
		`'!try.connected && !try.refused && trace.hops > 3'`, `unit.state == "active" && trace.hops > 3`, 1)), fabricCatalog())
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, f)
	e.Plans["small"] = plan
	k := investigate(t, e, newInvestigation("web.test:80"))
	if n := f.count("trace"); n != 0 || k.verdict() != "healthy []" {
		t.Errorf("verdict = %s after %d traces, want healthy without one", k.verdict(), n)
	}
}

func TestRunDrawsTheThreadFirst(t *testing.T) {
	k := investigate(t, newEngine(t, newFabric()), newInvestigation("web.test:80"))
	first := k.events[0]
	if first.Kind != investigations.EventResolved || first.Resolution != nil || len(first.Endpoints) != 1 || first.Endpoints[0].Address != "web.test:80" {
		t.Fatalf("first event = %+v, want one endpoint that stands for the target", first)
	}
	steps := first.Endpoints[0].Steps
	if len(steps) != 3 || steps[0].Status != investigations.Pending || len(steps[0].Checks) != 3 || steps[0].Checks[1].State != investigations.CheckPending {
		t.Errorf("first steps = %+v, want all of them with all checks pending", steps)
	}
	if r := k.inv.Resolution; r == nil || r.On != "lb1" || !slices.Equal(r.Addresses, []string{"10.0.0.2:80"}) {
		t.Errorf("resolution = %+v, want 10.0.0.2:80 on lb1", r)
	}
	if ep := k.inv.Endpoints[0]; ep.Address != "10.0.0.2:80" || ep.From != "lb1" || ep.Backend != "web" {
		t.Errorf("endpoint = %s from %s at %s", ep.Address, ep.From, ep.Backend)
	}
	if last := k.events[len(k.events)-1]; last.Kind != investigations.EventEnded || last.State != investigations.Concluded {
		t.Errorf("last event = %+v, want the end", last)
	}
}

func TestStepsAreToldInPlanOrder(t *testing.T) {
	f := newFabric()
	f.probes["try"] = says(4*time.Second, `{"connected": false, "refused": true}`) // the first step comes last
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	order := k.order()
	before(t, order, "check unit done", "check try done")
	before(t, order, "check try done", "step reproduce")
	before(t, order, "step reproduce", "step status")
	before(t, order, "step status", "step network")
	before(t, order, "step network", "ended")
	if s := k.inv.Endpoints[0].Steps; s[0].Status != "problem" || s[0].Headline != "10.0.0.2:80 refuses" || s[1].Status != "problem" {
		t.Errorf("steps = %+v", s)
	}
}

func TestChecksRunSideBySide(t *testing.T) {
	f := newFabric()
	meet := func(mine, other chan struct{}, facts string) probing {
		return func(ctx context.Context, on string, r investigations.Request) (investigations.Answer, error) {
			close(mine)
			<-other
			return says(0, facts)(ctx, on, r)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		tried, united := make(chan struct{}), make(chan struct{})
		f.probes["try"] = meet(tried, united, `{"connected": false, "refused": true}`)
		f.probes["unit"] = meet(united, tried, `{"state": "inactive"}`)
		inv := newInvestigation("web.test:80")
		k := &keeper{inv: inv}
		if err := newEngine(t, f).Run(t.Context(), inv, k.keep); err != nil || k.verdict() != "cause [stopped]" {
			t.Errorf("Run = %v, %s: two checks that meet each other, want a cause", err, k.verdict())
		}
	})
}

func TestSlowChecksWaitForQuickOnes(t *testing.T) {
	f := newFabric()
	f.probes["try"] = says(4*time.Second, `{"connected": false, "refused": false}`)
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if got := k.verdict(); got != "cause [far]" {
		t.Fatalf("verdict = %s, want cause [far]", got)
	}
	before(t, k.order(), "check try done", "check trace running")
}

func TestASlowCheckIsDroppedWhenNothingNeedsIt(t *testing.T) {
	f := newFabric()
	f.probes["try"] = says(time.Millisecond, `{"connected": false, "refused": false}`)
	f.probes["trace"] = says(time.Hour, `{"hops": 5}`)
	f.probes["zone"] = says(2*time.Second, `{"connected": true}`)
	plan, err := investigations.LoadPlan("drop.yml", []byte(strings.NewReplacer(
		"{id: zone, probe: try, on: 'zone=eu', with: {address: '{{ endpoint.ip }}'}}",
		"{id: zone, probe: zone, on: lb, after: [try]}",
		`try.refused && unit.state == "inactive"`, `zone.connected`,
		"explains: [closed]", "explains: [far]",
	).Replace(fabricPlan)), fabricCatalog())
	if err != nil {
		t.Fatal(err)
	}
	f.runners[0].Probes = append(f.runners[0].Probes, "zone")
	e := newEngine(t, f)
	e.Plans["small"] = plan
	k := investigate(t, e, newInvestigation("web.test:80"))
	if got := k.verdict(); got != "cause [stopped]" {
		t.Fatalf("verdict = %s, want cause [stopped]", got)
	}
	if c := k.check(t, 0, "trace", ""); c.State != investigations.CheckSkipped || c.Error != "not needed any more" || f.count("trace") != 1 {
		t.Errorf("trace = %+v, asked %d times, want it dropped on its way", c, f.count("trace"))
	}
}

func TestAPanicIsAFailedCheck(t *testing.T) {
	f := newFabric()
	f.probes["unit"] = func(context.Context, string, investigations.Request) (investigations.Answer, error) { panic("boom") }
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if c := k.check(t, 0, "unit", ""); c.State != investigations.CheckFailed || !strings.Contains(c.Error, "panicked") {
		t.Errorf("unit = %+v, want failed by a panic", c)
	}
	if got := k.verdict(); got != "cause [closed]" {
		t.Errorf("verdict = %s, want what can be proved without it", got)
	}
}

func TestEveryCheckHasADeadline(t *testing.T) {
	f := newFabric()
	f.probes["sockets"] = says(time.Hour, `{}`)
	f.probes["unit"] = func(context.Context, string, investigations.Request) (investigations.Answer, error) {
		time.Sleep(time.Minute) // hears nothing
		return investigations.Answer{}, nil
	}
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	for _, id := range []string{"unit", "sockets"} {
		if c := k.check(t, 0, id, ""); c.State != investigations.CheckFailed || c.Error != "no answer from runner web within 5s" {
			t.Errorf("%s = %+v, want no answer within 5s", id, c)
		}
	}
	if v := k.inv.Verdict; v.Kind != investigations.VerdictInconclusive || len(v.Candidates) != 2 || v.ExitCode() != 2 {
		t.Errorf("verdict = %+v, want two candidates", v)
	}
	if got, want := k.inv.Verdict.Headline, "10.0.0.2:80 refuses; the cause is not proved, two are possible"; got != want {
		t.Errorf("headline = %q, want %q", got, want)
	}
}

func TestTheRunHasALimit(t *testing.T) {
	f := newFabric()
	f.probes["lookup"] = says(time.Hour, `{}`)
	e := newEngine(t, f)
	e.Limits = investigations.Limits{Total: 3 * time.Second}
	k := investigate(t, e, newInvestigation("web.test:80"))
	if c := k.check(t, 0, "lookup", ""); c.State != investigations.CheckFailed || !strings.Contains(c.Error, "limit of 3s") {
		t.Errorf("lookup = %+v, want failed at the limit", c)
	}
	if k.inv.State != investigations.Concluded || k.inv.Verdict.Kind != investigations.VerdictInconclusive {
		t.Errorf("state %s, verdict %s, want an inconclusive end", k.inv.State, k.verdict())
	}
}

func TestCancel(t *testing.T) {
	for _, tt := range []struct {
		cause error
		state investigations.State
		err   error
	}{
		{nil, investigations.Cancelled, nil},
		{investigations.ErrSuspended, investigations.Running, investigations.ErrSuspended},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFabric()
			f.probes["unit"] = says(time.Hour, `{}`)
			inv := newInvestigation("web.test:80")
			k := &keeper{inv: inv}
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(tt.cause) })
			if err := newEngine(t, f).Run(ctx, inv, k.keep); !errors.Is(err, tt.err) {
				t.Errorf("Run cancelled by %v = %v, want %v", tt.cause, err, tt.err)
			}
			if k.inv.State != tt.state {
				t.Errorf("state after a cancel by %v = %s, want %s", tt.cause, k.inv.State, tt.state)
			}
			unit := k.check(t, 0, "unit", "")
			if open := !unit.State.Ended(); open != (tt.state == investigations.Running) {
				t.Errorf("after a cancel by %v unit is %+v", tt.cause, unit)
			}
		})
	}
}

func TestASinkErrorEndsTheRun(t *testing.T) {
	full := errors.New("disk full")
	for n := range 12 {
		synctest.Test(t, func(t *testing.T) {
			inv := newInvestigation("web.test:80")
			k := &keeper{inv: inv}
			k.hook = func(investigations.Event) error {
				if len(k.events) > n {
					return full
				}
				return nil
			}
			if err := newEngine(t, newFabric()).Run(t.Context(), inv, k.keep); !errors.Is(err, full) || len(k.events) != n+1 {
				t.Errorf("Run with a sink full after %d events = %v, told %d", n, err, len(k.events))
			}
		})
	}
}

// A crash between any two events loses nothing and asks nothing twice: the run
// goes on to the same verdict.
func TestARunIsAFunctionOfTheFacts(t *testing.T) {
	whole := investigate(t, newEngine(t, newFabric()), newInvestigation("web.test:80"))
	for n := range whole.events {
		inv := newInvestigation("web.test:80")
		for _, e := range whole.events[:n] {
			inv.Apply(e)
		}
		known, told := map[string]bool{}, map[string]bool{}
		for _, ep := range inv.Endpoints {
			for _, s := range ep.Steps {
				told[s.ID] = s.Status == investigations.Problem
				for _, c := range s.Checks {
					known[c.Probe+"@"+c.On] = c.State.Ended()
				}
			}
		}
		f := newFabric()
		k := investigate(t, newEngine(t, f), inv)
		if k.verdict() != whole.verdict() || k.inv.Verdict.Headline != whole.inv.Verdict.Headline {
			t.Errorf("resumed after %d events: %s, want %s", n, k.verdict(), whole.verdict())
		}
		for _, a := range f.asked {
			if known[a] {
				t.Errorf("resumed after %d events: asked %s again", n, a)
			}
		}
		for _, e := range k.events {
			if e.Kind == investigations.EventStep && told[e.Step] {
				t.Errorf("resumed after %d events: told step %s again", n, e.Step)
			}
		}
		for i, s := range k.inv.Endpoints[0].Steps {
			if s.Status != whole.inv.Endpoints[0].Steps[i].Status {
				t.Errorf("resumed after %d events: step %s is %s, want %s", n, s.ID, s.Status, whole.inv.Endpoints[0].Steps[i].Status)
			}
		}
	}
}

func TestEventsGiveTheInvestigation(t *testing.T) {
	k := investigate(t, newEngine(t, newFabric()), newInvestigation("web.test:80"))
	twice := newInvestigation("web.test:80")
	for _, e := range k.events {
		twice.Apply(e)
		twice.Apply(e)
	}
	if !reflect.DeepEqual(twice, k.inv) {
		a, _ := json.Marshal(twice)
		b, _ := json.Marshal(k.inv)
		t.Errorf("each event applied twice gives\n%s, want\n%s", a, b)
	}
	if again := investigate(t, newEngine(t, newFabric()), k.inv); len(again.events) != 0 {
		t.Errorf("an investigation that ended emitted %q", again.order())
	}
}

func TestRunFails(t *testing.T) {
	for _, tt := range []struct{ target, plan, lb, want string }{
		{"web.test:80", "nope", "", "no plan called"},
		{"web.test:0", "small", "", "no such port"},
		{"192.0.2.1:80", "small", "", "not among the targets"},
		{"2852039166:80", "small", "", "link-local"},
		{"web.test:80", "small", "ghost", "no runner called \"ghost\""},
	} {
		inv := newInvestigation(tt.target, "lb", tt.lb)
		inv.Plan = tt.plan
		f := newFabric()
		k := investigate(t, newEngine(t, f), inv)
		if k.inv.State != investigations.Failed || !strings.Contains(k.inv.Error, tt.want) || len(f.asked) != 0 {
			t.Errorf("Run(%s, %s) = %s %q, asked %q, want it to fail with %q", tt.target, tt.plan, k.inv.State, k.inv.Error, f.asked, tt.want)
		}
	}
}
