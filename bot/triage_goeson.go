package bot

import (
	"maps"
	"net/netip"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// mostDoubled bounds how seldom what goes on is looked at: the first gap times
// two to this power.
const mostDoubled = 5

// goesOn has a target looked at again whose alert goes on, since it may be
// another trouble by now: soon where the target was found well, and each time
// after twice as long while the answer stays the same.
func (b *board) goesOn(t *store.Trouble, e *store.Entry, now time.Time) {
	gap := b.limits.Cooldown
	if e.Verdict == string(investigations.VerdictHealthy) {
		gap = recheckGap
	}
	known := e.State == store.EntryDone || e.State == store.EntryExplained
	if t.Held || !known || !e.Resolved.IsZero() || now.Sub(e.Checked) <= gap<<min(e.Rechecks, mostDoubled) {
		return
	}
	e.State, e.After = store.EntryWaiting, time.Time{}
	e.Rechecks++
	b.touch(t)
	b.close(t)
}

// widen has a target looked at from every load balancer once another than the
// first tells of it: the way differs between them, and so may what an upstream's
// name or a loopback address stands for.
func (b *board) widen(t *store.Trouble, e *store.Entry, a arrival) {
	first, other := e.Inputs["lb"], a.route.Inputs["lb"]
	if first == "" || first == other {
		return
	}
	e.Inputs = maps.Clone(e.Inputs)
	delete(e.Inputs, "lb")
	b.touched[t.ID] = true
	if t.Held || other == "" {
		return
	}
	proved := e.Verdict == string(investigations.VerdictCause) && e.On != first
	switch {
	case e.State == store.EntryRunning && perBalancer(e.Target):
		e.Due = true
	case e.State == store.EntryDone && (!proved || perBalancer(e.Target)):
		e.State, e.After = store.EntryWaiting, e.Checked.Add(recheckGap)
	default:
		return
	}
	b.touch(t)
	b.close(t)
}

// perBalancer reports whether each load balancer may mean something else by a
// target.
func perBalancer(target string) bool {
	t, err := investigations.ParseTarget(target)
	a, literal := t.Addr()
	return err == nil && (t.Kind == investigations.TargetUpstream || literal && !shared(a))
}

// shared reports whether an address means the same host everywhere.
func shared(a netip.Addr) bool {
	a = a.Unmap()
	return !a.IsLoopback() && !a.IsLinkLocalUnicast() && !a.IsUnspecified() && !a.IsMulticast()
}
