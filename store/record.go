package store

import (
	"encoding/json"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// sep parts the pieces of a key. It is below every byte that a piece may have,
// so that a prefix with it holds exactly one piece's records.
const sep = "\x00"

// key joins pieces; a sep inside one would let it pass for two.
func key(pieces ...string) []byte {
	for i, p := range pieces {
		pieces[i] = strings.ReplaceAll(p, sep, "�")
	}
	return []byte(strings.Join(pieces, sep))
}

// prefix is what all keys below the pieces begin with.
func prefix(pieces ...string) []byte { return append(key(pieces...), sep...) }

func put(b *bolt.Bucket, k []byte, record any) error {
	v, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode %T: %w", record, err)
	}
	return b.Put(k, v)
}

// get decodes the record at k into record; ErrNotFound where there is none.
func get(b *bolt.Bucket, k []byte, record any) error {
	v := b.Get(k)
	if v == nil {
		return ErrNotFound
	}
	if err := json.Unmarshal(v, record); err != nil {
		return fmt.Errorf("decode %T: %w", record, err)
	}
	return nil
}

// each calls f for every record whose key begins with p, in order.
func each(b *bolt.Bucket, p []byte, f func(k, v []byte) error) error {
	c := b.Cursor()
	for k, v := c.Seek(p); k != nil && strings.HasPrefix(string(k), string(p)); k, v = c.Next() {
		if err := f(k, v); err != nil {
			return err
		}
	}
	return nil
}
