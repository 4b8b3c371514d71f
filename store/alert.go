package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Alert is what is kept of one fingerprint: its last state and how often it
// came. A repetition changes the record and adds none.
type Alert struct {
	V           int               `json:"v"`
	Seq         uint64            `json:"seq"` // the record's key: in order of the first arrival
	Fingerprint string            `json:"fingerprint"`
	Source      string            `json:"source"`
	Title       string            `json:"title,omitempty"`
	Severity    string            `json:"severity,omitempty"`
	Link        string            `json:"link,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Targets     []string          `json:"targets"`
	Route       string            `json:"route,omitempty"`
	Why         string            `json:"why,omitempty"` // there is no target, or it is not looked into
	Firing      bool              `json:"firing"`
	Muted       bool              `json:"muted,omitempty"`
	Trouble     string            `json:"trouble,omitempty"` // the thread that it belongs to
	Count       int64             `json:"count"`
	First       time.Time         `json:"first"`
	Last        time.Time         `json:"last"`
	Keys        []uint64          `json:"keys,omitempty"` // of the last deliveries, to know a repetition by
}

// AlertChange is what one step of the triage changes, all of it or nothing.
type AlertChange struct {
	Alerts   []Alert
	Forget   []uint64 // alerts, by Seq
	Ended    []uint64 // alerts of which nothing more was heard, by Seq: they fire no longer, and what comes then is new
	Troubles []Trouble
	Mutes    []Mute
	Unmute   []string
	Start    []New    // investigations that begin
	Follow   []Follow // investigations that begin to be shown in a thread more
	Dirty    []string // subjects
	Audit    []AuditLine
}

// Follow says that an investigation is shown by another subject besides its
// own: each change marks that one too.
type Follow struct{ Investigation, Subject string }

// ChangeAlerts keeps a change in one transaction of its own: who calls it
// gathers what came meanwhile, so that many share one.
func (s *Store) ChangeAlerts(c AlertChange) error {
	err := s.db.Update(func(tx *bolt.Tx) error {
		if err := putAlerts(tx, c); err != nil {
			return err
		}
		if err := putTroubles(tx, c); err != nil {
			return err
		}
		for _, n := range c.Start {
			if err := s.create(tx, n); err != nil {
				return err
			}
		}
		for _, f := range c.Follow {
			if err := follow(tx, f.Investigation, f.Subject); err != nil {
				return err
			}
		}
		for _, subject := range c.Dirty {
			if err := markDirty(tx, subject); err != nil {
				return err
			}
		}
		for _, l := range c.Audit {
			if err := s.audit(tx, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep alerts: %w", err)
	}
	return nil
}

func putAlerts(tx *bolt.Tx, c AlertChange) error {
	b := tx.Bucket(bucketAlerts)
	b.FillPercent = 0.9 // new ones come in order
	for _, a := range c.Alerts {
		a.V = schema
		if err := b.Put(seqKey(a.Seq), encodeAlert(a)); err != nil {
			return err
		}
	}
	for _, seq := range c.Ended {
		if err := endAlert(b, seq); err != nil {
			return err
		}
	}
	for _, seq := range c.Forget {
		if err := b.Delete(seqKey(seq)); err != nil {
			return err
		}
	}
	return nil
}

func endAlert(b *bolt.Bucket, seq uint64) error {
	v := b.Get(seqKey(seq))
	if v == nil {
		return nil
	}
	var a Alert
	if err := json.Unmarshal(v, &a); err != nil {
		return fmt.Errorf("decode alert: %w", err)
	}
	a.Firing, a.Keys = false, nil
	return b.Put(seqKey(seq), encodeAlert(a))
}

func seqKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// EachAlert calls f for every alert that is kept, in order of first arrival.
func (s *Store) EachAlert(f func(Alert)) error {
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketAlerts).ForEach(func(_, v []byte) error {
			var a Alert
			if err := json.Unmarshal(v, &a); err != nil {
				return fmt.Errorf("decode alert: %w", err)
			}
			f(a)
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("read alerts: %w", err)
	}
	return nil
}

// Alert returns one alert by its Seq, or ErrNotFound.
func (s *Store) Alert(seq uint64) (a Alert, err error) {
	err = s.db.View(func(tx *bolt.Tx) error { return get(tx.Bucket(bucketAlerts), seqKey(seq), &a) })
	if err != nil {
		return a, fmt.Errorf("read alert: %w", err)
	}
	return a, nil
}
