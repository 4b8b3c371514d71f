package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/plexorbot/plexor/investigations"
	bolt "go.etcd.io/bbolt"
)

// Subject names what an investigation's thread is to the outbox.
func Subject(id string) string { return "inv/" + id }

// header is an investigation as it is kept: all but the facts of its checks,
// which are records of their own. Field names never change.
type header struct {
	V          int                        `json:"v"`
	ID         string                     `json:"id"`
	Target     string                     `json:"target"`
	Plan       string                     `json:"plan"`
	Inputs     map[string]string          `json:"inputs,omitempty"`
	Trigger    investigations.Trigger     `json:"trigger"`
	State      investigations.State       `json:"state"`
	Started    time.Time                  `json:"started"`
	Ended      time.Time                  `json:"ended,omitzero"`
	Error      string                     `json:"error,omitempty"`
	Resolution *investigations.Resolution `json:"resolution,omitempty"`
	Verdict    *investigations.Verdict    `json:"verdict,omitempty"`
	Endpoints  []investigations.Endpoint  `json:"endpoints,omitempty"`
}

// checkRecord is one check of one endpoint, in its latest state.
type checkRecord struct {
	V        int                  `json:"v"`
	Endpoint int                  `json:"endpoint"`
	Step     string               `json:"step"`
	Check    investigations.Check `json:"check"`
}

// New is what begins an investigation.
type New struct {
	Investigation investigations.Investigation
	EventKey      string // of the command or alert that asks for it; empty: none
	Silent        bool   // nothing of it is to stand in Slack
	Follower      string // a subject that shows it besides: each change marks it
	Audit         *AuditLine
}

// Create keeps a new investigation, the id of the event that asked for it, the
// wish for its thread, and an audit line, in one transaction. An event that was
// seen before creates nothing: the id it made then is returned, and created is
// false.
func (s *Store) Create(n New) (id string, created bool, err error) {
	err = s.db.Batch(func(tx *bolt.Tx) error {
		id, created = n.Investigation.ID, false
		if n.EventKey != "" {
			was, err := s.see(tx, n.EventKey, id)
			if err != nil {
				return err
			}
			if was != nil {
				id = was.Made
				return nil
			}
		}
		created = true
		return s.create(tx, n)
	})
	if err != nil {
		return "", false, fmt.Errorf("create investigation of %s: %w", n.Investigation.Target, err)
	}
	return id, created, nil
}

func (s *Store) create(tx *bolt.Tx, n New) error {
	inv := n.Investigation
	if err := putHeader(tx, inv); err != nil {
		return err
	}
	if err := tx.Bucket(bucketTargets).Put(key(inv.Target, inv.ID), nil); err != nil {
		return err
	}
	if err := tx.Bucket(bucketUnfinished).Put([]byte(inv.ID), nil); err != nil {
		return err
	}
	if n.Audit != nil {
		if err := s.audit(tx, *n.Audit); err != nil {
			return err
		}
	}
	if err := follow(tx, inv.ID, n.Follower); err != nil {
		return err
	}
	if n.Silent {
		return nil
	}
	return markDirty(tx, Subject(inv.ID))
}

// Apply keeps what an investigation learned, and the wish to bring its thread
// there, in one transaction. Twice is once.
func (s *Store) Apply(id string, e investigations.Event) error {
	err := s.db.Batch(func(tx *bolt.Tx) error {
		if err := apply(tx, id, e); err != nil {
			return err
		}
		if err := markFollowers(tx, id); err != nil {
			return err
		}
		if tx.Bucket(bucketDirty).Get([]byte(Subject(id))) == nil && posted(tx, Subject(id)) == 0 {
			return nil // a silent one
		}
		return markDirty(tx, Subject(id))
	})
	if err != nil {
		return fmt.Errorf("keep %s of investigation %s: %w", e.Kind, id, err)
	}
	return nil
}

func apply(tx *bolt.Tx, id string, e investigations.Event) error {
	if e.Kind == investigations.EventCheck && e.Check != nil {
		k := checkKey(id, e.Endpoint, e.Step, e.Check.ID, e.Check.On)
		return put(tx.Bucket(bucketChecks), k, checkRecord{V: schema, Endpoint: e.Endpoint, Step: e.Step, Check: *e.Check})
	}
	var h header
	if err := get(tx.Bucket(bucketInvestigations), []byte(id), &h); err != nil {
		return err
	}
	inv := h.investigation()
	inv.Apply(e)
	if inv.State.Ended() {
		if err := tx.Bucket(bucketUnfinished).Delete([]byte(id)); err != nil {
			return err
		}
	}
	return putHeader(tx, inv)
}

