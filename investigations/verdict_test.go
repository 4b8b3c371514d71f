package investigations_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

func TestExitCode(t *testing.T) {
	for kind, want := range map[investigations.VerdictKind]int{
		investigations.VerdictHealthy: 0, investigations.VerdictCause: 1, investigations.VerdictInconclusive: 2, "": 3,
	} {
		if got := (&investigations.Verdict{Kind: kind}).ExitCode(); got != want {
			t.Errorf("ExitCode of %q = %d, want %d", kind, got, want)
		}
	}
	var none *investigations.Verdict
	if got := none.ExitCode(); got != 3 {
		t.Errorf("ExitCode without a verdict = %d, want 3", got)
	}
}

func TestNotCheckedNamesTheRootOnly(t *testing.T) {
	plan, err := investigations.LoadPlan("if.yml", []byte(strings.Replace(fabricPlan,
		"{id: unit, probe: unit, on: backend}", "{id: unit, probe: unit, on: backend, if: try.refused}", 1)), fabricCatalog())
	if err != nil {
		t.Fatal(err)
	}
	f := newFabric()
	f.probes["try"] = says(0, `{"connected": false}`)
	e := newEngine(t, f)
	e.Plans["small"] = plan
	k := investigate(t, e, newInvestigation("web.test:80"))
	if c := k.check(t, 0, "unit", ""); c.Error != "left out, if it was needed: try (refused) is not known" {
		t.Errorf("unit = %+v, want its condition open", c)
	}
	for _, n := range k.inv.Verdict.NotChecked {
		if n.Check == "unit" {
			t.Errorf("not checked = %+v, want no check whose condition is open", k.inv.Verdict.NotChecked)
		}
	}
}

func TestTheVerdictIsToldAsSoonAsItIsProved(t *testing.T) {
	k := investigate(t, newEngine(t, newFabric()), newInvestigation("web.test:80"))
	before(t, k.order(), "endpoint", "check see done")
	var verdicts []string
	for _, e := range k.events {
		if e.Kind == investigations.EventEndpoint {
			verdicts = append(verdicts, e.Verdict.Headline)
		}
	}
	if len(verdicts) != 2 || verdicts[0] != verdicts[1] || !strings.Contains(verdicts[0], "stopped") {
		t.Errorf("verdicts told: %q, want the same one early and at the end", verdicts)
	}
}

// A cause that another open one explains is not told early: the other may
// still take its place.
func TestAnExplainedCauseWaitsForTheOneThatExplainsIt(t *testing.T) {
	f := newFabric()
	f.probes["unit"] = says(4*time.Second, `{"state": "inactive"}`)
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if n := strings.Count(strings.Join(k.order(), " "), "endpoint"); n != 1 || k.verdict() != "cause [stopped]" {
		t.Errorf("told %d verdicts, the last %s, want only the cause that explains the other", n, k.verdict())
	}
}

// answers lets each endpoint's try come out as its address says.
func answers(byAddress map[string]string) probing {
	return func(ctx context.Context, on string, r investigations.Request) (investigations.Answer, error) {
		for address, facts := range byAddress {
			if strings.Contains(string(r.Args), address+`"`) {
				return says(0, facts)(ctx, on, r)
			}
		}
		return investigations.Answer{Error: "no word"}, nil
	}
}

func TestVerdictOverEndpoints(t *testing.T) {
	const yes, no = `{"connected": true, "refused": false}`, `{"connected": false, "refused": true}`
	for _, tt := range []struct {
		first, second  string
		unit, headline string
	}{
		{yes, yes, "active", "healthy [] all two servers of web.test:80 accept connections from lb1"},
		{no, no, "inactive", "cause [stopped] all two servers: the unit on web is stopped"},
		{yes, no, "inactive", "cause [stopped] 1 of 2 servers: the unit on web is stopped"},
		{yes, `{}`, "inactive", "inconclusive [] 1 of 2 servers of web.test:80 not known to be healthy; one cause is possible, not proved"},
		{`{}`, `{}`, "active", "inconclusive [] none of the two servers of web.test:80 is known to be healthy; none of the causes that the plan knows fits"},
	} {
		f := newFabric()
		f.runners[1].Addresses = []string{"10.0.0.2", "10.0.0.3/24"}
		f.probes["lookup"] = says(0, `{"endpoints": ["10.0.0.2:80", "10.0.0.3:80"]}`)
		f.probes["try"] = answers(map[string]string{"10.0.0.2": tt.first, "10.0.0.3": tt.second})
		f.probes["unit"] = says(0, `{"state": "`+tt.unit+`"}`)
		f.probes["sockets"] = says(0, `{"found": true}`)
		f.probes["trace"] = says(0, `{"hops": 1}`)
		k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
		if got := fmt.Sprint(k.verdict(), " ", k.inv.Verdict.Headline); got != tt.headline {
			t.Errorf("%s and %s, unit %s: %q, want %q", tt.first, tt.second, tt.unit, got, tt.headline)
		}
	}
}

func TestCandidateGroups(t *testing.T) {
	v := investigations.Verdict{Candidates: []investigations.Candidate{
		{ID: "a", Missing: []string{"x", "y"}, Commands: []string{"one", "two"}},
		{ID: "b", Missing: []string{"z"}, Commands: []string{"one"}},
		{ID: "c", Missing: []string{"x", "y"}, Commands: []string{"two", "three"}},
	}}
	want := []investigations.CandidateGroup{
		{IDs: []string{"a", "c"}, Missing: "x; y", Commands: []string{"one", "two", "three"}},
		{IDs: []string{"b"}, Missing: "z", Commands: []string{"one"}},
	}
	if got := v.CandidateGroups(); !reflect.DeepEqual(got, want) {
		t.Errorf("CandidateGroups() = %+v, want %+v", got, want)
	}
}
