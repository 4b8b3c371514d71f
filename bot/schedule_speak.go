package bot

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// maxLines bounds the replies of one episode; a target that changes more often is
// flapping, or has been broken for long.
const maxLines = 200

// speak adds lines to the thread that is open, or opens one, and closes it when
// all is well. It returns nil where nothing is to be said.
func (s *Schedules) speak(it *item, f *store.Finish, lines []store.EpisodeLine, told map[string]store.Watch) *store.Speech {
	now := s.now().UTC()
	if len(lines) == 0 && !(reminds(it.c, f.Progress, now) && s.audible(it, told, now)) {
		return nil
	}
	v, err := s.episode(it, &f.Progress, now)
	if err != nil {
		s.log.Error("a schedule's thread can't be read; a new one is begun", "schedule", it.c.ID, "error", err)
	}
	e := v.Episode
	e.Overlap = f.Progress.Overlap
	for _, l := range lines {
		addLine(e, l)
	}
	if len(lines) == 0 {
		addLine(e, store.EpisodeLine{Kind: lineReminder, At: now})
	}
	f.Progress.Said = now
	if allWell(it, told) {
		e.Closed, v.Done = latest(e), true
		f.Progress.Episode, f.Progress.Said = "", time.Time{}
	}
	v.At = now
	return &v
}

// reminds reports whether an open thread is to be added to for nothing but time.
func reminds(c store.Schedule, p store.Progress, now time.Time) bool {
	return p.Episode != "" && c.Remind > 0 && c.Notify != notifyNever && now.Sub(p.Said) >= c.Remind
}

// audible reports whether any target that the channel knows not to be well may be
// spoken of.
func (s *Schedules) audible(it *item, told map[string]store.Watch, now time.Time) bool {
	for _, target := range it.c.Targets {
		w, ok := told[target]
		if !ok {
			w = it.watches[target]
		}
		if w.Told != "" && w.Told != stateHealthy && (s.Muted == nil || !s.Muted(target, now)) {
			return true
		}
	}
	return false
}

// episode is the open thread, or a new one.
func (s *Schedules) episode(it *item, p *store.Progress, now time.Time) (store.Speech, error) {
	var failed error
	if p.Episode != "" {
		v, err := s.store.Speech(p.Episode)
		if err == nil && v.Episode != nil {
			return v, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			failed = err
		}
	}
	p.Episode = store.SpeechPrefix + "episode/" + investigations.NewID(now)
	return store.Speech{
		Subject: p.Episode, Schedule: it.c.ID, Channel: orElse(it.c.Channel, s.Channel),
		Episode: &store.Episode{What: scheduleName(it.c), When: scheduleWords(it.spec), Zone: it.c.Zone, Opened: now, Of: len(it.c.Targets)},
	}, failed
}

// addLine adds a reply, and brings the target's place in the head up to date.
func addLine(e *store.Episode, l store.EpisodeLine) {
	if l.Target != "" {
		noteTarget(e, &l)
	}
	if len(e.Lines) >= maxLines && l.Kind != stateHealthy && l.Kind != lineEnded {
		e.More++
		return
	}
	l.Key = fmt.Sprintf("line/%04d", len(e.Lines)+1)
	e.Lines = append(e.Lines, l)
}

// noteTarget brings a target's place in the head up to date. What it was down
// with stands in the line that says it is well again, in the same words.
func noteTarget(e *store.Episode, l *store.EpisodeLine) {
	i := slices.IndexFunc(e.Targets, func(t store.EpisodeTarget) bool { return t.Target == l.Target })
	if i < 0 {
		e.Targets = append(e.Targets, store.EpisodeTarget{Target: l.Target, Since: l.Since})
		i = len(e.Targets) - 1
	}
	t := &e.Targets[i]
	if l.Kind == stateHealthy {
		t.State, t.Until, t.Fixed = stateHealthy, l.At, l.Fixed
		l.Headline = t.Headline
		return
	}
	if !t.Until.IsZero() { // again, after it was well
		t.Since, t.Until, t.Fixed = l.Since, time.Time{}, ""
	}
	t.State, t.Headline = l.Kind, l.Headline
	if l.Kind == lineCause {
		t.State = stateFailing
	}
	if l.Cause != "" || l.Kind == stateFailing {
		t.Cause = l.Cause
	}
}

// allWell reports whether the channel knows every target to be well.
func allWell(it *item, told map[string]store.Watch) bool {
	for _, target := range it.c.Targets {
		w, ok := told[target]
		if !ok {
			w = it.watches[target]
		}
		if w.Told != "" && w.Told != stateHealthy {
			return false
		}
	}
	return true
}

// latest is when the last of an episode's targets was well again.
func latest(e *store.Episode) (at time.Time) {
	for _, t := range e.Targets {
		if t.Until.After(at) {
			at = t.Until
		}
	}
	return at
}
