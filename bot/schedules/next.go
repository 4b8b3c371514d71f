package schedules

import "time"

// anchor is what @every counts from, so that a restart moves nothing.
var anchor = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// starBit marks a field of the cron library that is * without a step.
const starBit = 1 << 63

// Next returns the first instant after t at which the schedule fires, in its
// zone; the zero time if there is none within five years.
func (s Spec) Next(t time.Time) time.Time {
	if s.fields == nil {
		n := t.Sub(anchor)/s.every + 1
		return anchor.Add(n * s.every).In(s.Zone)
	}
	if s.fields.Hour&starBit != 0 {
		return s.nextReal(t)
	}
	return s.nextWall(t)
}

// wall is what the clock of the zone shows at t, written as UTC: a calendar
// without changes of the clock.
func (s Spec) wall(t time.Time, offset int) time.Time {
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// nextReal follows real time: within one offset the wall clock is a calendar
// without gaps, and at a change the search goes on with the next offset.
func (s Spec) nextReal(t time.Time) time.Time {
	for range 20 {
		local := t.In(s.Zone)
		_, offset := local.Zone()
		w := s.fields.Next(s.wall(t, offset))
		if w.IsZero() {
			return time.Time{}
		}
		found := w.Add(-time.Duration(offset) * time.Second)
		_, end := local.ZoneBounds()
		if end.IsZero() || found.Before(end) {
			return found.In(s.Zone)
		}
		t = end.Add(-time.Nanosecond)
		if _, now := end.In(s.Zone).Zone(); now != offset {
			t = end.Add(-time.Nanosecond)
			// The instant of the change itself is of the new offset.
			if w := s.fields.Next(s.wall(end, now).Add(-time.Second)); w.Equal(s.wall(end, now)) {
				return end.In(s.Zone)
			}
			t = end
		}
	}
	return time.Time{}
}

// longestJump is more than any zone's clock has jumped: a day, where a place
// went to the other side of the date line.
const longestJump = 25 * time.Hour

// nextWall takes each wall time once. It begins a jump early, for a time that a
// change skipped comes later than its own name.
func (s Spec) nextWall(t time.Time) time.Time {
	_, offset := t.In(s.Zone).Zone()
	var best time.Time
	for w := s.wall(t, offset).Add(-longestJump); ; {
		if w = s.fields.Next(w); w.IsZero() {
			return best
		}
		if !best.IsZero() && w.After(s.wall(best, offset).Add(longestJump)) {
			return best.In(s.Zone)
		}
		if at := s.instant(w); at.After(t) && (best.IsZero() || at.Before(best)) {
			best = at
		}
	}
}

// instant is when the clock of the zone shows w: the first time where it does
// so twice, and where it never does, by the offset that was in force before.
func (s Spec) instant(w time.Time) time.Time {
	guess := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, s.Zone)
	start, _ := guess.ZoneBounds()
	_, now := guess.Zone()
	if !start.IsZero() {
		_, before := start.Add(-time.Second).In(s.Zone).Zone()
		early := w.Add(-time.Duration(before) * time.Second)
		if early.Before(start) { // the clock showed it before the change too
			return early
		}
	}
	if shown := s.wall(guess, now); shown.Equal(w) {
		return guess
	}
	// It falls into a gap: take the offset before the gap.
	at := w.Add(-time.Duration(now) * time.Second)
	_, before := at.Add(-longestJump).In(s.Zone).Zone()
	return w.Add(-time.Duration(before) * time.Second)
}
