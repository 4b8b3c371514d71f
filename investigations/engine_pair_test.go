package investigations_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// moments are when things happened in a bubble's time.
type moments struct {
	armed, tried, tryEnded, finished time.Time
}

// timed notes when the pair of a fabric does what.
func timed(f *fabric, arm, try time.Duration) *moments {
	m := &moments{}
	f.probes["see"] = func(ctx context.Context, on string, r investigations.Request) (investigations.Answer, error) {
		time.Sleep(arm)
		m.armed = time.Now()
		r.Armed()
		<-r.Finish
		m.finished = time.Now()
		return says(0, `{"syn": true}`)(ctx, on, r)
	}
	f.probes["try"] = func(ctx context.Context, on string, r investigations.Request) (investigations.Answer, error) {
		m.tried = time.Now()
		a, err := says(try, `{"connected": false, "refused": true}`)(ctx, on, r)
		m.tryEnded = time.Now()
		return a, err
	}
	return m
}

func TestAWatchIsArmedBeforeItsPartnerStarts(t *testing.T) {
	f := newFabric()
	m := timed(f, 500*time.Millisecond, time.Second)
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if m.tried.Before(m.armed) {
		t.Errorf("tried at %s, armed at %s, want it armed first", m.tried, m.armed)
	}
	if late := m.finished.Sub(m.tryEnded); late != 200*time.Millisecond {
		t.Errorf("the watch finished %s after its partner, want 200ms", late)
	}
	try, see := k.check(t, 0, "try", ""), k.check(t, 0, "see", "")
	if see.State != investigations.CheckDone || try.State != investigations.CheckDone {
		t.Errorf("try = %+v, see = %+v, want both done", try, see)
	}
	var a, b struct{ Ports []int64 }
	if json.Unmarshal(try.Args, &a) != nil || json.Unmarshal(see.Args, &b) != nil || len(a.Ports) == 0 || !slices.Equal(a.Ports, b.Ports) {
		t.Errorf("source ports of try %v, of see %v, want the same", a.Ports, b.Ports)
	}
	before(t, k.order(), "check see running", "check try running")
}

func TestAWatchOnTheSameHostLingersLess(t *testing.T) {
	f := newFabric()
	f.probes["lookup"] = says(0, `{"endpoints": ["127.0.0.1:80"]}`)
	m := timed(f, 0, time.Second)
	investigate(t, newEngine(t, f), newInvestigation("127.0.0.1:80"))
	if late := m.finished.Sub(m.tryEnded); late != 5*time.Millisecond {
		t.Errorf("the watch finished %s after its partner on the same host, want 5ms", late)
	}
}

func TestAWatchThatIsNotArmedInTimeHasFailed(t *testing.T) {
	f := newFabric()
	m := timed(f, 3*time.Second, 2*time.Second)
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if m.armed.Sub(m.tried) != time.Second {
		t.Errorf("tried at %s, armed at %s, want the check to start after 2 s all the same", m.tried, m.armed)
	}
	if c := k.check(t, 0, "see", ""); c.State != investigations.CheckFailed || c.Error != "it was not armed within 2s" || c.Facts != nil {
		t.Errorf("see = %+v, want failed and without facts", c)
	}
	if k.verdict() != "cause [stopped]" {
		t.Errorf("verdict = %s", k.verdict())
	}
}

func TestAWatchThatFailsHoldsNothingUp(t *testing.T) {
	for _, say := range []probing{
		func(context.Context, string, investigations.Request) (investigations.Answer, error) {
			return investigations.Answer{Error: "not permitted: needs CAP_NET_RAW"}, nil
		},
		func(context.Context, string, investigations.Request) (investigations.Answer, error) { panic("boom") },
	} {
		f := newFabric()
		m := timed(f, 0, time.Millisecond)
		f.probes["see"] = say
		k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
		if c := k.check(t, 0, "see", ""); c.State != investigations.CheckFailed {
			t.Errorf("see = %+v, want failed", c)
		}
		if begin := k.events[0].Time; m.tried.Sub(begin) > time.Second {
			t.Errorf("tried %s after the beginning, want at once", m.tried.Sub(begin))
		}
	}
}

func TestAPartnerStartsWithoutAWatchThatNobodyCanCarryOut(t *testing.T) {
	f := newFabric()
	f.runners[1].Probes = []string{"unit", "sockets"}
	f.runners[1].Lacks = map[string]string{"see": "needs CAP_NET_RAW"}
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if c := k.check(t, 0, "see", ""); c.State != investigations.CheckSkipped || c.Error != "not permitted: needs CAP_NET_RAW" || f.count("see") != 0 {
		t.Errorf("see = %+v, want skipped", c)
	}
	if k.verdict() != "cause [stopped]" || f.count("try") != 1 {
		t.Errorf("verdict = %s after %d tries", k.verdict(), f.count("try"))
	}
}

func TestAWatchEndsWithThePartnerThatEndedWithoutIt(t *testing.T) {
	inv := newInvestigation("web.test:80")
	k := investigate(t, newEngine(t, newFabric()), inv)
	crashed := k.inv
	crashed.State, crashed.Verdict = investigations.Running, nil
	for i, c := range crashed.Endpoints[0].Steps[0].Checks {
		if c.ID == "see" { // its partner is done; its own answer was lost in the crash
			crashed.Endpoints[0].Steps[0].Checks[i].State = investigations.CheckRunning
		}
	}
	f := newFabric()
	k = investigate(t, newEngine(t, f), crashed)
	if c := k.check(t, 0, "see", ""); c.State != investigations.CheckFailed || !strings.Contains(c.Error, "before it was armed") || len(f.asked) != 0 {
		t.Errorf("see = %+v, asked %q, want it failed and nothing asked", c, f.asked)
	}
}
