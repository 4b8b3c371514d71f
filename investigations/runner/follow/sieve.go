package follow

import "time"

// The lines of one source that are looked at.
const (
	sieveRate  = 20_000  // a second, over time
	sieveBurst = 100_000 // at once
)

// sieve bounds how many lines are looked at. When there are more, it spreads
// those that are over all that come: one of every so many.
type sieve struct {
	left   float64   // lines that may still be looked at
	at     time.Time // when left was brought up to date
	second time.Time // when the count of seen began
	seen   int       // lines since then
	missed int       // of these not looked at
	before bool      // some of the second before were not looked at
	stride int       // one of so many is looked at
}

// tick brings the sieve up to a time, and returns the lines seen and missed of a
// second that is over.
func (s *sieve) tick(now time.Time) (seen, missed int) {
	if s.at.IsZero() {
		*s = sieve{left: sieveBurst, at: now, second: now, stride: 1}
	}
	s.left = min(sieveBurst, s.left+max(0, now.Sub(s.at).Seconds())*sieveRate)
	s.at = now
	over := now.Sub(s.second)
	if over < time.Second {
		return 0, 0
	}
	seen, missed = s.seen, s.missed
	s.stride = 1
	if s.left < sieveBurst/2 {
		s.stride = max(1, int(float64(seen)/over.Seconds()+sieveRate-1)/sieveRate)
	}
	s.before = missed > 0
	s.second, s.seen, s.missed = now, 0, 0
	return seen, missed
}

// pass reports whether the next line is looked at.
func (s *sieve) pass() bool {
	s.seen++
	if s.left < 1 || s.seen%s.stride != 0 {
		s.missed++
		return false
	}
	s.left--
	return true
}

// miss counts lines that were left out before anybody saw them.
func (s *sieve) miss(n int) { s.missed += n }

// sampling reports whether lines were left out lately.
func (s *sieve) sampling() bool { return s.before || s.missed > 0 }
