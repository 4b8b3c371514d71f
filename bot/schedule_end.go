package bot

import (
	"slices"
	"time"

	"github.com/plexorbot/plexor/store"
)

// letGo ends the watch over targets: nobody looks at them any more, because the
// schedule was paused, removed or changed. What is open ends with a word why, in
// its thread and in the history, and a later look begins anew. The caller holds
// the item's lock, or is alone with it.
func (s *Schedules) letGo(it *item, targets []string, why string) error {
	now := s.now().UTC()
	f := store.Finish{Schedule: it.c.ID, Progress: it.p}
	for _, target := range targets {
		w, ok := it.watches[target]
		if !ok {
			continue
		}
		f.Gone = append(f.Gone, target)
		if !w.Incident.IsZero() {
			f.Incidents = append(f.Incidents, store.Incident{
				Target: target, Schedule: it.c.ID, From: w.Incident, To: later(now, w.Incident), Kind: w.State, Cause: w.Cause, Headline: w.Headline, Ended: why,
			})
		}
	}
	if v, ok := s.endThread(it, targets, now, why); ok {
		f.Speech = append(f.Speech, v)
		f.Progress.Episode, f.Progress.Said = "", time.Time{}
	}
	if len(f.Gone) == 0 && len(f.Speech) == 0 {
		return nil
	}
	if _, err := s.store.FinishRun(f); err != nil {
		return err
	}
	it.p = f.Progress
	for _, target := range f.Gone {
		delete(it.watches, target)
		delete(it.last, target)
		delete(it.planned, target)
	}
	for _, v := range f.Speech {
		s.changed(v.Subject)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// endThread closes the thread that is open, where it is about none but these
// targets or targets that are well.
func (s *Schedules) endThread(it *item, targets []string, now time.Time, why string) (store.Speech, bool) {
	if it.p.Episode == "" {
		return store.Speech{}, false
	}
	for target, w := range it.watches {
		if w.Told != "" && w.Told != stateHealthy && !slices.Contains(targets, target) {
			return store.Speech{}, false
		}
	}
	v, err := s.store.Speech(it.p.Episode)
	if err != nil || v.Episode == nil {
		return store.Speech{}, false
	}
	v.Episode.Ended, v.Episode.Closed, v.Done = why, now, true
	addLine(v.Episode, store.EpisodeLine{Kind: lineEnded, At: now, Headline: why})
	return v, true
}

// retire ends a schedule that the configuration no longer declares.
func (s *Schedules) retire(it *item) error {
	if err := s.letGo(it, it.c.Targets, "The schedule is no longer declared."); err != nil {
		return err
	}
	return s.store.DeleteSchedule(it.c.ID, store.AuditLine{Who: "config", Did: "schedule remove", What: it.c.ID})
}

// forget lets go of targets that the schedule had at the last start and has no
// more.
func (s *Schedules) forget(it *item) error {
	var old []string
	for target := range it.watches {
		if !slices.Contains(it.c.Targets, target) {
			old = append(old, target)
		}
	}
	return s.letGo(it, sorted(old), "The schedule no longer looks at it.")
}
