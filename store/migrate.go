package store

import (
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// migrations bring a file from the layout before to that of their number.
var migrations = map[uint64]func(*bolt.Tx) error{
	2: numberAll,
}

// migrate brings a file of a layout to today's, one number after the other.
func migrate(tx *bolt.Tx, from uint64) error {
	for n := from + 1; n <= schema; n++ {
		if err := migrations[n](tx); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", n, err)
		}
	}
	return nil
}

// numberAll gives a schema number to the records that had none: a subject's
// generation was 8 bytes, a named value stood by itself.
func numberAll(tx *bolt.Tx) error {
	err := rewrite(tx.Bucket(bucketDirty), func(v []byte) any {
		if len(v) != 8 {
			return nil
		}
		return dirtyRecord{V: 2, Generation: binary.BigEndian.Uint64(v)}
	})
	if err != nil {
		return err
	}
	return rewrite(tx.Bucket(bucketValues), func(v []byte) any { return valueRecord{V: 2, Value: v} })
}

// rewrite puts what f makes of each record in its place; nil deletes it.
func rewrite(b *bolt.Bucket, f func(v []byte) any) error {
	made := map[string]any{}
	err := b.ForEach(func(k, v []byte) error {
		made[string(k)] = f(append([]byte(nil), v...)) // what bbolt lends is not to be kept
		return nil
	})
	if err != nil {
		return err
	}
	for k, record := range made {
		if record == nil {
			err = b.Delete([]byte(k))
		} else {
			err = put(b, []byte(k), record)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
