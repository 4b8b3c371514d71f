package store

import (
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Trouble is what alerts with one cause have in common: one thread, and the
// targets that are looked into for it.
type Trouble struct {
	V       int       `json:"v"`
	ID      string    `json:"id"`
	Channel string    `json:"channel"`
	Thread  string    `json:"thread,omitempty"` // ts of somebody's message that it is answered under
	Storm   bool      `json:"storm,omitempty"`
	Into    string    `json:"into,omitempty"`   // it went up in this trouble: a storm, or one about the same endpoint
	Same    string    `json:"same,omitempty"`   // that endpoint, in words
	Posted  bool      `json:"posted,omitempty"` // its thread may stand in Slack
	Held    bool      `json:"held,omitempty"`   // all of it is muted: nobody sees it until a mute ends
	Closed  bool      `json:"closed,omitempty"` // nothing fires any more, and that was checked
	Begun   time.Time `json:"begun"`
	Last    time.Time `json:"last"`   // when an alert of it came last
	Alerts  int       `json:"alerts"` // fingerprints
	Firing  int       `json:"firing"` // of those
	Seen    int64     `json:"seen"`   // deliveries
	More    int       `json:"more,omitempty"`
	Entries []Entry   `json:"entries"`
}

// EntryState says how far the look at a target is.
type EntryState string

// The states of an entry.
const (
	EntryWaiting    EntryState = "waiting"
	EntryRunning    EntryState = "running"
	EntryDone       EntryState = "done"
	EntryRefused    EntryState = "refused"    // it may not be diagnosed; Why says so
	EntryUntargeted EntryState = "untargeted" // nothing says what to diagnose; Why says what would
	EntryMuted      EntryState = "muted"      // muted before it was looked into; Why says by what
	EntryAsking     EntryState = "asking"     // AWS is being asked which targets stand behind Lookup
	EntryExplained  EntryState = "explained"  // the cause of another target on its host is its own
)

// Entry is one target of a trouble, or an alert that names none.
type Entry struct {
	Target      string            `json:"target,omitempty"`
	Host        string            `json:"host,omitempty"`
	Title       string            `json:"title,omitempty"`
	Why         string            `json:"why,omitempty"`
	Source      string            `json:"source"`
	Link        string            `json:"link,omitempty"`
	Fingerprint string            `json:"fingerprint"` // of the alert that brought it
	Severity    string            `json:"severity,omitempty"`
	Rank        int               `json:"rank"`
	Plan        string            `json:"plan,omitempty"`
	Inputs      map[string]string `json:"inputs,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Route       string            `json:"route,omitempty"`
	Lookup      []string          `json:"lookup,omitempty"` // ARNs that stand for targets
	Found       []Endpoint        `json:"found,omitempty"`  // what the last look found that the target stands for
	Also        []string          `json:"also,omitempty"`   // addresses among those that alerts name too: their look is this one
	About       string            `json:"about,omitempty"`  // what AWS said of them

	State    EntryState `json:"state"`
	Firing   int        `json:"firing"` // alerts that say so now
	Since    time.Time  `json:"since"`
	Resolved time.Time  `json:"resolved,omitzero"`  // when the last of them ended
	Quiet    bool       `json:"quiet,omitempty"`    // it ended because nothing came any more
	Due      bool       `json:"due,omitempty"`      // to be checked again once it does not run
	After    time.Time  `json:"after,omitzero"`     // not to be checked before
	First    string     `json:"first,omitempty"`    // the investigation
	Again    string     `json:"again,omitempty"`    // the last check after that
	Checked  time.Time  `json:"checked,omitzero"`   // when the last of both began
	Rechecks int        `json:"rechecks,omitempty"` // looks that only time asked for, since it was over or something else was found

	Verdict  string `json:"verdict,omitempty"` // kind, of the last
	Cause    string `json:"cause,omitempty"`
	On       string `json:"on,omitempty"`
	Headline string `json:"headline,omitempty"`
}

// Endpoint is an address and port that a target was found to stand for.
type Endpoint struct {
	Address string `json:"address"`           // as netip.AddrPort writes it
	Verdict string `json:"verdict,omitempty"` // kind; empty while it is looked at
}

// AlertSubject names a trouble's thread to the outbox.
func AlertSubject(id string) string { return "alert/" + id }

func putTroubles(tx *bolt.Tx, c AlertChange) error {
	for _, t := range c.Troubles {
		t.V = schema
		if err := put(tx.Bucket(bucketTroubles), []byte(t.ID), t); err != nil {
			return err
		}
	}
	for _, m := range c.Mutes {
		m.V = schema
		if err := put(tx.Bucket(bucketMutes), []byte(m.ID), m); err != nil {
			return err
		}
	}
	for _, id := range c.Unmute {
		if err := tx.Bucket(bucketMutes).Delete([]byte(id)); err != nil {
			return err
		}
	}
	return nil
}

// Trouble returns one trouble, or ErrNotFound.
func (s *Store) Trouble(id string) (t Trouble, err error) {
	err = s.db.View(func(tx *bolt.Tx) error { return get(tx.Bucket(bucketTroubles), []byte(id), &t) })
	if err != nil {
		return t, fmt.Errorf("read trouble %s: %w", id, err)
	}
	return t, nil
}

// EachTrouble calls f for the troubles, newest first, until it returns false.
func (s *Store) EachTrouble(f func(Trouble) bool) error {
	err := s.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketTroubles).Cursor()
		for k, v := c.Last(); k != nil; k, v = c.Prev() {
			var t Trouble
			if err := json.Unmarshal(v, &t); err != nil {
				return fmt.Errorf("decode trouble: %w", err)
			}
			if !f(t) {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read troubles: %w", err)
	}
	return nil
}

// retainTroubles deletes those that are over: by age, and the oldest above a
// number. What of them stands in Slack stays there.
func (s *Store) retainTroubles(tx *bolt.Tx, r Retention) error {
	b := tx.Bucket(bucketTroubles)
	excess := b.Stats().KeyN - maxTroubles
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		old := r.Age > 0 && s.now().Sub(born(string(k))) > r.Age
		if !old && excess <= 0 {
			return nil
		}
		excess--
		var t Trouble
		if err := json.Unmarshal(v, &t); err == nil && !t.Closed && !old {
			continue
		}
		id := string(k)
		if err := c.Delete(); err != nil {
			return err
		}
		if _, err := deletePrefix(tx.Bucket(bucketPosts), prefix(AlertSubject(id))); err != nil {
			return err
		}
		if err := tx.Bucket(bucketDirty).Delete([]byte(AlertSubject(id))); err != nil {
			return err
		}
	}
	return nil
}

// maxTroubles bounds the troubles that are kept.
const maxTroubles = 5000

// follow has each change of an investigation mark a subject.
func follow(tx *bolt.Tx, investigation, subject string) error {
	if subject == "" {
		return nil
	}
	return tx.Bucket(bucketFollowers).Put(key(investigation, subject), nil)
}

// Followers are the subjects that show an investigation besides its own, such as
// the thread of an alert.
func (s *Store) Followers(investigation string) (subjects []string, err error) {
	p := prefix(investigation)
	err = s.db.View(func(tx *bolt.Tx) error {
		return each(tx.Bucket(bucketFollowers), p, func(k, _ []byte) error {
			subjects = append(subjects, string(k[len(p):]))
			return nil
		})
	})
	return subjects, err
}

// markFollowers marks the subjects that follow an investigation.
func markFollowers(tx *bolt.Tx, investigation string) error {
	p := prefix(investigation)
	return each(tx.Bucket(bucketFollowers), p, func(k, _ []byte) error { return markDirty(tx, string(k[len(p):])) })
}
