package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// PostState says how far a message is on its way to Slack.
type PostState string

// The states of a post. Begun means that Slack may or may not have it.
const (
	PostBegun   PostState = "begun"
	PostDone    PostState = "done"
	PostRefused PostState = "refused" // Slack takes nothing in that channel for now; Error says why
	PostDead    PostState = "dead"    // Slack refused it for good; Error says why
)

// Post is one message of a subject as it stands in Slack.
type Post struct {
	V       int       `json:"v"`
	Key     string    `json:"key"`              // which message of its subject: parent, step/status, verdict …
	Team    string    `json:"team"`             // the workspace's id
	Channel string    `json:"channel"`          // Slack's id of the channel
	Thread  string    `json:"thread,omitempty"` // ts of somebody else's message that it answers under
	TS      string    `json:"ts,omitempty"`     // Slack's id of the message; unknown while begun
	Hash    string    `json:"hash,omitempty"`   // of the content that stands there
	State   PostState `json:"state"`
	Error   string    `json:"error,omitempty"` // what Slack said; of one that is begun: it answered, so nothing comes later
	At      time.Time `json:"at"`              // of this record
	Since   time.Time `json:"since,omitzero"`  // refused: the first time
	Told    bool      `json:"told,omitempty"`  // refused: a person knows
	Check   time.Time `json:"check,omitzero"`  // when to look for a second copy: it was said again without knowing that the first was lost
}

// Dirty is a subject whose messages may not be what they should be.
type Dirty struct {
	Subject    string
	Generation uint64 // grows with every change
}

type dirtyRecord struct {
	V          int    `json:"v"`
	Generation uint64 `json:"generation"`
}

// MarkDirty asks the outbox to look at a subject again.
func (s *Store) MarkDirty(subject string) error {
	err := s.db.Batch(func(tx *bolt.Tx) error { return markDirty(tx, subject) })
	if err != nil {
		return fmt.Errorf("mark %s: %w", subject, err)
	}
	return nil
}

func markDirty(tx *bolt.Tx, subject string) error {
	b := tx.Bucket(bucketDirty)
	n, err := b.NextSequence()
	if err != nil {
		return err
	}
	return put(b, []byte(subject), dirtyRecord{V: schema, Generation: n})
}

// Dirty returns the subjects that the outbox has to look at.
func (s *Store) Dirty() ([]Dirty, error) {
	var all []Dirty
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketDirty).ForEach(func(k, v []byte) error {
			var r dirtyRecord
			if err := json.Unmarshal(v, &r); err != nil {
				return fmt.Errorf("decode the generation of %s: %w", k, err)
			}
			all = append(all, Dirty{Subject: string(k), Generation: r.Generation})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list what is to be posted: %w", err)
	}
	return all, nil
}

// Clean says that all of a subject's messages are what they should be as of
// d.Generation. A subject that changed meanwhile stays dirty.
func (s *Store) Clean(d Dirty) error {
	err := s.db.Batch(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketDirty)
		var r dirtyRecord
		switch err := get(b, []byte(d.Subject), &r); {
		case errors.Is(err, ErrNotFound) || err == nil && r.Generation != d.Generation:
			return nil
		case err != nil:
			return err
		}
		return b.Delete([]byte(d.Subject))
	})
	if err != nil {
		return fmt.Errorf("mark %s as posted: %w", d.Subject, err)
	}
	return nil
}

// Posts returns what stands in Slack of a subject, by message key.
func (s *Store) Posts(subject string) (map[string]Post, error) {
	posts := map[string]Post{}
	err := s.db.View(func(tx *bolt.Tx) error {
		return each(tx.Bucket(bucketPosts), prefix(subject), func(_, v []byte) error {
			var p Post
			if err := json.Unmarshal(v, &p); err != nil {
				return fmt.Errorf("decode post: %w", err)
			}
			posts[p.Key] = p
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read posts of %s: %w", subject, err)
	}
	return posts, nil
}

func posted(tx *bolt.Tx, subject string) (n int) {
	p := prefix(subject)
	k, _ := tx.Bucket(bucketPosts).Cursor().Seek(p)
	if len(k) > len(p) && string(k[:len(p)]) == string(p) {
		n++
	}
	return n
}

// PutPost keeps how far a message is. It is called before Slack is (begun) and
// after (done, with Slack's ts), so that a crash between the two is known.
func (s *Store) PutPost(subject string, p Post) error {
	p.V, p.At = schema, s.now().UTC()
	err := s.db.Batch(func(tx *bolt.Tx) error {
		return put(tx.Bucket(bucketPosts), key(subject, p.Key), p)
	})
	if err != nil {
		return fmt.Errorf("keep post %s of %s: %w", p.Key, subject, err)
	}
	return nil
}

// DeletePost forgets a message: Slack is known not to have it.
func (s *Store) DeletePost(subject, k string) error {
	err := s.db.Batch(func(tx *bolt.Tx) error { return tx.Bucket(bucketPosts).Delete(key(subject, k)) })
	if err != nil {
		return fmt.Errorf("forget post %s of %s: %w", k, subject, err)
	}
	return nil
}
