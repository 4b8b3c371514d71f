package bot

import (
	"slices"
	"time"

	"github.com/plexorbot/plexor/store"
)

// resolve takes an alert that says that something is over: its targets are
// checked again, so that the thread ends with what is true.
func (b *board) resolve(n *memo, a arrival, now time.Time) {
	t := b.trouble(n.trouble)
	if !n.firing || t == nil {
		n.firing = false
		b.seen(n, now)
		return
	}
	n.firing = false
	t.Firing--
	t.Seen += max(a.count, 1)
	t.Last = now
	for _, e := range b.lower(t, n, a) {
		b.over(t, e, now)
	}
	b.touch(t)
	b.close(t)
}

// lower takes an alert off the targets that it named, and returns those of
// which nothing fires any more.
func (b *board) lower(t *store.Trouble, n *memo, a arrival) (quiet []*store.Entry) {
	for i := range t.Entries {
		e := &t.Entries[i]
		named := slices.ContainsFunc(a.places, func(p place) bool {
			return p.target == e.Target && p.host == e.Host || slices.Contains(e.Also, p.target)
		})
		if len(a.places) == 0 && e.Target != "" {
			named = n.named(e) || stands(e.Lookup, a.alert.Lookup)
		}
		if e.Firing <= 0 || !named && e.Fingerprint != a.alert.Fingerprint {
			continue
		}
		if e.Firing--; e.Firing == 0 {
			quiet = append(quiet, e)
		}
	}
	return quiet
}

// over notes that nothing fires for a target any more.
func (b *board) over(t *store.Trouble, e *store.Entry, now time.Time) {
	e.Resolved, e.Rechecks = now, 0
	switch e.State {
	case store.EntryRunning:
		e.Due = true
	case store.EntryMuted:
		if e.First != "" { // people saw its thread: that is to end with what is true
			e.State, e.Why = store.EntryWaiting, ""
		}
	case store.EntryDone, store.EntryExplained:
		e.State, e.After = store.EntryWaiting, time.Time{}
		if e.Again != "" { // one that comes and goes is not checked at its pace
			e.After = e.Checked.Add(recheckGap)
		}
	}
}

// again notes that an alert fires for a target that is known here already.
func (b *board) again(t *store.Trouble, e *store.Entry, now time.Time) {
	back := !e.Resolved.IsZero()
	e.Resolved, e.Quiet = time.Time{}, false
	if back {
		e.Rechecks = 0
	}
	switch {
	case t.Held:
		return // it is looked into once the mute ends
	case !back:
		b.goesOn(t, e, now)
		return
	case e.State == store.EntryRunning:
		e.Due = true
	case e.State == store.EntryUntargeted && len(e.Lookup) > 0:
		b.ask(t, e)
	case e.State == store.EntryDone || e.State == store.EntryExplained || e.State == store.EntryMuted:
		e.State, e.After = store.EntryWaiting, e.Checked.Add(recheckGap)
	}
	b.touch(t)
	b.close(t)
}

// tick does what only time decides.
func (b *board) tick(now time.Time) {
	for _, t := range b.troubles {
		if t.Into != "" {
			continue
		}
		if !t.Posted && !t.Held && !now.Before(postAt(t)) {
			t.Posted = true
			b.touch(t)
		}
	}
	b.byTime(now)
	if now.Sub(b.flushed) >= flushEvery {
		b.flushed = now
		for id := range b.counted {
			b.touched[id] = true
		}
		clear(b.counted)
	}
	for id, at := range b.unsaid {
		if t := b.troubles[id]; t == nil || !now.Before(at) {
			delete(b.unsaid, id)
			if t != nil && t.Posted {
				b.dirty[store.AlertSubject(id)] = true
			}
		}
	}
	b.letGo(now)
}

// postAt is when a new thread may stand in Slack.
func postAt(t *store.Trouble) time.Time {
	if asking(t) {
		return t.Begun.Add(askGrace)
	}
	return t.Begun.Add(settle)
}

// longest is how long a trouble that never ends is remembered after its last
// alert: longer than senders take to repeat one.
const longest = 26 * time.Hour

// letGo drops troubles that nothing can join any more.
func (b *board) letGo(now time.Time) {
	gone := false
	for id, t := range b.troubles {
		idle := now.Sub(t.Last)
		over := t.Into == "" && (t.Posted || t.Held) && !busy(t) && !b.mayRecheck(t) && idle > b.limits.Cooldown && (t.Closed || idle > longest && !t.Held)
		if (over || t.Into != "" && b.trouble(id) == nil) && !b.touched[id] && !b.counted[id] {
			delete(b.troubles, id)
			gone = true
		}
	}
	if !gone {
		return
	}
	for k, id := range b.groups {
		if b.troubles[id] == nil {
			delete(b.groups, k)
		}
	}
}

// wait is how long nothing happens by time alone.
func (b *board) wait(now time.Time) time.Duration {
	next := time.Second
	if len(b.counted) > 0 {
		next = flushEvery
	}
	for _, t := range b.troubles {
		if !t.Posted && !t.Held && t.Into == "" {
			next = min(next, max(postAt(t).Sub(now), time.Millisecond))
		}
	}
	return next
}
