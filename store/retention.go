package store

import (
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
	bolt "go.etcd.io/bbolt"
)

// Retention bounds what is kept. A zero field sets no bound.
type Retention struct {
	Age  time.Duration // of ended investigations and audit lines
	Size int64         // bytes in use in the file; the oldest ended investigations go first
}

// retainStep bounds the records of one transaction, so that a clean-up never
// holds writers up for long.
const retainStep = 200

// Retain deletes what r no longer keeps. Unfinished investigations stay, and
// those whose thread is not yet as it should be.
func (s *Store) Retain(r Retention) (deleted int, err error) {
	for {
		n, err := s.retainSome(r)
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("retention: %w", err)
		}
		if n < retainStep {
			return deleted, nil
		}
	}
}

func (s *Store) retainSome(r Retention) (n int, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		n = 0
		if err := s.forgetSeen(tx); err != nil {
			return err
		}
		if err := s.forgetAudit(tx, r); err != nil {
			return err
		}
		if err := s.retainTroubles(tx, r); err != nil {
			return err
		}
		excess := int64(0)
		if r.Size > 0 {
			excess = s.inUse() - r.Size
		}
		for _, id := range oldest(tx, retainStep) {
			if old := r.Age > 0 && s.now().Sub(born(id)) > r.Age; !old && excess <= 0 {
				break
			}
			freed, err := deleteInvestigation(tx, id)
			if err != nil {
				return err
			}
			excess -= freed
			n++
		}
		return nil
	})
	return n, err
}

// inUse is the file's size less its free pages.
func (s *Store) inUse() int64 {
	return s.Size() - int64(s.db.Stats().FreeAlloc)
}

// born reads the time in a ULID; the zero time where id is none.
func born(id string) time.Time {
	u, err := ulid.ParseStrict(id)
	if err != nil {
		return time.Time{}
	}
	return ulid.Time(u.Time())
}

// oldest returns at most limit ids that may be deleted, oldest first.
func oldest(tx *bolt.Tx, limit int) (ids []string) {
	c := tx.Bucket(bucketInvestigations).Cursor()
	for k, _ := c.First(); k != nil && len(ids) < limit; k, _ = c.Next() {
		open := tx.Bucket(bucketUnfinished).Cursor()
		if at, _ := open.Seek(k); string(at) == string(k) {
			continue
		}
		if tx.Bucket(bucketDirty).Get([]byte(Subject(string(k)))) == nil {
			ids = append(ids, string(k))
		}
	}
	return ids
}

func deleteInvestigation(tx *bolt.Tx, id string) (freed int64, err error) {
	var h header
	if err := get(tx.Bucket(bucketInvestigations), []byte(id), &h); err != nil {
		return 0, err
	}
	if err := tx.Bucket(bucketTargets).Delete(key(h.Target, id)); err != nil {
		return 0, err
	}
	freed = int64(len(tx.Bucket(bucketInvestigations).Get([]byte(id))))
	if err := tx.Bucket(bucketInvestigations).Delete([]byte(id)); err != nil {
		return freed, err
	}
	if _, err := deletePrefix(tx.Bucket(bucketFollowers), prefix(id)); err != nil {
		return freed, err
	}
	n, err := deletePrefix(tx.Bucket(bucketChecks), prefix(id))
	if err != nil {
		return freed, err
	}
	m, err := deletePrefix(tx.Bucket(bucketPosts), prefix(Subject(id)))
	return freed + n + m, err
}

func (s *Store) forgetAudit(tx *bolt.Tx, r Retention) error {
	if r.Age <= 0 {
		return nil
	}
	c := tx.Bucket(bucketAudit).Cursor()
	for k, _ := c.First(); k != nil && s.now().Sub(born(string(k))) > r.Age; k, _ = c.First() {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}

func deletePrefix(b *bolt.Bucket, p []byte) (freed int64, err error) {
	var keys [][]byte
	err = each(b, p, func(k, v []byte) error {
		keys = append(keys, append([]byte(nil), k...))
		freed += int64(len(k) + len(v))
		return nil
	})
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return freed, err
		}
	}
	return freed, err
}

func deleteWhere(b *bolt.Bucket, drop func(k, v []byte) bool) error {
	var keys [][]byte
	err := b.ForEach(func(k, v []byte) error {
		if drop(k, v) {
			keys = append(keys, append([]byte(nil), k...))
		}
		return nil
	})
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return err
}
