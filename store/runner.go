package store

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Kind says which set of named records is meant.
type Kind string

// The kinds of named records: runners that joined, and tokens to join with.
const (
	Runners Kind = "runners"
	Tokens  Kind = "tokens"
)

func (k Kind) bucket(tx *bolt.Tx) *bolt.Bucket {
	if k == Tokens {
		return tx.Bucket(bucketTokens)
	}
	return tx.Bucket(bucketRunners)
}

// Records returns all records of a kind, as the JSON that was put.
func (s *Store) Records(kind Kind) (map[string][]byte, error) {
	all := map[string][]byte{}
	err := s.db.View(func(tx *bolt.Tx) error {
		return kind.bucket(tx).ForEach(func(k, v []byte) error {
			all[string(k)] = append([]byte(nil), v...)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	return all, nil
}

// PutRecord keeps a record under its name.
func (s *Store) PutRecord(kind Kind, name string, v []byte) error {
	err := s.db.Batch(func(tx *bolt.Tx) error { return kind.bucket(tx).Put(key(name), v) })
	if err != nil {
		return fmt.Errorf("keep %s %s: %w", kind, name, err)
	}
	return nil
}

// TakeRecord returns a record and deletes it, in one transaction, so that of
// two who ask for it one gets ErrNotFound.
func (s *Store) TakeRecord(kind Kind, name string) (v []byte, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		b := kind.bucket(tx)
		found := b.Get(key(name))
		if found == nil {
			return ErrNotFound
		}
		v = append([]byte(nil), found...)
		return b.Delete(key(name))
	})
	if err != nil {
		return nil, fmt.Errorf("take %s %s: %w", kind, name, err)
	}
	return v, nil
}

// DeleteRecord deletes a record, if it is there.
func (s *Store) DeleteRecord(kind Kind, name string) error {
	if _, err := s.TakeRecord(kind, name); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// Value returns a small named value, nil where there is none.
func (s *Store) Value(name string) (v []byte, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		v = append([]byte(nil), tx.Bucket(bucketValues).Get(key(name))...)
		return nil
	})
	return v, err
}

// PutValue keeps a small named value.
func (s *Store) PutValue(name string, v []byte) error {
	err := s.db.Batch(func(tx *bolt.Tx) error { return tx.Bucket(bucketValues).Put(key(name), v) })
	if err != nil {
		return fmt.Errorf("keep value %s: %w", name, err)
	}
	return nil
}
