package investigations_test

import (
	"context"
	"testing"

	"github.com/plexorbot/plexor/investigations"
)

// BenchmarkEngine measures what the engine adds to the probes: a run whose
// probes answer at once and whose sink keeps nothing. ns/check is the overhead
// of one check.
func BenchmarkEngine(b *testing.B) {
	f := newFabric()
	for name := range f.probes {
		f.probes[name] = nil
	}
	at := func(facts string) probing {
		return func(context.Context, string, investigations.Request) (investigations.Answer, error) {
			return investigations.Answer{Facts: []byte(facts)}, nil
		}
	}
	f.probes["lookup"] = at(`{"endpoints": ["10.0.0.2:80"]}`)
	f.probes["try"] = at(`{"connected": false, "refused": true}`)
	f.probes["unit"] = at(`{"state": "inactive"}`)
	f.probes["sockets"] = at(`{"found": false}`)
	f.runners[1].Probes = []string{"unit", "sockets"} // no watch: its pause is not overhead
	e := newEngine(b, f)
	checks := 0
	sink := func(_ context.Context, e investigations.Event) error {
		if e.Kind == investigations.EventCheck && e.Check.State == investigations.CheckDone {
			checks++
		}
		return nil
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Run(b.Context(), newInvestigation("web.test:80"), sink); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(checks), "ns/check")
}
