package bot

import (
	"slices"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// lookEvery is how often the board looks for what only time decides.
const lookEvery = time.Second

// byTime does what is due and may be done a moment later: mutes that ended,
// logs that fell silent, and what was over but still broken.
func (b *board) byTime(now time.Time) {
	if now.Sub(b.looked) < lookEvery {
		return
	}
	b.looked = now
	b.quieten(now)
	for _, t := range b.seenTroubles() {
		b.release(t, now)
		b.recheck(t, now)
	}
}

// seenTroubles are those that went up in no other.
func (b *board) seenTroubles() (list []*store.Trouble) {
	for _, t := range b.troubles {
		if t.Into == "" {
			list = append(list, t)
		}
	}
	return list
}

// unheard is how long nothing is heard of an alert before its target is looked
// at again unasked: its sender may have said that it is over and was not heard,
// or never says so. Alertmanager repeats what fires every 4 hours by default.
const unheard = 12 * time.Hour

// quieten ends what nobody ends: few logs say that a backend is well again, so
// after a time without a line the target is checked again.
func (b *board) quieten(now time.Time) {
	for k, n := range b.notes {
		silent := time.Duration(now.UnixNano() - n.last)
		if !n.firing || silent < b.limits.Cooldown || !n.log && silent < unheard {
			continue
		}
		t := b.trouble(n.trouble)
		if t == nil || t.Held && !n.log {
			continue
		}
		n.firing, n.keys = false, nil
		b.change.Ended = append(b.change.Ended, n.seq)
		t.Firing--
		for _, e := range b.lower(t, n, arrival{alert: alerts.Alert{Fingerprint: printed(t, k)}}) {
			e.Quiet = true
			b.over(t, e, now)
		}
		b.touch(t)
		b.close(t)
	}
}

// printed is the fingerprint of a hash, as far as an entry of t has it.
func printed(t *store.Trouble, k uint64) string {
	for i := range t.Entries {
		if hash(t.Entries[i].Fingerprint) == k {
			return t.Entries[i].Fingerprint
		}
	}
	return ""
}

// release has looked into what fires and is no longer muted.
func (b *board) release(t *store.Trouble, now time.Time) {
	released := 0
	for i := range t.Entries {
		e := &t.Entries[i]
		if e.Firing <= 0 || !t.Held && e.State != store.EntryMuted {
			continue
		}
		if why := b.mutedEntry(e, now); why != "" {
			e.Why = why
			continue
		}
		released++
		if e.State == store.EntryMuted {
			e.About = "fires since " + clock(e.Since) + ", when it was " + e.Why
			e.State, e.Why = store.EntryWaiting, ""
		}
		if e.Target == "" && len(e.Lookup) > 0 {
			b.ask(t, e)
		}
	}
	if released == 0 {
		return
	}
	if t.Held {
		b.show(t, released, now)
	}
	b.touch(t)
}

// show begins the thread of what was held, or brings it into the one that its
// host has by now.
func (b *board) show(t *store.Trouble, released int, now time.Time) {
	t.Held, t.Begun, t.Last, t.Closed = false, now, now, false
	into := b.storm(t.Channel, now)
	if t.Thread != "" {
		into = nil
	}
	for i := range t.Entries {
		host := t.Entries[i].Host
		if other := b.trouble(b.groups[groupOf(t, host)]); into == nil && other != t && b.joinable(other, now) {
			into = other
		}
		b.groups[groupOf(t, host)] = t.ID
	}
	if into != nil {
		into.Last = now
		b.fold(into, t, now)
		b.touch(into)
		return
	}
	b.stats.Threads++
	for range released {
		b.mark(t, now)
	}
	b.brew(t.Channel, now)
}

// mostRechecks bounds how often a target is looked at that was said to be over
// and was still broken: after the cool-down, and each time after four times as long.
const mostRechecks = 4

// stillBroken reports whether nothing fires for a target any more that was not
// well when it was checked.
func stillBroken(e *store.Entry) bool {
	return e.State == store.EntryDone && e.Firing <= 0 && !e.Resolved.IsZero() && e.Verdict != string(investigations.VerdictHealthy)
}

// recheck looks again at what was over but still broken, so that its thread
// ends with what is true although nobody alerts any more.
func (b *board) recheck(t *store.Trouble, now time.Time) {
	for i := range t.Entries {
		e := &t.Entries[i]
		if !stillBroken(e) || e.Rechecks >= mostRechecks || now.Sub(e.Checked) < b.limits.Cooldown<<(2*e.Rechecks) {
			continue
		}
		e.State, e.After = store.EntryWaiting, time.Time{}
		e.Rechecks++
		b.touch(t)
		b.close(t)
	}
}

// mayRecheck reports whether a trouble has something left to look at again.
func (b *board) mayRecheck(t *store.Trouble) bool {
	return slices.ContainsFunc(t.Entries, func(e store.Entry) bool { return stillBroken(&e) && e.Rechecks < mostRechecks })
}