// checkKey has no runner where the check is pending or skipped and the vantage
// is empty; the runner is part of it, as a selector gives one check several.
func checkKey(id string, endpoint int, step, check, on string) []byte {
	return key(id, fmt.Sprintf("%04d", endpoint), step, check, on)
}

func putHeader(tx *bolt.Tx, inv investigations.Investigation) error {
	return put(tx.Bucket(bucketInvestigations), []byte(inv.ID), header{
		V: schema, ID: inv.ID, Target: inv.Target, Plan: inv.Plan, Inputs: inv.Inputs, Trigger: inv.Trigger,
		State: inv.State, Started: inv.Started, Ended: inv.Ended, Error: inv.Error,
		Resolution: inv.Resolution, Verdict: inv.Verdict, Endpoints: inv.Endpoints,
	})
}

func (h header) investigation() investigations.Investigation {
	return investigations.Investigation{
		Schema: investigations.Schema, ID: h.ID, Target: h.Target, Plan: h.Plan, Inputs: h.Inputs, Trigger: h.Trigger,
		State: h.State, Started: h.Started, Ended: h.Ended, Error: h.Error,
		Resolution: h.Resolution, Verdict: h.Verdict, Endpoints: h.Endpoints,
	}
}

// Investigation returns an investigation with all its checks and facts, or
// ErrNotFound.
func (s *Store) Investigation(id string) (investigations.Investigation, error) {
	var inv investigations.Investigation
	err := s.db.View(func(tx *bolt.Tx) (err error) {
		inv, err = load(tx, id)
		return err
	})
	if err != nil {
		return inv, fmt.Errorf("read investigation %s: %w", id, err)
	}
	return inv, nil
}

func load(tx *bolt.Tx, id string) (investigations.Investigation, error) {
	var h header
	if err := get(tx.Bucket(bucketInvestigations), []byte(id), &h); err != nil {
		return investigations.Investigation{}, err
	}
	inv := h.investigation()
	err := each(tx.Bucket(bucketChecks), prefix(id), func(_, v []byte) error {
		var r checkRecord
		if err := json.Unmarshal(v, &r); err != nil {
			return fmt.Errorf("decode check of %s: %w", id, err)
		}
		inv.Apply(investigations.Event{Kind: investigations.EventCheck, Endpoint: r.Endpoint, Step: r.Step, Check: &r.Check})
		return nil
	})
	return inv, err
}

// Unfinished returns the ids of investigations that have not ended, oldest
// first: those to go on with after a restart.
func (s *Store) Unfinished() ([]string, error) {
	var ids []string
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketUnfinished).ForEach(func(k, _ []byte) error {
			ids = append(ids, string(k))
			return nil
		})
	})
	return ids, err
}

// Filter chooses investigations; its zero value takes the newest 50.
type Filter struct {
	Target string
	State  investigations.State
	Before string // an id: only older ones
	Limit  int    // 50 if 0, at most 1000
}

// Investigations returns what f chooses, newest first, without checks.
func (s *Store) Investigations(f Filter) ([]investigations.Investigation, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 1000)
	found := []investigations.Investigation{}
	err := s.db.View(func(tx *bolt.Tx) error {
		return newest(tx, f, func(id []byte) (bool, error) {
			var h header
			err := get(tx.Bucket(bucketInvestigations), id, &h)
			if errors.Is(err, ErrNotFound) {
				return true, nil
			}
			if err == nil && (f.State == "" || f.State == h.State) {
				found = append(found, h.investigation())
			}
			return len(found) < f.Limit, err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list investigations: %w", err)
	}
	return found, nil
}

// newest walks ids backwards in time until f says to stop.
func newest(tx *bolt.Tx, f Filter, take func(id []byte) (more bool, err error)) error {
	bucket, base := tx.Bucket(bucketInvestigations), []byte{}
	if f.Target != "" {
		bucket, base = tx.Bucket(bucketTargets), prefix(f.Target)
	}
	c := bucket.Cursor()
	end := append(append([]byte{}, base...), 0xff)
	if f.Before != "" {
		end = append(append([]byte{}, base...), f.Before...)
	}
	k, _ := c.Seek(end)
	if k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	for ; k != nil && len(k) > len(base) && string(k[:len(base)]) == string(base); k, _ = c.Prev() {
		more, err := take(k[len(base):])
		if err != nil || !more {
			return err
		}
	}
	return nil
}
