package store

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Runners are the records of runners that joined or may join, by name. What is
// in a record is the fabric's business.
type Runners struct{ s *Store }

// Runners returns the records of runners.
func (s *Store) Runners() Runners { return Runners{s} }

// Records returns all records.
func (r Runners) Records() (map[string][]byte, error) {
	all := map[string][]byte{}
	err := r.s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketRunners).ForEach(func(k, v []byte) error {
			all[string(k)] = append([]byte(nil), v...)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read runners: %w", err)
	}
	return all, nil
}

// PutRecord keeps a record under its name.
func (r Runners) PutRecord(name string, v []byte) error {
	err := r.s.db.Batch(func(tx *bolt.Tx) error { return tx.Bucket(bucketRunners).Put(key(name), v) })
	if err != nil {
		return fmt.Errorf("keep runner %s: %w", name, err)
	}
	return nil
}

// DeleteRecord deletes a record, if it is there.
func (r Runners) DeleteRecord(name string) error {
	err := r.s.db.Batch(func(tx *bolt.Tx) error { return tx.Bucket(bucketRunners).Delete(key(name)) })
	if err != nil {
		return fmt.Errorf("delete runner %s: %w", name, err)
	}
	return nil
}
