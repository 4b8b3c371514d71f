package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Outcome is what a check of a target came to, as it is kept.
type Outcome uint8

// The outcomes. Numbers are those in the file and never change.
const (
	Up          Outcome = 1 // accepted
	Refused     Outcome = 2
	TimedOut    Outcome = 3
	Unreachable Outcome = 4 // any other no
	Unchecked   Outcome = 5 // nobody could look
)

// Down reports whether the target was looked at and did not accept.
func (o Outcome) Down() bool { return o == Refused || o == TimedOut || o == Unreachable }

// Result is what one run found of one target.
type Result struct {
	At      time.Time     `json:"at"` // to the second
	Outcome Outcome       `json:"outcome"`
	Connect time.Duration `json:"connect,omitempty"` // to 10 µs; 0: not known
	Cause   string        `json:"cause,omitempty"`   // id of the cause that was proved
}

// Results are kept in blocks of an hour, a few bytes a result. An entry is
//
//	head     one byte: the outcome, and the flags below
//	delta    signed varint, seconds since the entry before, or since the hour; absent with flagSame
//	connect  uvarint, in units of 10 µs; with flagConnect
//	cause    uvarint, the number of a name; with flagCause
const (
	outcomeMask = 0x07
	flagConnect = 0x08
	flagCause   = 0x10
	flagSame    = 0x20 // the delta is the one before
)

// connectUnit is the resolution of connect times.
const connectUnit = 10 * time.Microsecond

// errBlock says that a block is damaged. What stands before the damage counts;
// no schedule, history or roll-up stops at it.
var errBlock = errors.New("a block of results is damaged")

// readable forgives damage.
func readable(err error) error {
	if errors.Is(err, errBlock) {
		return nil
	}
	return err
}

// entry is a result inside a block.
type entry struct {
	second  int64 // since the hour began
	outcome Outcome
	connect uint64
	cause   uint64
}

// decodeEntries calls f for each entry of a block.
func decodeEntries(block []byte, f func(entry)) (last, delta int64, err error) {
	for len(block) > 0 {
		head := block[0]
		block = block[1:]
		if head&flagSame == 0 {
			d, n := binary.Varint(block)
			if n <= 0 {
				return last, delta, errBlock
			}
			delta, block = d, block[n:]
		}
		last += delta
		e := entry{second: last, outcome: Outcome(head & outcomeMask)}
		for _, field := range []struct {
			flag byte
			into *uint64
		}{{flagConnect, &e.connect}, {flagCause, &e.cause}} {
			if head&field.flag != 0 {
				v, n := binary.Uvarint(block)
				if n <= 0 {
					return last, delta, errBlock
				}
				*field.into, block = v, block[n:]
			}
		}
		f(e)
	}
	return last, delta, nil
}

// appendEntry adds an entry to a block. Of a damaged one it keeps what can be
// read.
func appendEntry(block []byte, e entry) []byte {
	last, delta, err := decodeEntries(block, func(entry) {})
	if err == nil {
		return encodeEntry(block, e, last, delta)
	}
	var whole []byte
	last, delta = 0, 0
	add := func(e entry) {
		whole = encodeEntry(whole, e, last, delta)
		delta, last = e.second-last, e.second
	}
	decodeEntries(block, add)
	add(e)
	return whole
}

// encodeEntry adds an entry behind one at second last that came delta after the
// one before it.
func encodeEntry(block []byte, e entry, last, delta int64) []byte {
	head := byte(e.outcome) & outcomeMask
	if e.connect > 0 {
		head |= flagConnect
	}
	if e.cause > 0 {
		head |= flagCause
	}
	d := e.second - last
	if len(block) > 0 && d == delta {
		head |= flagSame
	}
	block = append(block, head)
	if head&flagSame == 0 {
		block = binary.AppendVarint(block, d)
	}
	if e.connect > 0 {
		block = binary.AppendUvarint(block, e.connect)
	}
	if e.cause > 0 {
		block = binary.AppendUvarint(block, e.cause)
	}
	return block
}

