package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Watch is what one schedule knows of one of its targets. It is written only
// when it changes: a target that is well costs a result and nothing else.
type Watch struct {
	V        int         `json:"v"`
	Target   string      `json:"target"`
	State    string      `json:"state"` // empty: not seen yet; healthy, failing, unknown or flapping
	Cause    string      `json:"cause,omitempty"`
	Headline string      `json:"headline,omitempty"`
	Since    time.Time   `json:"since,omitzero"`   // in this state
	Next     string      `json:"next,omitempty"`   // the state that was seen Seen times in a row, and is not confirmed
	Reason   string      `json:"reason,omitempty"` // its cause
	Seen     int         `json:"seen,omitempty"`
	First    time.Time   `json:"first,omitzero"` // of those
	Raw      uint32      `json:"raw,omitempty"`  // the last results, newest in bit 0: 1 is failing
	Known    int         `json:"known,omitempty"`
	Flips    []time.Time `json:"flips,omitempty"`    // last changes between results, confirmed or not
	Told     string      `json:"told,omitempty"`     // the state that the channel knows of
	ToldWhy  string      `json:"told_why,omitempty"` // and its cause
	DownFrom time.Time   `json:"down_from,omitzero"` // since when it is not well, as told
	Fixed    string      `json:"fixed,omitempty"`    // what mended it, while the channel has not heard that it is well
	Incident time.Time   `json:"incident,omitzero"`  // start of the incident that is open
}

// Watches returns what every schedule knows of its targets: schedule -> target.
func (s *Store) Watches() (map[string]map[string]Watch, error) {
	all := map[string]map[string]Watch{}
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketWatches).ForEach(func(k, v []byte) error {
			var w Watch
			if err := json.Unmarshal(v, &w); err != nil {
				return fmt.Errorf("decode watch: %w", err)
			}
			id := string(k[:len(k)-len(w.Target)-1])
			if all[id] == nil {
				all[id] = map[string]Watch{}
			}
			all[id][w.Target] = w
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read what schedules watch: %w", err)
	}
	return all, nil
}

// Incident is a time in which a target was not well.
type Incident struct {
	V             int       `json:"v"`
	Target        string    `json:"target"`
	Schedule      string    `json:"schedule"`
	From          time.Time `json:"from"`
	To            time.Time `json:"to,omitzero"` // it goes on
	Kind          string    `json:"kind"`        // failing, unknown or flapping
	Cause         string    `json:"cause,omitempty"`
	Headline      string    `json:"headline,omitempty"`
	Fixed         string    `json:"fixed,omitempty"`
	Ended         string    `json:"ended,omitempty"` // why nobody looked any further, where it did not end by being well
	Investigation string    `json:"investigation,omitempty"`
}

func putIncident(tx *bolt.Tx, i Incident) error {
	i.V = schema
	k := append(binary.BigEndian.AppendUint64(prefix(i.Target), uint64(i.From.UnixMilli())), i.Schedule...)
	if i.Investigation == "" { // the one that found it stays with it
		var was Incident
		if _, err := found(get(tx.Bucket(bucketIncidents), k, &was)); err != nil {
			return err
		}
		i.Investigation = was.Investigation
	}
	return put(tx.Bucket(bucketIncidents), k, i)
}

// Incidents returns a target's incidents that touch a period, oldest first.
func (s *Store) Incidents(target string, from, to time.Time) ([]Incident, error) {
	all := []Incident{}
	err := s.db.View(func(tx *bolt.Tx) error {
		return each(tx.Bucket(bucketIncidents), prefix(target), func(_, v []byte) error {
			var i Incident
			if err := json.Unmarshal(v, &i); err != nil {
				return fmt.Errorf("decode incident: %w", err)
			}
			if i.From.Before(to) && (i.To.IsZero() || i.To.After(from)) {
				all = append(all, i)
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read incidents of %s: %w", target, err)
	}
	return all, nil
}

// Finish is all that the end of one run changes.
type Finish struct {
	Schedule  string
	Due       time.Time // of the run; the zero time for one that a person asked for
	Asked     time.Time // when a person asked for it; the zero time for one of the schedule's own
	Progress  Progress  // as it is afterwards
	Results   map[string]Result
	Watches   []Watch  // those that changed
	Gone      []string // targets that are no longer watched
	Incidents []Incident
	Speech    []Speech // those that changed
}

// FinishRun keeps the end of a run in one transaction: its results, where its
// targets stand, and what is to be said of them. The end of a run that has
// ended already, or of a schedule that is gone, changes nothing, and false is
// returned.
func (s *Store) FinishRun(f Finish) (kept bool, err error) {
	err = s.db.Batch(func(tx *bolt.Tx) error {
		kept = false
		var was Progress
		ok, err := found(get(tx.Bucket(bucketProgress), key(f.Schedule), &was))
		if err != nil || !ok || !was.Open.Equal(f.Due) && !f.Due.IsZero() || !was.Asked.Equal(f.Asked) && !f.Asked.IsZero() {
			return err
		}
		kept = true
		return finish(tx, f)
	})
	if err != nil {
		return false, fmt.Errorf("keep a run of schedule %s: %w", f.Schedule, err)
	}
	return kept, nil
}

func finish(tx *bolt.Tx, f Finish) error {
	for target, r := range f.Results {
		if err := addResult(tx, target, r); err != nil {
			return err
		}
	}
	for _, w := range f.Watches {
		w.V = schema
		if err := put(tx.Bucket(bucketWatches), key(f.Schedule, w.Target), w); err != nil {
			return err
		}
	}
	for _, target := range f.Gone {
		if err := tx.Bucket(bucketWatches).Delete(key(f.Schedule, target)); err != nil {
			return err
		}
	}
	for _, i := range f.Incidents {
		if err := putIncident(tx, i); err != nil {
			return err
		}
	}
	f.Progress.V = schema
	if err := put(tx.Bucket(bucketProgress), key(f.Schedule), f.Progress); err != nil {
		return err
	}
	return putSpeech(tx, f.Speech)
}
