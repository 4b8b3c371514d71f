package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Schedule is a wish to look at targets again and again. Those that the
// configuration declares are kept like those that people made, so that their
// state has an owner, and are brought up to date at every start.
type Schedule struct {
	V          int               `json:"v"`
	ID         string            `json:"id"`   // s1, s2 … for those that people made; the name for declared ones
	Expression string            `json:"when"` // five fields, @every or a descriptor
	Zone       string            `json:"tz"`   // IANA name
	Targets    []string          `json:"targets"`
	Group      string            `json:"group,omitempty"` // the configuration's word for them
	Channel    string            `json:"channel"`         // id or name
	Plan       string            `json:"plan,omitempty"`
	Inputs     map[string]string `json:"inputs,omitempty"`
	Whole      bool              `json:"whole,omitempty"`   // the whole plan every time, not only when the quick check fails
	Notify     string            `json:"notify"`            // change, always or never
	Confirm    int               `json:"confirm"`           // equal results in a row that make a change
	Remind     time.Duration     `json:"remind,omitempty"`  // while it fails; 0: never
	Jitter     time.Duration     `json:"jitter,omitempty"`  // runs come up to this much later, each schedule at its own place
	CatchUp    string            `json:"catch_up"`          // one or none
	Digest     string            `json:"digest,omitempty"`  // expression; empty: no digest
	By         string            `json:"by,omitempty"`      // who made it, a user's id or api
	Made       time.Time         `json:"made"`              // also where its runs count from
	Declared   bool              `json:"declared"`          // by the configuration
	Paused     bool              `json:"paused,omitempty"`  // nothing is run
	Why        string            `json:"why,omitempty"`     // it is paused
	Changed    time.Time         `json:"changed,omitzero"`  // paused or resumed last
	Pauser     string            `json:"pauser,omitempty"`  // who paused it; empty: it did so itself
	Title      string            `json:"title,omitempty"`   // for people, instead of its targets
	Removed    bool              `json:"removed,omitempty"` // only in answers
}

// NewSchedule keeps a schedule that a person made and gives it an id. An event
// that was seen before makes nothing new: what it made is returned.
func (s *Store) NewSchedule(c Schedule, event string, l AuditLine) (made Schedule, created bool, err error) {
	err = s.db.Batch(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketSchedules)
		made, created = c, true
		n, err := b.NextSequence()
		if err != nil {
			return err
		}
		made.V, made.ID = schema, fmt.Sprintf("s%d", n)
		if event != "" {
			was, err := s.see(tx, event, made.ID)
			if err != nil {
				return err
			}
			if was != nil {
				created = false
				return get(b, key(was.Made), &made)
			}
		}
		l.Result = made.ID
		if err := s.audit(tx, l); err != nil {
			return err
		}
		return putSchedule(tx, made)
	})
	if err != nil {
		return made, false, fmt.Errorf("keep a new schedule: %w", err)
	}
	return made, created, nil
}

// PutSchedule keeps a schedule under its id.
func (s *Store) PutSchedule(c Schedule, l *AuditLine) error {
	c.V = schema
	err := s.db.Batch(func(tx *bolt.Tx) error {
		if l != nil {
			if err := s.audit(tx, *l); err != nil {
				return err
			}
		}
		return putSchedule(tx, c)
	})
	if err != nil {
		return fmt.Errorf("keep schedule %s: %w", c.ID, err)
	}
	return nil
}

// PutSchedules keeps many under their ids, in one transaction.
func (s *Store) PutSchedules(all []Schedule) error {
	err := s.db.Update(func(tx *bolt.Tx) error {
		for _, c := range all {
			c.V = schema
			if err := putSchedule(tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep schedules: %w", err)
	}
	return nil
}

// putSchedule keeps a schedule; a new one counts its runs from when it was made.
func putSchedule(tx *bolt.Tx, c Schedule) error {
	b := tx.Bucket(bucketProgress)
	if b.Get(key(c.ID)) == nil {
		if err := put(b, key(c.ID), Progress{V: schema, Last: c.Made}); err != nil {
			return err
		}
	}
	return put(tx.Bucket(bucketSchedules), key(c.ID), c)
}

// DeleteSchedule deletes a schedule and where it stands. What it found stays, and
// so does what it said.
func (s *Store) DeleteSchedule(id string, l AuditLine) error {
	err := s.db.Batch(func(tx *bolt.Tx) error {
		if err := s.audit(tx, l); err != nil {
			return err
		}
		if err := tx.Bucket(bucketProgress).Delete(key(id)); err != nil {
			return err
		}
		if err := tx.Bucket(bucketProgress).Delete(key("digest:" + id)); err != nil {
			return err
		}
		if _, err := deletePrefix(tx.Bucket(bucketWatches), prefix(id)); err != nil {
			return err
		}
		return tx.Bucket(bucketSchedules).Delete(key(id))
	})
	if err != nil {
		return fmt.Errorf("delete schedule %s: %w", id, err)
	}
	return nil
}

// Schedules returns all schedules, by id.
func (s *Store) Schedules() ([]Schedule, error) {
	var all []Schedule
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketSchedules).ForEach(func(_, v []byte) error {
			var c Schedule
			if err := json.Unmarshal(v, &c); err != nil {
				return fmt.Errorf("decode schedule: %w", err)
			}
			all = append(all, c)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read schedules: %w", err)
	}
	return all, nil
}

// Progress is how far a schedule is. A digest's is kept under "digest:" and its
// schedule's id.
type Progress struct {
	V       int       `json:"v"`
	Last    time.Time `json:"last"`              // the last time of the schedule that is settled: begun, or passed over
	Open    time.Time `json:"open,omitzero"`     // the time whose run has begun and not ended
	Asked   time.Time `json:"asked,omitzero"`    // when somebody asked for the run that has begun and not ended
	Runs    uint64    `json:"runs"`              // ended
	Overlap uint64    `json:"overlap,omitempty"` // not started, for the one before was going
	Missed  uint64    `json:"missed,omitempty"`  // not made: the bot was down, or the clock jumped
	Episode string    `json:"episode,omitempty"` // subject of the thread that is open
	Day     string    `json:"day,omitempty"`     // subject of today's thread, for those that tell all
	Said    time.Time `json:"said,omitzero"`     // last line in the open thread, for reminders
	Covered time.Time `json:"covered,omitzero"`  // of a digest: up to where the last one looked
}

// Progresses returns how far each schedule is, by id.
func (s *Store) Progresses() (map[string]Progress, error) {
	all := map[string]Progress{}
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketProgress).ForEach(func(k, v []byte) error {
			var p Progress
			if err := json.Unmarshal(v, &p); err != nil {
				return fmt.Errorf("decode progress: %w", err)
			}
			all[string(k)] = p
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read how far schedules are: %w", err)
	}
	return all, nil
}

// PutProgresses keeps how far several schedules are, in one transaction: it is
// called before runs start, so that a crash neither loses nor doubles one.
func (s *Store) PutProgresses(all map[string]Progress) error {
	err := s.db.Update(func(tx *bolt.Tx) error {
		for id, p := range all {
			p.V = schema
			if err := put(tx.Bucket(bucketProgress), key(id), p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep how far schedules are: %w", err)
	}
	return nil
}

// found turns ErrNotFound into false.
func found(err error) (bool, error) {
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
