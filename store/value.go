package store

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Value returns a small named value, nil where there is none.
func (s *Store) Value(name string) (v []byte, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		v = append([]byte(nil), tx.Bucket(bucketValues).Get(key(name))...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read value %s: %w", name, err)
	}
	return v, nil
}

// PutValue keeps a small named value.
func (s *Store) PutValue(name string, v []byte) error {
	err := s.db.Batch(func(tx *bolt.Tx) error { return tx.Bucket(bucketValues).Put(key(name), v) })
	if err != nil {
		return fmt.Errorf("keep value %s: %w", name, err)
	}
	return nil
}
