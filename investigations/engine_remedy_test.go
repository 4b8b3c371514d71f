package investigations_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// A remedy that rests on a fact of a quick check gets it, though the cause is
// proved without; one that rests on a slow check's does not.
func TestRemediesGetTheFactsThatTheyNeed(t *testing.T) {
	for _, c := range []struct {
		lacks  string
		asked  string
		offers int
	}{
		{"if: sockets.found, ", "sockets", 2},
		{"if: trace.hops > 3, ", "", 1},
		{"", "", 2},
	} {
		f := newFabric()
		plan, err := investigations.LoadPlan("remedy.yml", []byte(strings.Replace(fabricPlan, "explain: starts it, risk: low}]",
			"explain: starts it, risk: low}, {kind: fix, "+c.lacks+"on: backend, run: systemctl restart web, explain: again}]", 1)), fabricCatalog())
		if err != nil {
			t.Fatal(err)
		}
		f.probes["try"] = says(time.Second, `{"connected": false, "refused": true}`) // the last that the cause needs
		f.probes["sockets"] = says(0, `{"found": true}`)
		e := newEngine(t, f)
		e.Plans["small"] = plan
		k := investigate(t, e, newInvestigation("web.test:80"))
		if got := k.verdict(); got != "cause [stopped]" {
			t.Fatalf("%q: verdict = %s, want cause [stopped]", c.lacks, got)
		}
		if got := len(k.inv.Verdict.Causes[0].Remedies); got != c.offers {
			t.Errorf("%q: %d remedies, want %d", c.lacks, got, c.offers)
		}
		for _, probe := range []string{"sockets", "trace"} {
			if got, want := f.count(probe) > 0, probe == c.asked; got != want {
				t.Errorf("%q: %s was asked = %v, want %v", c.lacks, probe, got, want)
			}
		}
	}
}
