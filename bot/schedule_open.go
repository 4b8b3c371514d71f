package bot

import (
	"context"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/store"
)

// open reads what is kept, brings the declared schedules up to date, and takes
// up the runs that a crash interrupted.
func (s *Schedules) open(ctx context.Context) error {
	s.mu.Lock()
	s.ctx = ctx
	s.settled = time.Now().Add(settleRunners)
	s.mu.Unlock()
	if err := s.declare(); err != nil {
		return err
	}
	all, err := s.kept()
	if err != nil {
		return err
	}
	for _, it := range all {
		if err := s.forget(it); err != nil {
			return err
		}
		s.add(it)
		s.resume(it)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = true
	return nil
}

// kept reads all schedules, with where they stand.
func (s *Schedules) kept() ([]*item, error) {
	all, err := s.store.Schedules()
	if err != nil {
		return nil, err
	}
	progress, err := s.store.Progresses()
	if err != nil {
		return nil, err
	}
	watches, err := s.store.Watches()
	if err != nil {
		return nil, err
	}
	var items []*item
	for _, c := range all {
		it, err := newItem(c, progress[c.ID], progress[digestID(c.ID)], watches[c.ID])
		if err != nil {
			s.log.Error("a schedule can't be read and does not run", "schedule", c.ID, "error", err)
			continue
		}
		items = append(items, it)
	}
	return items, nil
}

func digestID(id string) string { return "digest:" + id }

func newItem(c store.Schedule, p, digest store.Progress, watches map[string]store.Watch) (*item, error) {
	it := &item{c: c, p: p, digestP: digest, watches: watches, last: make(map[string]lastLook, len(c.Targets)), planned: map[string]planned{}}
	if it.watches == nil {
		it.watches = map[string]store.Watch{}
	}
	var err error
	if it.spec, err = schedules.Parse(c.Expression, c.Zone); err != nil {
		return nil, err
	}
	if c.Digest != "" {
		it.digest, err = schedules.Parse(c.Digest, c.Zone)
	}
	if it.p.Last.IsZero() {
		it.p.Last = c.Made
	}
	if it.digestP.Last.IsZero() {
		it.digestP.Last = c.Made
	}
	return it, err
}

// resume goes on with a run that had begun and not ended.
func (s *Schedules) resume(it *item) {
	switch {
	case !it.p.Open.IsZero():
		it.going = true
		s.start(it, occasion{at: it.p.Open})
	case !it.p.Asked.IsZero():
		it.going = true
		s.start(it, occasion{at: it.p.Asked, asked: true})
	}
	if !it.digestP.Open.IsZero() {
		it.digestGoing = true
		s.startDigest(it, it.digestP.Open)
	}
}
