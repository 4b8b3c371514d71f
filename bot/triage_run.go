package bot

import (
	"strings"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// dispatch starts what waits, the most severe first, while there is room.
func (b *board) dispatch(now time.Time) {
	for len(b.running) < b.limits.AtOnce {
		t, i := b.next(now)
		if t == nil {
			return
		}
		b.start(t, i, now)
	}
}

// next chooses among the targets that wait: by severity, then hosts of which
// nothing was looked at yet, then who waits longest.
func (b *board) next(now time.Time) (best *store.Trouble, index int) {
	better := func(t *store.Trouble, e, than *store.Entry) bool {
		if e.Rank != than.Rank {
			return e.Rank < than.Rank
		}
		if x, y := looked(t, e.Host), looked(best, than.Host); x != y {
			return !x
		}
		if !e.Since.Equal(than.Since) {
			return e.Since.Before(than.Since)
		}
		return t.ID < best.ID
	}
	for _, t := range b.troubles {
		for i := range t.Entries {
			e := &t.Entries[i]
			if e.State == store.EntryWaiting && !now.Before(e.After) && (best == nil || better(t, e, &best.Entries[index])) {
				best, index = t, i
			}
		}
	}
	return best, index
}

// looked reports whether anything of a host was looked at.
func looked(t *store.Trouble, host string) bool {
	for i := range t.Entries {
		if t.Entries[i].Host == host && t.Entries[i].First != "" {
			return true
		}
	}
	return false
}

// start begins the look at one target.
func (b *board) start(t *store.Trouble, i int, now time.Time) {
	e := &t.Entries[i]
	if e.First == "" || e.Firing > 0 { // how it ended is looked at under a mute too
		if why := b.mutedEntry(e, now); why != "" {
			e.State, e.Why = store.EntryMuted, why
			b.touch(t)
			b.close(t)
			return
		}
	}
	inv, err := b.begin(t, e, now)
	if err != nil {
		e.State, e.Why = store.EntryRefused, clip(err.Error(), 300)
		b.stats.Refused++
		b.touch(t)
		b.close(t)
		return
	}
	if e.First == "" {
		e.First = inv.ID
	} else {
		e.Again = inv.ID
	}
	e.State, e.Checked, e.Due, e.Found = store.EntryRunning, now, false, nil
	b.running[inv.ID] = append(b.running[inv.ID], entryRef{t.ID, i})
	b.stats.Started++
	b.change.Start = append(b.change.Start, store.New{
		Investigation: inv, Silent: true, Follower: store.AlertSubject(t.ID),
		Audit: &store.AuditLine{Who: "alert:" + e.Source, Did: "diagnose", What: e.Target, Result: inv.ID},
	})
	b.touch(t)
	b.close(t)
}

// ended takes the end of an investigation.
func (b *board) ended(inv investigations.Investigation, now time.Time) {
	b.resolved(inv, now)
	for _, ref := range b.running[inv.ID] {
		t, e := b.runningEntry(ref)
		if e == nil {
			continue
		}
		e.State = store.EntryDone
		if was := e.Verdict + e.Cause; result(e, inv) != was && e.Firing > 0 {
			e.Rechecks = 0
		}
		if e.Due {
			e.Due, e.State = false, store.EntryWaiting
			if e.Resolved.IsZero() {
				e.After = e.Checked.Add(recheckGap)
			}
		}
		b.explain(t, *e)
		b.touch(t)
		b.close(t)
	}
	delete(b.running, inv.ID)
}

// runningEntry is what waits for an investigation, nil if it no longer does.
func (b *board) runningEntry(ref entryRef) (*store.Trouble, *store.Entry) {
	t := b.troubles[ref.trouble]
	if t == nil || ref.index >= len(t.Entries) || t.Entries[ref.index].State != store.EntryRunning {
		return nil, nil
	}
	return t, &t.Entries[ref.index]
}

// result notes in an entry what its last check came to, and returns that in short.
func result(e *store.Entry, inv investigations.Investigation) string {
	e.Verdict, e.Cause, e.On, e.Headline = "", "", "", inv.Error
	if inv.Verdict == nil {
		e.Verdict = string(inv.State)
		return e.Verdict
	}
	e.Verdict, e.Headline = string(inv.Verdict.Kind), clip(inv.Verdict.Headline, 300)
	if len(inv.Verdict.Causes) > 0 {
		c := inv.Verdict.Causes[0]
		e.Cause, e.On, e.Headline = c.ID, c.On, clip(c.Headline, 300)
	}
	return e.Verdict + e.Cause
}

// hostwide are causes that hold for every port of a host.
var hostwide = map[string]bool{"host-down": true, "arp-failure": true, "no-route-lb": true, "blackhole-route": true}

// explain gives what is proved of a whole host to its other targets that wait.
func (b *board) explain(t *store.Trouble, by store.Entry) {
	if !hostwide[by.Cause] {
		return
	}
	for i := range t.Entries {
		e := &t.Entries[i]
		if e.State == store.EntryWaiting && e.First == "" && e.Host == by.Host && onHost(e) && onHost(&by) {
			e.State, e.Checked = store.EntryExplained, by.Checked
			e.Verdict, e.Cause, e.On, e.Headline = by.Verdict, by.Cause, by.On, by.Headline
		}
	}
}

// onHost reports whether a target is a port of its host. The servers of one
// upstream stand on hosts of their own.
func onHost(e *store.Entry) bool {
	return strings.HasSuffix(hostOf(e.Target), e.Host) && hostOf(e.Target) != e.Target
}

// hostOf is a target without its port, if it has one.
func hostOf(target string) string {
	host, _, _ := cutPort(target)
	return host
}

// reuse gives a target that another thread looks into, or did a moment ago,
// that one's investigation: one cause is looked into once.
func (b *board) reuse(t *store.Trouble, e *store.Entry, now time.Time) {
	if e.State != store.EntryWaiting {
		return
	}
	for _, other := range b.troubles {
		for i := range other.Entries {
			o := &other.Entries[i]
			id := o.First
			if o.Again != "" {
				id = o.Again
			}
			if other == t || o.Target != e.Target || o.Plan != e.Plan || o.Inputs["lb"] != e.Inputs["lb"] || id == "" || !o.Resolved.IsZero() || now.Sub(o.Checked) > b.limits.Cooldown {
				continue
			}
			if o.State == store.EntryRunning {
				b.running[id] = append(b.running[id], entryRef{t.ID, len(t.Entries) - 1})
			} else if o.State != store.EntryDone {
				continue
			}
			e.First, e.State, e.Checked = id, o.State, o.Checked
			e.Verdict, e.Cause, e.On, e.Headline = o.Verdict, o.Cause, o.On, o.Headline
			b.change.Follow = append(b.change.Follow, store.Follow{Investigation: id, Subject: store.AlertSubject(t.ID)})
			return
		}
	}
}
