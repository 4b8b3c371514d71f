package store

import (
	"encoding/binary"
	"math"
	"slices"
	"time"
)

// Sum is what results come to: how many of each kind, how connect times are
// spread, and which cause was proved most often.
type Sum struct {
	Up      uint64
	Down    uint64
	Unknown uint64
	Least   time.Duration // of connect times; 0: none is known
	Most    time.Duration
	Cause   string

	cause  uint64 // its number
	causes uint64 // how often
	spread []slot // by index
}

// slot counts connect times of about one length: four slots double the time,
// so that a percentile is within 9 % of the truth.
type slot struct {
	index uint64
	count uint64
}

func slotOf(d time.Duration) uint64 {
	return uint64(math.Round(4 * math.Log2(max(float64(d)/float64(connectUnit), 1))))
}

func (s slot) length() time.Duration {
	return time.Duration(math.Exp2(float64(s.index)/4) * float64(connectUnit))
}

// add counts one entry.
func (s *Sum) add(e entry) {
	switch {
	case e.outcome == Up:
		s.Up++
	case e.outcome.Down():
		s.Down++
	default:
		s.Unknown++
	}
	if e.cause > 0 {
		s.count(e.cause, 1)
	}
	if e.outcome == Up && e.connect > 0 {
		d := time.Duration(e.connect) * connectUnit
		s.bound(d, d)
		s.put(slot{slotOf(d), 1})
	}
}

// count is a majority vote (Boyer and Moore): of many causes the one that is
// more than half of all is found, whatever the order.
func (s *Sum) count(cause, n uint64) {
	switch {
	case s.cause == cause:
		s.causes += n
	case s.causes >= n && s.cause != 0:
		s.causes -= n
	default:
		s.cause, s.causes = cause, n-s.causes
	}
}

func (s *Sum) bound(least, most time.Duration) {
	if least > 0 && (s.Least == 0 || least < s.Least) {
		s.Least = least
	}
	s.Most = max(s.Most, most)
}

func (s *Sum) put(x slot) {
	i, ok := slices.BinarySearchFunc(s.spread, x.index, func(a slot, n uint64) int { return int(a.index) - int(n) })
	if ok {
		s.spread[i].count += x.count
		return
	}
	s.spread = slices.Insert(s.spread, i, x)
}

// merge adds another sum.
func (s *Sum) merge(o Sum) {
	s.Up += o.Up
	s.Down += o.Down
	s.Unknown += o.Unknown
	s.bound(o.Least, o.Most)
	if o.cause > 0 {
		s.count(o.cause, o.causes)
	}
	for _, x := range o.spread {
		s.put(x)
	}
}

// Checks is how many results there are.
func (s Sum) Checks() uint64 { return s.Up + s.Down + s.Unknown }

// Uptime is the part of the looks at the target that found it well, from 0 to 1;
// false where nobody looked.
func (s Sum) Uptime() (float64, bool) {
	if s.Up+s.Down == 0 {
		return 0, false
	}
	return float64(s.Up) / float64(s.Up+s.Down), true
}

// Percentile is the connect time below which this part of the connects lies,
// within 9 %; 0 where none is known.
func (s Sum) Percentile(part float64) time.Duration {
	total := uint64(0)
	for _, x := range s.spread {
		total += x.count
	}
	want, seen := uint64(math.Ceil(part*float64(total))), uint64(0)
	for _, x := range s.spread {
		if seen += x.count; seen >= want {
			return min(max(x.length(), s.Least), s.Most)
		}
	}
	return 0
}

// A sum inside a day of hours, or a month of days, is
//
//	place    one byte: the hour of the day (UTC), or the day of the month
//	numbers  uvarints: up, down, unknown, least, most, cause, how often
//	spread   uvarint count, then pairs: index less the one before, count
func (s Sum) encode(b []byte, place byte) []byte {
	b = append(b, place)
	for _, v := range []uint64{s.Up, s.Down, s.Unknown, uint64(s.Least / connectUnit), uint64(s.Most / connectUnit), s.cause, s.causes, uint64(len(s.spread))} {
		b = binary.AppendUvarint(b, v)
	}
	before := uint64(0)
	for _, x := range s.spread {
		b = binary.AppendUvarint(b, x.index-before)
		b = binary.AppendUvarint(b, x.count)
		before = x.index
	}
	return b
}

// decodeSums calls f for each sum of a block.
func decodeSums(b []byte, f func(place byte, s Sum)) error {
	for len(b) > 0 {
		place := b[0]
		b = b[1:]
		bad := false
		next := func() uint64 {
			v, n := binary.Uvarint(b)
			if n <= 0 {
				bad, b = true, nil
				return 0
			}
			b = b[n:]
			return v
		}
		s := Sum{Up: next(), Down: next(), Unknown: next()}
		s.Least, s.Most = time.Duration(next())*connectUnit, time.Duration(next())*connectUnit
		s.cause, s.causes = next(), next()
		slots, index := next(), uint64(0)
		for range min(slots, 4096) {
			index += next()
			s.spread = append(s.spread, slot{index, next()})
		}
		if bad {
			return errBlock
		}
		f(place, s)
	}
	return nil
}

// mergeSum adds a sum at its place in a block of sums.
func mergeSum(block []byte, place byte, o Sum) ([]byte, error) {
	out := make([]byte, 0, len(block)+64)
	err := decodeSums(block, func(at byte, s Sum) {
		if at == place {
			o.merge(s)
			return
		}
		out = s.encode(out, at)
	})
	return o.encode(out, place), readable(err)
}
