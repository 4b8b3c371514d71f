package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/plexorbot/plexor/investigations"
	bolt "go.etcd.io/bbolt"
)

// SpeechPrefix begins the subjects of what schedules say.
const SpeechPrefix = "schedule/"

// Speech is what one thread of a schedule's says. Exactly one of its parts is
// set.
type Speech struct {
	V        int       `json:"v"`
	Subject  string    `json:"subject"`
	Schedule string    `json:"schedule"`
	Channel  string    `json:"channel"`
	At       time.Time `json:"at"`
	Done     bool      `json:"done"` // nothing will be added
	Episode  *Episode  `json:"episode,omitempty"`
	Day      *Day      `json:"day,omitempty"`
	Digest   *Digest   `json:"digest,omitempty"`
	Note     string    `json:"note,omitempty"` // for one person
}

// Episode is from when something is wrong until all is well again. Its words
// are kept with it: a thread is the same tomorrow.
type Episode struct {
	What    string          `json:"what"` // the target or the group
	When    string          `json:"when"` // the schedule in words
	Zone    string          `json:"zone"`
	Opened  time.Time       `json:"opened"`
	Closed  time.Time       `json:"closed,omitzero"`
	Ended   string          `json:"ended,omitempty"` // why, where it is not that all is well
	Targets []EpisodeTarget `json:"targets"`         // those that were not well, in order of appearance
	Lines   []EpisodeLine   `json:"lines"`
	Of      int             `json:"of"`                // targets of the schedule
	More    int             `json:"more,omitempty"`    // lines that are not kept: there were too many
	Overlap uint64          `json:"overlap,omitempty"` // runs of the schedule, so far, not started because the one before was going
}

// EpisodeTarget is where a target stands.
type EpisodeTarget struct {
	Target   string    `json:"target"`
	State    string    `json:"state"`
	Cause    string    `json:"cause,omitempty"`
	Headline string    `json:"headline,omitempty"`
	Since    time.Time `json:"since"`          // not well
	Until    time.Time `json:"until,omitzero"` // well again
	Fixed    string    `json:"fixed,omitempty"`
}

// EpisodeLine is one reply in the thread.
type EpisodeLine struct {
	Key           string                  `json:"key"`
	At            time.Time               `json:"at"`
	Kind          string                  `json:"kind"` // failing, unknown, flapping, cause, healthy, reminder, ended
	Target        string                  `json:"target,omitempty"`
	Cause         string                  `json:"cause,omitempty"`
	Was           string                  `json:"was,omitempty"` // the cause before
	Headline      string                  `json:"headline,omitempty"`
	Since         time.Time               `json:"since,omitzero"`
	Period        time.Duration           `json:"period,omitempty"` // of flapping
	Fixed         string                  `json:"fixed,omitempty"`
	Verdict       *investigations.Verdict `json:"verdict,omitempty"`
	Investigation string                  `json:"investigation,omitempty"`
}

// Day is the thread of one day of a schedule that tells every result.
type Day struct {
	What  string    `json:"what"`
	When  string    `json:"when"`
	Zone  string    `json:"zone"`
	Date  string    `json:"date"` // in the zone
	Lines []DayLine `json:"lines"`
	More  int       `json:"more,omitempty"` // runs that have no reply: there were too many
	Fine  int       `json:"fine,omitempty"` // of those, that found all well
}

// DayLine is one run.
type DayLine struct {
	At      time.Time   `json:"at"`
	Results []DayResult `json:"results"`        // of many targets those that are not well, and no more than a reply holds
	Well    int         `json:"well,omitempty"` // of many targets
	More    int         `json:"more,omitempty"` // not well, and not among Results
}

// DayResult is what a run found of a target.
type DayResult struct {
	Target  string        `json:"target"`
	State   string        `json:"state"`
	Connect time.Duration `json:"connect,omitempty"`
	Words   string        `json:"words,omitempty"`
}