// blockKey is a series' number and that of an hour, a day or a month.
func blockKey(series, n uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(make([]byte, 0, 8), series), n)
}

func hourOf(t time.Time) uint32 { return uint32(t.Unix() / 3600) }

// number gives a name its number in a bucket of numbers; 0 is no name.
func number(b *bolt.Bucket, name string) (uint32, error) {
	if name == "" {
		return 0, nil
	}
	if v := b.Get(key(name)); len(v) == 4 {
		return binary.BigEndian.Uint32(v), nil
	}
	n, err := b.NextSequence()
	if err != nil {
		return 0, err
	}
	return uint32(n), b.Put(key(name), binary.BigEndian.AppendUint32(nil, uint32(n)))
}

// addResult appends a result to its target's hour.
func addResult(tx *bolt.Tx, target string, r Result) error {
	series, err := number(tx.Bucket(bucketSeries), target)
	if err != nil {
		return err
	}
	cause, err := number(tx.Bucket(bucketCauses), r.Cause)
	if err != nil {
		return err
	}
	hour := hourOf(r.At)
	k, b := blockKey(series, hour), tx.Bucket(bucketResults)
	e := entry{second: r.At.Unix() - int64(hour)*3600, outcome: r.Outcome, connect: uint64(r.Connect / connectUnit), cause: uint64(cause)}
	return b.Put(k, appendEntry(append(make([]byte, 0, 256), b.Get(k)...), e))
}

// causeNames gives the names of causes by number.
func causeNames(tx *bolt.Tx) map[uint64]string {
	names := map[uint64]string{}
	tx.Bucket(bucketCauses).ForEach(func(k, v []byte) error {
		names[uint64(binary.BigEndian.Uint32(v))] = string(k)
		return nil
	})
	return names
}

// seriesOf returns a target's number; false where nothing is kept of it.
func seriesOf(tx *bolt.Tx, target string) (uint32, bool) {
	v := tx.Bucket(bucketSeries).Get(key(target))
	if len(v) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(v), true
}

// Results returns a target's single results of a period, oldest first. Those
// that were rolled up are no longer among them.
func (s *Store) Results(target string, from, to time.Time) ([]Result, error) {
	all := []Result{}
	err := s.db.View(func(tx *bolt.Tx) error {
		series, ok := seriesOf(tx, target)
		if !ok {
			return nil
		}
		names := causeNames(tx)
		return eachBlock(tx.Bucket(bucketResults), series, hourOf(from), hourOf(to), func(hour uint32, v []byte) error {
			_, _, err := decodeEntries(v, func(e entry) {
				at := time.Unix(int64(hour)*3600+e.second, 0).UTC()
				if !at.Before(from.Truncate(time.Second)) && at.Before(to) {
					all = append(all, Result{At: at, Outcome: e.outcome, Connect: time.Duration(e.connect) * connectUnit, Cause: names[e.cause]})
				}
			})
			return readable(err)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read results of %s: %w", target, err)
	}
	return all, nil
}

// eachBlock calls f for a series' blocks from one number to another, both
// included.
func eachBlock(b *bolt.Bucket, series, from, to uint32, f func(n uint32, v []byte) error) error {
	c := b.Cursor()
	for k, v := c.Seek(blockKey(series, from)); len(k) == 8 && binary.BigEndian.Uint32(k) == series; k, v = c.Next() {
		n := binary.BigEndian.Uint32(k[4:])
		if n > to {
			return nil
		}
		if err := f(n, v); err != nil {
			return err
		}
	}
	return nil
}

// Series returns the targets of which results are kept.
func (s *Store) Series() ([]string, error) {
	all := []string{}
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketSeries).ForEach(func(k, _ []byte) error {
			all = append(all, string(k))
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list targets with results: %w", err)
	}
	return all, nil
}
