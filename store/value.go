package store

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

type valueRecord struct {
	V     int    `json:"v"`
	Value []byte `json:"value"`
}

// Value returns a small named value, nil where there is none.
func (s *Store) Value(name string) (v []byte, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		var r valueRecord
		err := get(tx.Bucket(bucketValues), key(name), &r)
		if v = r.Value; errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read value %s: %w", name, err)
	}
	return v, nil
}

// PutValue keeps a small named value.
func (s *Store) PutValue(name string, v []byte) error {
	err := s.db.Batch(func(tx *bolt.Tx) error {
		return put(tx.Bucket(bucketValues), key(name), valueRecord{V: schema, Value: v})
	})
	if err != nil {
		return fmt.Errorf("keep value %s: %w", name, err)
	}
	return nil
}
