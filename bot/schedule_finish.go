package bot

import (
	"time"

	"github.com/plexorbot/plexor/store"
)

// finish keeps the end of a run, and tries again while that fails: the run goes on
// until it is kept, and holds nobody else up. found is nil for a run that came to
// nothing.
func (s *Schedules) finish(it *item, o occasion, found map[string]observation) {
	for try := 1; ; try++ {
		err := s.keepEnd(it, o, found)
		if err == nil {
			return
		}
		s.log.Error("a run can't be kept; it is tried again", "schedule", it.c.ID, "due", o.at, "error", err)
		if !s.pause(time.Duration(try) * time.Second) {
			return // it stays open on disk, and is made again with the next start
		}
	}
}

// keepEnd keeps results, what is known of the targets, and what is to be said of
// it, in one transaction.
func (s *Schedules) keepEnd(it *item, o occasion, found map[string]observation) error {
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.gone {
		it.going = false
		return nil
	}
	f := store.Finish{Schedule: it.c.ID, Progress: it.p, Results: map[string]store.Result{}}
	f.Progress.Runs++
	if o.asked {
		f.Asked, f.Progress.Asked = o.at, time.Time{}
	} else {
		f.Due, f.Progress.Open = o.at, time.Time{}
	}
	if said := s.tellAll(it, &f, found); said != nil {
		f.Speech = append(f.Speech, *said)
	}
	if day := s.tellDay(it, &f, found); day != nil {
		f.Speech = append(f.Speech, *day)
	}
	kept, err := s.store.FinishRun(f)
	if err != nil {
		return err
	}
	it.going = false
	if !kept { // it ended before, and is counted
		it.p.Open, it.p.Asked = time.Time{}, time.Time{}
		return nil
	}
	it.ended(f, found)
	for _, v := range f.Speech {
		s.changed(v.Subject)
	}
	return nil
}

// ended brings what is in memory to what is kept.
func (it *item) ended(f store.Finish, found map[string]observation) {
	it.p = f.Progress
	for _, w := range f.Watches {
		it.watches[w.Target] = w
	}
	for t, o := range found {
		it.last[t] = lastLook{o.state, o.connect}
	}
}

// pause waits; false if the bot ends meanwhile.
func (s *Schedules) pause(d time.Duration) bool {
	s.mu.Lock()
	ctx := s.ctx
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		return false
	case <-time.After(min(d, 10*time.Second)):
		return true
	}
}

// tellAll works out what a run changes, and returns the thread that says so, or
// nil where nothing is to be said.
func (s *Schedules) tellAll(it *item, f *store.Finish, found map[string]observation) *store.Speech {
	var lines []store.EpisodeLine
	told := map[string]store.Watch{}
	for _, target := range it.c.Targets {
		o, ok := found[target]
		if !ok {
			continue
		}
		f.Results[target] = o.result()
		if it.c.Paused {
			continue // somebody paused it while it ran: nothing is said any more
		}
		before := it.watches[target]
		before.Target = target
		w, opened := incidents(it.c.ID, before, observe(before, o, it.c.Confirm), o)
		f.Incidents = append(f.Incidents, opened...)
		w, line := s.say(it.c, w, o)
		if line != nil {
			lines = append(lines, *line)
		}
		told[target] = w
		if !sameWatch(before, w) || it.watches[target].Target == "" {
			f.Watches = append(f.Watches, w)
		}
	}
	if it.c.Paused {
		return nil
	}
	return s.speak(it, f, lines, told)
}

// say is tell, but for what is muted or not to be said at all.
func (s *Schedules) say(c store.Schedule, w store.Watch, o observation) (store.Watch, *store.EpisodeLine) {
	told, line := tell(w, o)
	switch {
	case line == nil:
		return told, nil
	case s.Muted != nil && s.Muted(w.Target, o.at):
		return w, nil
	case c.Notify == notifyNever:
		return told, nil
	}
	return told, line
}

// sameWatch compares what is kept.
func sameWatch(a, b store.Watch) bool {
	if len(a.Flips) != len(b.Flips) || len(a.Flips) > 0 && !a.Flips[len(a.Flips)-1].Equal(b.Flips[len(b.Flips)-1]) {
		return false
	}
	known := a.Known == b.Known || a.Known >= flapWindow && b.Known >= flapWindow
	return known && a.State == b.State && a.Cause == b.Cause && a.Headline == b.Headline && a.Next == b.Next && a.Reason == b.Reason &&
		a.Seen == b.Seen && a.Raw&(1<<flapWindow-1) == b.Raw&(1<<flapWindow-1) && a.Told == b.Told && a.ToldWhy == b.ToldWhy && a.Fixed == b.Fixed &&
		a.Since.Equal(b.Since) && a.DownFrom.Equal(b.DownFrom) && a.Incident.Equal(b.Incident)
}
