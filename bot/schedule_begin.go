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
// then starts what they say. It returns the tickets for the next looks.
func (s *Schedules) begin(due []ticket, now time.Time) (again []ticket) {
	var all []begun
	keep := map[string]store.Progress{}
	for _, t := range due {
		t.item.mu.Lock()
		if !t.item.gone && !t.item.c.Paused {
			all = append(all, s.decide(t, now, keep))
		}
		t.item.mu.Unlock()
	}
	err := error(nil)
	if len(keep) > 0 {
		err = s.store.PutProgresses(keep)
	}
	for _, b := range all {
		if err != nil {
			b.undo()
			b.run, b.next = time.Time{}, now.Add(time.Second)
		}
		again = append(again, ticket{at: b.next, item: b.ticket.item, digest: b.ticket.digest, turn: b.ticket.turn})
		switch {
		case b.run.IsZero():
		case b.ticket.digest:
			s.startDigest(b.ticket.item, b.run)
		default:
			s.start(b.ticket.item, b.run)
		}
	}
	if err != nil {
		s.log.Error("runs wait: their start can't be kept", "error", err)
	}
	return again
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

// undo takes a decision back that could not be kept.
func (b begun) undo() {
	it := b.ticket.item
	it.mu.Lock()
	defer it.mu.Unlock()
	p, going := &it.p, &it.going
	if b.ticket.digest {
		p, going = &it.digestP, &it.digestGoing
	}
	*p = b.before
	if !b.run.IsZero() {
		*going = false
	}
}
