package hub

import (
	"fmt"
	"maps"

	"github.com/nats-io/nkeys"
	"github.com/plexorbot/plexor/investigations/runner"
)

// Local makes a place for a runner inside this process, which needs no token:
// its key lives as long as the hub and is good on no socket. The returned seed
// is the agent's key; it dials with InProcessConn.
func (h *Hub) Local(name string, labels map[string]string) (seed []byte, err error) {
	if err := runner.CheckName(name); err != nil {
		return nil, err
	}
	if err := runner.CheckLabels(labels); err != nil {
		return nil, err
	}
	pair, err := nkeys.CreateUser()
	if err != nil {
		return nil, fmt.Errorf("key for runner %s: %w", name, err)
	}
	key, err := pair.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("key for runner %s: %w", name, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.records[name] != nil {
		return nil, fmt.Errorf("runner %s: %w", name, ErrTaken)
	}
	h.records[name] = &record{Name: name, Labels: maps.Clone(labels), Key: key, Joined: h.config.Now(), memory: true}
	return pair.Seed()
}
