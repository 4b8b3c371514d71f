package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/plexorbot/plexor/investigations/runner"
)

// ErrTaken says that a runner of that name has joined already.
var ErrTaken = errors.New("a runner of that name has joined already: choose another name, or revoke it first")

// TokenLife is how long a join token is good unless told otherwise, and
// maxTokenLife the longest that can be asked for.
const (
	TokenLife    = time.Hour
	maxTokenLife = 30 * 24 * time.Hour
)

// Token makes a join token for one runner, good once, for ttl (TokenLife if 0).
// A second one for a name that has not joined replaces the first. It returns
// ErrTaken, wrapped, for a name that has.
func (h *Hub) Token(ctx context.Context, name string, labels map[string]string, ttl time.Duration) (string, error) {
	if ttl == 0 {
		ttl = TokenLife
	}
	if ttl < 0 || ttl > maxTokenLife {
		return "", fmt.Errorf("token for runner %s: ttl %s is not within 0 to %s", name, ttl, maxTokenLife)
	}
	if err := errors.Join(ctx.Err(), runner.CheckName(name), runner.CheckLabels(labels)); err != nil {
		return "", fmt.Errorf("token for runner: %w", err)
	}
	address, err := h.advertised()
	if err != nil {
		return "", fmt.Errorf("token for runner %s: %w", name, err)
	}
	t := runner.Token{Name: name, Address: address, Pin: h.pin, Secret: runner.NewSecret()}
	if err := h.expect(t, labels, h.config.Now().Add(ttl)); err != nil {
		return "", fmt.Errorf("token for runner %s: %w", name, err)
	}
	h.audit(name, TokenMade, fmt.Sprintf("good for %s", ttl))
	return t.String(), nil
}

// expect records a token.
func (h *Hub) expect(t runner.Token, labels map[string]string, until time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.forgetExpired(); err != nil {
		return err
	}
	if r := h.records[t.Name]; r != nil && r.Key != "" {
		return ErrTaken
	}
	r := &record{Name: t.Name, Labels: maps.Clone(labels), Token: runner.HashSecret(t.Secret), Expires: until}
	if err := h.put(r); err != nil {
		return err
	}
	h.records[t.Name] = r
	return nil
}

// forgetExpired deletes tokens that nobody used in time; h.mu is held.
func (h *Hub) forgetExpired() error {
	now := h.config.Now()
	for name, r := range h.records {
		if r.Key == "" && now.After(r.Expires) {
			if err := h.config.Store.DeleteRecord(name); err != nil {
				return err
			}
			delete(h.records, name)
		}
	}
	return nil
}

// Revoke forgets a runner, or a token that was not used, and cuts its connection
// at once. It returns ErrUnknown, wrapped, where there is neither.
func (h *Hub) Revoke(name string) error {
	h.mu.Lock()
	r := h.records[name]
	if r == nil || r.memory {
		h.mu.Unlock()
		return fmt.Errorf("revoke runner %s: %w", name, ErrUnknown)
	}
	if err := h.config.Store.DeleteRecord(name); err != nil {
		h.mu.Unlock()
		return fmt.Errorf("revoke runner %s: %w", name, err)
	}
	delete(h.records, name)
	var ids []uint64
	if p := h.here[name]; p != nil {
		ids = p.connected(0)
		delete(h.here, name)
	}
	h.abandon(name, "was revoked")
	h.mu.Unlock()
	h.disconnect(ids)
	h.audit(name, Revoked, "")
	return nil
}
