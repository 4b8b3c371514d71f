package store

import (
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Bin is what a target was in a stretch of time.
type Bin struct {
	From, To time.Time
	Sum
}

// History is what is kept of a target over a period.
type History struct {
	Target    string
	From, To  time.Time
	Bins      []Bin // side by side, all of one length
	Total     Sum
	Incidents []Incident
}

// maxBins bounds how finely a period is parted.
const maxBins = 2000

// History returns what a target was from one time to another, in stretches of
// step. What is kept only by the hour or by the day counts where its hour or day
// begins.
func (s *Store) History(target string, from, to time.Time, step time.Duration) (History, error) {
	step = max(step, to.Sub(from)/maxBins, time.Second)
	h := History{Target: target, From: from, To: to}
	for t := from; t.Before(to); t = t.Add(step) {
		h.Bins = append(h.Bins, Bin{From: t, To: t.Add(step)})
	}
	err := s.db.View(func(tx *bolt.Tx) error {
		series, ok := seriesOf(tx, target)
		if !ok {
			return nil
		}
		return h.read(tx, series, step)
	})
	if err == nil {
		h.Incidents, err = s.Incidents(target, from, to)
	}
	if err != nil {
		return h, fmt.Errorf("history of %s: %w", target, err)
	}
	return h, nil
}

func (h *History) read(tx *bolt.Tx, series uint32, step time.Duration) error {
	put := func(at time.Time, s Sum) {
		i := int(at.Sub(h.From) / step)
		if !at.Before(h.From) && at.Before(h.To) && i < len(h.Bins) {
			h.Bins[i].merge(s)
			h.Total.merge(s)
		}
	}
	err := eachBlock(tx.Bucket(bucketDays), series, monthOf(h.From), monthOf(h.To), func(n uint32, v []byte) error {
		return readable(decodeSums(v, func(place byte, s Sum) {
			put(time.Date(int(n/12), time.Month(n%12+1), int(place), 0, 0, 0, 0, time.UTC), s)
		}))
	})
	if err != nil {
		return err
	}
	err = eachBlock(tx.Bucket(bucketHours), series, dayOf(h.From), dayOf(h.To), func(n uint32, v []byte) error {
		return readable(decodeSums(v, func(place byte, s Sum) { put(time.Unix(int64(n)*86400+int64(place)*3600, 0), s) }))
	})
	if err != nil {
		return err
	}
	err = eachBlock(tx.Bucket(bucketResults), series, hourOf(h.From), hourOf(h.To), func(n uint32, v []byte) error {
		_, _, err := decodeEntries(v, func(e entry) {
			at := time.Unix(int64(n)*3600+e.second, 0)
			i := int(at.Sub(h.From) / step)
			if !at.Before(h.From) && at.Before(h.To) && i < len(h.Bins) {
				h.Bins[i].add(e)
				h.Total.add(e)
			}
		})
		return readable(err)
	})
	h.name(causeNames(tx))
	return err
}

// name gives causes their names.
func (h *History) name(names map[uint64]string) {
	h.Total.Cause = names[h.Total.cause]
	for i := range h.Bins {
		h.Bins[i].Cause = names[h.Bins[i].cause]
	}
}

func decode(v []byte, into any) error { return json.Unmarshal(v, into) }