// Digest sums a period up.
type Digest struct {
	What      string         `json:"what"`
	When      string         `json:"when"` // the digest's own schedule in words
	Zone      string         `json:"zone"`
	From      time.Time      `json:"from"`
	To        time.Time      `json:"to"`
	Targets   []DigestTarget `json:"targets"`
	Incidents []Incident     `json:"incidents,omitempty"`
	Overlap   uint64         `json:"overlap,omitempty"`
	Missed    uint64         `json:"missed,omitempty"`
	Drawn     bool           `json:"drawn"`          // the picture is settled, one way or the other
	File      string         `json:"file,omitempty"` // Slack's id of the picture
	Alt       string         `json:"alt,omitempty"`
}

// DigestTarget is what a period was for a target. Times are of connects.
type DigestTarget struct {
	Target  string        `json:"target"`
	Checks  uint64        `json:"checks"`
	Up      uint64        `json:"up"`
	Down    uint64        `json:"down"`
	Unknown uint64        `json:"unknown,omitempty"`
	Median  time.Duration `json:"median,omitempty"`
	P95     time.Duration `json:"p95,omitempty"`
	Slowest time.Duration `json:"slowest,omitempty"`
}

// Speech returns what a thread says, or ErrNotFound.
func (s *Store) Speech(subject string) (v Speech, err error) {
	err = s.db.View(func(tx *bolt.Tx) error { return get(tx.Bucket(bucketSpeech), key(subject), &v) })
	if err != nil {
		return v, fmt.Errorf("read %s: %w", subject, err)
	}
	return v, nil
}

// PutSpeech keeps what a thread says, and the wish to bring Slack there.
func (s *Store) PutSpeech(all ...Speech) error {
	err := s.db.Batch(func(tx *bolt.Tx) error { return putSpeech(tx, all) })
	if err != nil {
		return fmt.Errorf("keep what is to be said: %w", err)
	}
	return nil
}

func putSpeech(tx *bolt.Tx, all []Speech) error {
	for _, v := range all {
		v.V = schema
		if err := put(tx.Bucket(bucketSpeech), key(v.Subject), v); err != nil {
			return err
		}
		if v.Digest != nil && !v.Digest.Drawn {
			continue // it is said when its picture is
		}
		if err := markDirty(tx, v.Subject); err != nil {
			return err
		}
	}
	return nil
}

// Undrawn returns the digests that still want their picture.
func (s *Store) Undrawn() ([]Speech, error) {
	var all []Speech
	err := s.db.View(func(tx *bolt.Tx) error {
		return each(tx.Bucket(bucketSpeech), []byte(SpeechPrefix+"digest/"), func(_, v []byte) error {
			var d Speech
			if err := json.Unmarshal(v, &d); err != nil {
				return fmt.Errorf("decode digest: %w", err)
			}
			if d.Digest != nil && !d.Digest.Drawn {
				all = append(all, d)
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read digests: %w", err)
	}
	return all, nil
}

// forgetSpeech deletes threads that are done and older than age, and what is
// known of their messages.
func (s *Store) forgetSpeech(tx *bolt.Tx, age time.Duration) error {
	if age <= 0 {
		return nil
	}
	var old []string
	err := tx.Bucket(bucketSpeech).ForEach(func(k, v []byte) error {
		var d struct {
			At   time.Time `json:"at"`
			Done bool      `json:"done"`
		}
		if json.Unmarshal(v, &d) == nil && d.Done && s.now().Sub(d.At) > age && tx.Bucket(bucketDirty).Get(k) == nil && len(old) < retainStep {
			old = append(old, strings.Clone(string(k)))
		}
		return nil
	})
	for _, subject := range old {
		if _, err := deletePrefix(tx.Bucket(bucketPosts), prefix(subject)); err != nil {
			return err
		}
		if err := tx.Bucket(bucketSpeech).Delete([]byte(subject)); err != nil {
			return err
		}
	}
	return err
}
