package bot

import (
	"github.com/plexorbot/plexor/store"
)

// tellDay adds a run to the day's thread of a schedule that tells every result.
func (s *Schedules) tellDay(it *item, f *store.Finish, found map[string]observation) *store.Speech {
	if it.c.Notify != notifyAlways || len(found) == 0 || it.c.Paused {
		return nil
	}
	line := store.DayLine{}
	for _, target := range it.c.Targets {
		o := found[target]
		if s.Muted != nil && s.Muted(target, o.at) {
			continue
		}
		if line.At.IsZero() {
			line.At = o.at
		}
		addResult(&line, store.DayResult{Target: target, State: o.state, Connect: o.connect, Words: clip(o.headline, 200)}, len(it.c.Targets))
	}
	if line.At.IsZero() {
		return nil
	}
	date := line.At.In(it.spec.Zone).Format("2006-01-02")
	v := store.Speech{
		Subject: store.SpeechPrefix + "day/" + it.c.ID + "/" + date, Schedule: it.c.ID, Channel: orElse(it.c.Channel, s.Channel), Done: true,
		Day: &store.Day{What: scheduleName(it.c), When: scheduleWords(it.spec), Zone: it.c.Zone, Date: date},
	}
	if was, err := s.store.Speech(v.Subject); err == nil && was.Day != nil {
		v = was
	}
	v.At = line.At
	addRun(v.Day, line)
	f.Progress.Day = v.Subject
	return &v
}

const (
	// maxDayLines is how many replies a day's thread has: every run of a schedule
	// of five minutes, and no more of one that comes more often.
	maxDayLines = 300
	// fewTargets is up to how many targets are named one by one.
	fewTargets = 5
	// maxDayResults is how many of many targets, not well, one reply names.
	maxDayResults = 15
)

// addResult adds a target's result to a run's reply.
func addResult(l *store.DayLine, r store.DayResult, of int) {
	switch {
	case of > fewTargets && r.State == stateHealthy:
		l.Well++
	case len(l.Results) == maxDayResults:
		l.More++
	default:
		l.Results = append(l.Results, r)
	}
}

// addRun adds a run to a day. When there are too many, those that found all well
// are only counted.
func addRun(d *store.Day, l store.DayLine) {
	fine := dayWell(l)
	if len(d.Lines) < maxDayLines || !fine && len(d.Lines) < 2*maxDayLines {
		d.Lines = append(d.Lines, l)
		return
	}
	d.More++
	if fine {
		d.Fine++
	}
}
