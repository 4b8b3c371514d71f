package plans_test

import (
	"context"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// BenchmarkEngineOnBuiltin measures what a whole run of the built-in plan costs
// beside its probes: a refused connection whose hosts answer at once.
func BenchmarkEngineOnBuiltin(b *testing.B) {
	plan := builtin(b)
	h := &hosts{c: planCase{Endpoint: "10.77.2.2:8080", Facts: map[string]any{
		"resolve": map[string]any{"resolved": true, "addresses": []string{"10.77.2.2"}, "endpoints": []string{"10.77.2.2:8080"}, "resolver_down": false, "others": []string{}},
		"connect": map[string]any{"connected": false, "refused": true, "reset": true, "timed_out": false, "no_packet": false, "ports_taken": false,
			"own_address": false, "source": "10.77.1.2", "errno": "ECONNREFUSED"},
		"watch":     map[string]any{"armed": true, "syn_seen": true, "from": "10.77.1.2", "answer": "reset", "kernel_reset": true},
		"owner":     map[string]any{"known": true, "source": "memory", "unit": "web.service", "conflict": false},
		"service":   map[string]any{"found": true, "unit": "web.service", "state": "inactive", "result": "success"},
		"listeners": map[string]any{"found": false, "complete": true, "here": false, "accepts": false, "binding": "none"},
	}}, quick: true}
	h.staff(h.c)
	allow, err := investigations.NewAllowList([]string{"10.0.0.0/8"})
	if err != nil {
		b.Fatal(err)
	}
	e := &investigations.Engine{Plans: map[string]*investigations.Plan{plan.Name: plan}, Dispatcher: h, Allow: allow,
		Limits: investigations.Limits{Linger: time.Nanosecond}}
	checks := 0
	b.ReportAllocs()
	for b.Loop() {
		inv := investigations.Investigation{ID: "01KB8Z3V1N0000000000000000", Target: "web.test:8080", Plan: plan.Name, State: investigations.Running}
		err := e.Run(b.Context(), inv, func(_ context.Context, e investigations.Event) error {
			if e.Kind == investigations.EventCheck && e.Check.State.Ended() {
				checks++
			}
			inv.Apply(e)
			return nil
		})
		if err != nil || inv.Verdict.Kind != investigations.VerdictCause {
			b.Fatalf("Run = %v, %+v", err, inv.Verdict)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(checks), "ns/check")
}
