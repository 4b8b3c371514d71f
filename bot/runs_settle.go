package bot

import (
	"context"
	"slices"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// comeBack is how long after the bot's start an investigation waits for the
// runners that it may need: they lost their connection with the bot, and all
// but those that are really lost come back in these moments. Without that, what a
// restart interrupts would end with "the runner is lost". It is longer than a
// runner pauses between two attempts.
const comeBack = 25 * time.Second

// settle waits until the runners that an investigation may need are back, or have
// had their time.
func (r *Runs) settle(ctx context.Context, inv investigations.Investigation) {
	r.mu.Lock()
	until := r.settled
	r.mu.Unlock()
	for time.Now().Before(until) && r.misses(ctx, inv) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// misses reports whether a runner is lost that connects to the target, has its
// address, or might, where its address is not known yet.
func (r *Runs) misses(ctx context.Context, inv investigations.Investigation) bool {
	all, err := r.engine.Dispatcher.Runners(ctx)
	if err != nil {
		return true
	}
	t, err := investigations.ParseTarget(inv.Target)
	if err != nil {
		return false
	}
	lost := func(x investigations.Runner) bool { return !x.Alive }
	if via, err := r.engine.Connecting(all, t, inv.Inputs["lb"]); err == nil && slices.ContainsFunc(via, lost) {
		return true
	}
	a, literal := t.Addr()
	return slices.ContainsFunc(all, func(x investigations.Runner) bool {
		return lost(x) && (!literal || slices.Contains(x.Addresses, a.Unmap().String()) || x.Labels["role"] == "lb")
	})
}
