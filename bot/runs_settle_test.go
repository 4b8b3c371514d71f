package bot

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/plexorbot/plexor/investigations"
)

// coming is a fabric whose runner comes back when the test says so.
type coming struct {
	here
	back  atomic.Bool
	asked atomic.Int32
}

func (c *coming) Runners(context.Context) ([]investigations.Runner, error) {
	c.asked.Add(1)
	return []investigations.Runner{
		{Name: "local", Labels: map[string]string{"role": "lb"}, Alive: c.back.Load(), Awaited: !c.back.Load(), Probes: []string{"tcp.connect"}},
		{Name: "gone", Addresses: []string{"127.0.0.9"}},
	}, nil
}

// TestInvestigationWaitsForItsRunners has one begin right after a start, before
// the runner that connects is back: it does not end with a runner that is lost. One
// that nobody expects is not waited for.
func TestInvestigationWaitsForItsRunners(t *testing.T) {
	c := new(coming)
	r, s := newTestRuns(t, c, Limits{})
	id, _, err := r.Start(byCommand(newBackend(t).address, "e1"))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it waits for the runner", func() bool { return c.asked.Load() > 3 })
	c.back.Store(true)
	r.Wait(t.Context(), id)
	inv, err := s.Investigation(id)
	if err != nil || inv.Verdict == nil || inv.Verdict.Kind != investigations.VerdictHealthy {
		t.Errorf("verdict %+v, %v; want that it accepts connections", inv.Verdict, err)
	}
}
