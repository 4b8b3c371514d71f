package bot

import (
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/store"
)

// begun is what a look at one ticket came to.
type begun struct {
	ticket ticket
	run    time.Time // to start; zero: none
	next   time.Time
	before store.Progress
}

// begin decides for each ticket, keeps the decisions in one transaction, and only
// then starts what they say. It returns the tickets for the next looks. The
// schedules stay locked until the decisions are on disk: the end of a run that is
// kept meanwhile would be undone by them.
func (s *Schedules) begin(due []ticket, now time.Time) (again []ticket) {
	unlock := lockAll(due)
	var all []begun
	keep := map[string]store.Progress{}
	for _, t := range due {
		if !t.item.gone && !t.item.c.Paused {
			all = append(all, s.decide(t, now, keep))
		}
	}
	err := error(nil)
	if len(keep) > 0 {
		err = s.store.PutProgresses(keep)
	}
	if err != nil {
		s.log.Error("runs wait: their start can't be kept", "error", err)
		for i := range all {
			all[i].undo()
			all[i].run, all[i].next = time.Time{}, now.Add(time.Second)
		}
	}
	unlock()
	for _, b := range all {
		again = append(again, ticket{at: b.next, item: b.ticket.item, digest: b.ticket.digest, turn: b.ticket.turn})
		switch {
		case b.run.IsZero():
		case b.ticket.digest:
			s.startDigest(b.ticket.item, b.run)
		default:
			s.start(b.ticket.item, occasion{at: b.run})
		}
	}
	return again
}

// lockAll locks the schedules of tickets, each once.
func lockAll(due []ticket) (unlock func()) {
	held := make(map[*item]bool, len(due))
	for _, t := range due {
		if !held[t.item] {
			t.item.mu.Lock()
			held[t.item] = true
		}
	}
	return func() {
		for it := range held {
			it.mu.Unlock()
		}
	}
}

// decide says what becomes of one ticket; the caller holds the item's lock.
func (s *Schedules) decide(t ticket, now time.Time, keep map[string]store.Progress) begun {
	it := t.item
	id, p, going := it.c.ID, &it.p, &it.going
	e := schedules.Entry{ID: it.c.ID, Spec: it.spec, Jitter: it.c.Jitter, CatchUp: it.c.CatchUp, Last: p.Last}
	if t.digest {
		id, p, going = digestID(it.c.ID), &it.digestP, &it.digestGoing
		e = schedules.Entry{ID: id, Spec: it.digest, CatchUp: schedules.CatchUpOne, Last: p.Last}
	}
	b := begun{ticket: t, before: *p}
	d := e.Decide(now)
	b.next = d.Next
	if d.Last.Equal(p.Last) && d.Run.IsZero() {
		return b
	}
	p.Last = d.Last
	p.Missed += uint64(d.Missed)
	switch {
	case !d.Run.IsZero() && *going:
		p.Overlap++
		s.log.Warn("a run is still going: the next one is not started", "schedule", it.c.ID, "due", d.Run)
	case !d.Run.IsZero():
		p.Open, *going, b.run = d.Run, true, d.Run
	}
	if d.Missed > 0 || d.Late {
		s.log.Info("runs were missed", "schedule", it.c.ID, "missed", d.Missed, "catch_up", it.c.CatchUp, "late", d.Late)
	}
	keep[id] = *p
	return b
}

// undo takes a decision back that could not be kept; the caller holds the item's
// lock.
func (b begun) undo() {
	it := b.ticket.item
	p, going := &it.p, &it.going
	if b.ticket.digest {
		p, going = &it.digestP, &it.digestGoing
	}
	*p = b.before
	if !b.run.IsZero() {
		*going = false
	}
}
