package store

import (
	"encoding/binary"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// ResultRetention says how long results are kept, and how finely. What is older
// than Single is summed up by the hour, what is older than Hours by the day, and
// what is older than Days goes. Where all of it is more than Size bytes, each is
// halved until it fits. A zero Size sets no bound.
type ResultRetention struct {
	Single time.Duration
	Hours  time.Duration
	Days   time.Duration
	Size   int64
}

// DefaultResults keeps single results for a week, hours for a quarter and days
// for five years: with a result a minute about 250 kB a target after a year
// (BenchmarkYear).
var DefaultResults = ResultRetention{Single: 7 * day, Hours: 92 * day, Days: 5 * 366 * day, Size: 512 << 20}

const day = 24 * time.Hour

// rollStep bounds the blocks of one transaction.
const rollStep = 2000

// RollUp sums up and deletes what r no longer keeps as it is, and returns how
// many blocks were. Each transaction moves whole blocks: a crash between two
// leaves every result counted once.
func (s *Store) RollUp(r ResultRetention) (moved int, err error) {
	for range 8 {
		n, err := s.rollAll(r)
		moved += n
		if err != nil {
			return moved, fmt.Errorf("sum up results: %w", err)
		}
		if r.Size <= 0 || s.resultBytes() <= r.Size {
			return moved, nil
		}
		r.Single, r.Hours, r.Days = r.Single/2, r.Hours/2, r.Days/2
	}
	return moved, nil
}

func (s *Store) rollAll(r ResultRetention) (moved int, err error) {
	now := s.now().UTC()
	for _, level := range []rollLevel{
		{from: bucketResults, into: bucketHours, below: hourOf(now.Add(-r.Single)), sum: sumHour},
		{from: bucketHours, into: bucketDays, below: dayOf(now.Add(-r.Hours)), sum: sumDay},
		{from: bucketDays, below: monthOf(now.Add(-r.Days))},
	} {
		for start := []byte{}; start != nil; {
			var n int
			err = s.db.Update(func(tx *bolt.Tx) error {
				n, start, err = level.some(tx, start)
				return err
			})
			if moved += n; err != nil {
				return moved, err
			}
		}
	}
	return moved, nil
}

// rollLevel moves blocks below a number from one bucket into a coarser one, or
// away where there is none.
type rollLevel struct {
	from, into []byte
	below      uint32
	// sum gives the sum of a block, the number of the block that it goes into,
	// and its place there.
	sum func(n uint32, block []byte) ([]placed, error)
}

type placed struct {
	block uint32
	place byte
	sum   Sum
}

// some moves blocks from start on, at most rollStep; next is nil at the end.
func (l rollLevel) some(tx *bolt.Tx, start []byte) (moved int, next []byte, err error) {
	var keys [][]byte
	c := tx.Bucket(l.from).Cursor()
	for k, v := c.Seek(start); k != nil; {
		series, n := binary.BigEndian.Uint32(k), binary.BigEndian.Uint32(k[4:])
		if n >= l.below {
			k, v = c.Seek(blockKey(series+1, 0))
			continue
		}
		if len(keys) == rollStep {
			next = append([]byte{}, k...)
			break
		}
		if err := l.move(tx, series, n, v); err != nil {
			return 0, nil, err
		}
		keys = append(keys, append([]byte{}, k...))
		k, v = c.Next()
	}
	for _, k := range keys {
		if err := tx.Bucket(l.from).Delete(k); err != nil {
			return 0, nil, err
		}
	}
	return len(keys), next, nil
}

func (l rollLevel) move(tx *bolt.Tx, series, n uint32, block []byte) error {
	if l.into == nil {
		return nil
	}
	sums, err := l.sum(n, block)
	if err != nil {
		return err
	}
	b := tx.Bucket(l.into)
	for _, p := range sums {
		k := blockKey(series, p.block)
		merged, err := mergeSum(b.Get(k), p.place, p.sum)
		if err != nil {
			return err
		}
		if err := b.Put(k, merged); err != nil {
			return err
		}
	}
	return nil
}

func dayOf(t time.Time) uint32 { return hourOf(t) / 24 }

// monthOf counts months from the year 0, in UTC.
func monthOf(t time.Time) uint32 {
	y, m, _ := t.UTC().Date()
	return uint32(y)*12 + uint32(m) - 1
}

func sumHour(hour uint32, block []byte) ([]placed, error) {
	var s Sum
	_, _, err := decodeEntries(block, func(e entry) { s.add(e) })
	return []placed{{hour / 24, byte(hour % 24), s}}, readable(err)
}

func sumDay(n uint32, block []byte) ([]placed, error) {
	var s Sum
	err := decodeSums(block, func(_ byte, o Sum) { s.merge(o) })
	at := time.Unix(int64(n)*86400, 0).UTC()
	return []placed{{monthOf(at), byte(at.Day()), s}}, readable(err)
}

// resultBytes is how much the results take in the file, free parts of pages
// aside.
func (s *Store) resultBytes() (n int64) {
	s.db.View(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketResults, bucketHours, bucketDays} {
			b := tx.Bucket(name).Stats()
			n += int64(b.LeafAlloc + b.BranchAlloc)
		}
		return nil
	})
	return n
}

// ForgetSchedules deletes what schedules said, and incidents, where they are
// older than age.
func (s *Store) ForgetSchedules(age time.Duration) error {
	err := s.db.Update(func(tx *bolt.Tx) error {
		if err := s.forgetSpeech(tx, age); err != nil {
			return err
		}
		return s.forgetIncidents(tx, age)
	})
	if err != nil {
		return fmt.Errorf("forget what schedules said: %w", err)
	}
	return nil
}

func (s *Store) forgetIncidents(tx *bolt.Tx, age time.Duration) error {
	if age <= 0 {
		return nil
	}
	return deleteWhere(tx.Bucket(bucketIncidents), func(_, v []byte) bool {
		var i Incident
		return decode(v, &i) == nil && !i.To.IsZero() && s.now().Sub(i.To) > age
	})
}
