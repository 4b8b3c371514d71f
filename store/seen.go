package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// seenFor is how long an event's id is remembered. Slack repeats events for
// some minutes; alert senders for hours.
const seenFor = 48 * time.Hour

type seenRecord struct {
	V    int       `json:"v"`
	At   time.Time `json:"at"`
	Made string    `json:"made,omitempty"` // what the event created
}

// See remembers an event's id. It reports false if it was seen before.
func (s *Store) See(event string) (first bool, err error) {
	err = s.db.Batch(func(tx *bolt.Tx) error {
		was, err := s.see(tx, event, "")
		first = was == nil
		return err
	})
	if err != nil {
		return false, fmt.Errorf("remember event: %w", err)
	}
	return first, nil
}

// see returns the record of an event that was seen before, or makes one.
func (s *Store) see(tx *bolt.Tx, event, made string) (*seenRecord, error) {
	b, k := tx.Bucket(bucketSeen), key(event)
	var was seenRecord
	switch err := get(b, k, &was); {
	case err == nil && s.now().Sub(was.At) < seenFor:
		return &was, nil
	case err != nil && !errors.Is(err, ErrNotFound):
		return nil, err
	}
	return nil, put(b, k, seenRecord{V: schema, At: s.now().UTC(), Made: made})
}

// forgetSeen drops ids older than seenFor.
func (s *Store) forgetSeen(tx *bolt.Tx) error {
	return deleteWhere(tx.Bucket(bucketSeen), func(_, v []byte) bool {
		var r seenRecord
		return json.Unmarshal(v, &r) != nil || s.now().Sub(r.At) >= seenFor
	})
}
