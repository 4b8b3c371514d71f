package store

import (
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Mute keeps alerts that it fits from becoming threads for a time.
type Mute struct {
	V      int               `json:"v"`
	ID     string            `json:"id"`
	Target string            `json:"target,omitempty"` // a glob over targets: * stands for any characters
	Labels map[string]string `json:"labels,omitempty"` // each must fit, values are globs
	Until  time.Time         `json:"until"`
	By     string            `json:"by"`
	Reason string            `json:"reason,omitempty"`
	Begun  time.Time         `json:"begun"`
}

// Mutes returns all that are kept, oldest first, those that are over included.
func (s *Store) Mutes() ([]Mute, error) {
	var all []Mute
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketMutes).ForEach(func(_, v []byte) error {
			var m Mute
			if err := json.Unmarshal(v, &m); err != nil {
				return fmt.Errorf("decode mute: %w", err)
			}
			all = append(all, m)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read mutes: %w", err)
	}
	return all, nil
}
