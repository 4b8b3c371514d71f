package hub

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/plexorbot/plexor/investigations/runner"
)

// Store keeps the records of runners, by name. PutRecord returns when the record
// is on disk. The hub is the only one who writes.
type Store interface {
	Records() (map[string][]byte, error)
	PutRecord(name string, record []byte) error
	DeleteRecord(name string) error
}

// recordSchema is the version of the stored form of a record.
const recordSchema = 1

// record is what the hub keeps of a runner. Before the runner has joined it is
// the token that was made for it: Key is empty, Token and Expires are set, so
// that to join is to write one record. Stored names never change.
type record struct {
	Schema  int               `json:"schema"`
	Name    string            `json:"name"`
	Labels  map[string]string `json:"labels,omitempty"`
	Key     string            `json:"key,omitempty"`   // its public nkey
	Token   string            `json:"token,omitempty"` // SHA-256 of the secret, in hex
	Expires time.Time         `json:"expires,omitzero"`
	Joined  time.Time         `json:"joined,omitzero"`
	Seen    time.Time         `json:"seen,omitzero"` // when Hello was said
	Hello   *runner.Hello     `json:"hello,omitempty"`
	Lost    time.Time         `json:"lost,omitzero"` // since when it is gone; zero where it was here when the bot stopped
	memory  bool              // of the bot's own runner: not stored
}

// load reads all records; one that cannot be read is an error, for to forget a
// runner is to let its name be taken.
func load(s Store) (map[string]*record, error) {
	raw, err := s.Records()
	if err != nil {
		return nil, fmt.Errorf("read runners: %w", err)
	}
	all := map[string]*record{}
	for name, data := range raw {
		r := &record{}
		if err := json.Unmarshal(data, r); err != nil {
			return nil, fmt.Errorf("read runner %s: %w", name, err)
		}
		if r.Schema != recordSchema {
			return nil, fmt.Errorf("read runner %s: schema %d is not known here", name, r.Schema)
		}
		all[name] = r
	}
	return all, nil
}

func (h *Hub) put(r *record) error {
	if r.memory {
		return nil
	}
	r.Schema = recordSchema
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("keep runner %s: %w", r.Name, err)
	}
	return h.config.Store.PutRecord(r.Name, data)
}

// Memory is a Store that forgets: for a bot that has no runner but its own.
type Memory struct {
	mu  sync.Mutex
	all map[string][]byte
}

// Records returns a copy of all records.
func (m *Memory) Records() (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string][]byte{}
	for name, r := range m.all {
		all[name] = append([]byte(nil), r...)
	}
	return all, nil
}

// PutRecord keeps a record under its name.
func (m *Memory) PutRecord(name string, r []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string][]byte{}
	}
	m.all[name] = append([]byte(nil), r...)
	return nil
}

// DeleteRecord deletes a record, if it is there.
func (m *Memory) DeleteRecord(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, name)
	return nil
}
