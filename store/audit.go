package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
	bolt "go.etcd.io/bbolt"
)

// AuditLine says who asked for what. It holds no facts: those are the
// investigation's.
type AuditLine struct {
	V      int       `json:"v"`
	At     time.Time `json:"at"`
	Who    string    `json:"who"`  // a user's id, api, alert:SOURCE, schedule:ID, runner:NAME
	Did    string    `json:"did"`  // diagnose, cancel, refuse, join, revoke …
	What   string    `json:"what"` // the target, runner or schedule, bounded
	Result string    `json:"result,omitempty"`
}

// Audit keeps one line.
func (s *Store) Audit(l AuditLine) error {
	err := s.db.Batch(func(tx *bolt.Tx) error { return s.audit(tx, l) })
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

func (s *Store) audit(tx *bolt.Tx, l AuditLine) error {
	l.V, l.At = schema, s.now().UTC()
	const longest = 300
	l.What = l.What[:min(len(l.What), longest)]
	return put(tx.Bucket(bucketAudit), []byte(ulid.MustNew(ulid.Timestamp(l.At), ulid.DefaultEntropy()).String()), l)
}

// AuditLines returns the newest lines, newest first.
func (s *Store) AuditLines(limit int) ([]AuditLine, error) {
	var lines []AuditLine
	err := s.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketAudit).Cursor()
		for k, v := c.Last(); k != nil && len(lines) < limit; k, v = c.Prev() {
			var l AuditLine
			if err := json.Unmarshal(v, &l); err != nil {
				return fmt.Errorf("decode audit line: %w", err)
			}
			lines = append(lines, l)
		}
		return nil
	})
	return lines, err
}
