package schedules

import (
	"hash/fnv"
	"time"
)

// The rules of CatchUp: what becomes of runs whose time passed while nobody
// looked at the clock.
const (
	CatchUpOne  = "one"  // one run stands for all that were missed
	CatchUpNone = "none" // they are passed over
)

// Entry is a schedule as the loop sees it.
type Entry struct {
	ID      string
	Spec    Spec
	Jitter  time.Duration // the most by which a run comes later than its time
	CatchUp string        // CatchUpOne unless it is CatchUpNone
	Last    time.Time     // the last time that is settled: run or passed over
}

// Decision is what is to be done now.
type Decision struct {
	Run    time.Time // the time whose run is to start; the zero time: none
	Late   bool      // it should have started a while ago
	Missed int       // times that are passed over, without the one that runs; at least, where they are thousands
	Last   time.Time // settled from now on
	Next   time.Time // when to look again; the zero time: never
}

const (
	// onTime is how late a run may start and still be itself: the machine was
	// busy. What is later was missed.
	onTime = 30 * time.Second
	// longestStep is more than a clock is set back for good reasons. A time
	// further ahead than that was never right.
	longestStep = 26 * time.Hour
)

// Offset is by how much the entry's runs come later than their times. It is the
// same for every run, so that runs keep their distance, and differs from entry
// to entry, so that many at one time are spread.
func (e Entry) Offset() time.Duration {
	if e.Jitter <= 0 {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(e.ID))
	x := h.Sum64()
	x ^= x >> 33 // FNV's high bits hardly differ for short names: mix (MurmurHash3's finalizer)
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return time.Duration(x % uint64(e.Jitter))
}

// Decide says what is to be done at now. It is a pure function; whoever does
// what it says sets Last to Decision.Last before the run starts.
//
// A clock that is set forward, a machine that slept and a bot that was down are
// the same: times have passed, and CatchUp says what becomes of them. Where the
// clock was set back, a schedule in real time (hour field *, or @every) goes on
// in real time, and one that names hours waits until its next time that has not
// been: each named time is run once.
func (e Entry) Decide(now time.Time) Decision {
	offset := e.Offset()
	last := e.base(now, offset)
	d := Decision{Last: last}
	d.Run, d.Missed, d.Next = e.Spec.latest(last, now.Add(-offset))
	if !d.Next.IsZero() {
		d.Next = d.Next.Add(offset)
	}
	if d.Run.IsZero() {
		return d
	}
	d.Last = d.Run
	d.Late = now.Sub(d.Run.Add(offset)) > onTime
	if d.Late && e.CatchUp == CatchUpNone {
		d.Run, d.Missed, d.Late = time.Time{}, d.Missed+1, false
	}
	return d
}

// countAll is up to how many times are counted one by one.
const countAll = 3000

// latest returns the last time after one instant and not after another, how many
// lie between, and the first that comes later. After a long sleep it looks from
// the end: what counts then is the last time, not how many there were.
func (s Spec) latest(after, until time.Time) (last time.Time, between int, next time.Time) {
	next = s.Next(after)
	for n := 0; !next.IsZero() && !next.After(until); n++ {
		if n == countAll {
			next = s.near(next, until)
		}
		if !last.IsZero() {
			between++
		}
		last, next = next, s.Next(next)
	}
	return last, between, next
}

// near returns a time of the schedule that is close to the last one before
// until, and not before from.
func (s Spec) near(from, until time.Time) time.Time {
	for _, back := range []time.Duration{time.Hour, 24 * time.Hour, 32 * 24 * time.Hour} {
		start := until.Add(-back)
		if start.Before(from) {
			break
		}
		if n := s.Next(start); !n.IsZero() && !n.After(until) {
			return n
		}
	}
	return from
}

// base is what the search for the next time begins after.
func (e Entry) base(now time.Time, offset time.Duration) time.Time {
	ahead := e.Last.Add(offset).Sub(now)
	if ahead > longestStep || ahead > onTime && e.Spec.Real() {
		return now.Add(-offset)
	}
	return e.Last
}

// Real reports whether the schedule counts real time rather than hours of the
// clock: see the package's comment on daylight saving.
func (s Spec) Real() bool { return s.fields == nil || s.fields.Hour&starBit != 0 }

// Upcoming returns the next n times after t.
func (s Spec) Upcoming(t time.Time, n int) []time.Time {
	var all []time.Time
	for t = s.Next(t); !t.IsZero() && len(all) < n; t = s.Next(t) {
		all = append(all, t)
	}
	return all
}

// Interval is the distance of the next two runs after t; 0 where there are none.
func (s Spec) Interval(t time.Time) time.Duration {
	if next := s.Upcoming(t, 2); len(next) == 2 {
		return next[1].Sub(next[0])
	}
	return 0
}
