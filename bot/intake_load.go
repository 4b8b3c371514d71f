package bot

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// load makes the board from what is on disk.
func (i *Intake) load() error {
	now := i.now().UTC()
	b := newBoard(i.cfg.Limits)
	b.windows, b.begin, b.lookup = i.cfg.Windows, i.begin, i.cfg.Lookup != nil
	if i.board != nil {
		b.stats = i.board.stats
	}
	mutes, err := i.store.Mutes()
	if err != nil {
		return err
	}
	b.mutes = mutes
	err = i.store.EachAlert(func(a store.Alert) {
		n := &memo{
			seq: a.Seq, count: a.Count, first: a.First.UnixNano(), last: min(a.Last.UnixNano(), now.UnixNano()), trouble: a.Trouble, keys: a.Keys,
			firing: a.Firing && (!a.Muted || a.Trouble != ""), log: a.Source == "log",
		}
		for _, target := range a.Targets {
			n.targets = append(n.targets, hash(i.place(target).target)) // as it is looked into
		}
		b.notes[hash(a.Fingerprint)] = n
		b.nextSeq = max(b.nextSeq, a.Seq+1)
	})
	if err != nil {
		return err
	}
	err = i.store.EachTrouble(func(t store.Trouble) bool {
		if now.Sub(t.Last) > longest && (!t.Held || t.Closed) {
			return true
		}
		if !t.Closed || t.Into != "" || b.mayRecheck(&t) || now.Sub(t.Last) < b.limits.Cooldown {
			notAhead(&t, now)
			b.restore(&t)
		}
		return true
	})
	if err != nil {
		return err
	}
	b.recount()
	i.board = b
	return i.reconcile()
}

// recount tells from the alerts how many fire in each trouble.
func (b *board) recount() {
	firing := map[*store.Trouble]int{}
	for _, n := range b.notes {
		if t := b.trouble(n.trouble); t != nil && n.firing {
			firing[t]++
		}
	}
	for _, t := range b.troubles {
		if t.Into == "" {
			t.Firing = firing[t]
			t.Alerts = max(t.Alerts, t.Firing)
		}
	}
}

// notAhead brings the times of a trouble that a clock ahead of today's gave it back
// to now: nothing is to wait until it is that late again.
func notAhead(t *store.Trouble, now time.Time) {
	for _, at := range []*time.Time{&t.Begun, &t.Last} {
		*at = earlier(*at, now)
	}
	for i := range t.Entries {
		e := &t.Entries[i]
		e.Checked, e.After = earlier(e.Checked, now), earlier(e.After, now.Add(recheckGap))
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// restore puts a trouble back on the board; newer ones come first.
func (b *board) restore(t *store.Trouble) {
	b.troubles[t.ID] = t
	for n, e := range t.Entries {
		k := groupOf(t, e.Host)
		if b.groups[k] == "" {
			b.groups[k] = t.ID
		}
		if e.State == store.EntryRunning {
			id := e.First
			if e.Again != "" {
				id = e.Again
			}
			b.running[id] = append(b.running[id], entryRef{t.ID, n})
		}
		if e.State == store.EntryAsking {
			b.ask(t, &t.Entries[n])
		}
	}
	if _, ok := b.storms[t.Channel]; t.Storm && !ok {
		b.storms[t.Channel] = stormMark{t.ID, t.Last}
	}
	if t.Posted {
		b.dirty[store.AlertSubject(t.ID)] = true // its count may not have been said
	}
}

// reconcile learns how investigations ended that did so unheard.
func (i *Intake) reconcile() error {
	now := i.now().UTC()
	ids := make([]string, 0, len(i.board.running))
	for id := range i.board.running {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		inv, err := i.store.Investigation(id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			i.board.ended(investigations.Investigation{ID: id, State: investigations.Failed, Error: "it is no longer kept"}, now)
		case err != nil:
			return fmt.Errorf("read the alerts' investigations: %w", err)
		case inv.State.Ended():
			i.board.ended(inv, now)
		}
	}
	return nil
}
