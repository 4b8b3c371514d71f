package bot

import (
	"time"

	"github.com/plexorbot/plexor/store"
)

// finish keeps the end of a run: results, what is known of the targets, and what
// is to be said of it, in one transaction. due is zero for a run that a person
// asked for; found is nil for a run that came to nothing.
func (s *Schedules) finish(it *item, due time.Time, found map[string]observation) {
	it.mu.Lock()
	defer it.mu.Unlock()
	if due.Equal(it.p.Open) || due.IsZero() {
		defer func() { it.going = false }()
	}
	if it.gone {
		return
	}
	f := store.Finish{Schedule: it.c.ID, Due: due, Progress: it.p, Results: map[string]store.Result{}}
	f.Progress.Runs++
	if !due.IsZero() {
		f.Progress.Open = time.Time{}
	}
	said := s.tellAll(it, &f, found)
	if said != nil {
		f.Speech = append(f.Speech, *said)
	}
	if day := s.tellDay(it, &f, found); day != nil {
		f.Speech = append(f.Speech, *day)
	}
	for try := 1; ; try++ {
		kept, err := s.store.FinishRun(f)
		if err == nil && kept {
			break
		}
		s.log.Error("a run can't be kept", "schedule", it.c.ID, "due", due, "kept", kept, "error", err)
		if err == nil || !s.pause(time.Duration(try)*time.Second) {
			return // it stays open on disk, and is made again with the next start
		}
	}
	it.p = f.Progress
	for _, w := range f.Watches {
		it.watches[w.Target] = w
	}
	for t, o := range found {
		it.last[t] = o
	}
	for _, v := range f.Speech {
		s.changed(v.Subject)
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
		a.Seen == b.Seen && a.Raw&(1<<flapWindow-1) == b.Raw&(1<<flapWindow-1) && a.Told == b.Told && a.ToldWhy == b.ToldWhy &&
		a.Since.Equal(b.Since) && a.DownFrom.Equal(b.DownFrom) && a.Incident.Equal(b.Incident)
}
