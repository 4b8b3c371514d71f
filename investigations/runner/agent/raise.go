package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nuid"
	"github.com/plexorbot/plexor/investigations/runner"
)

// repeatFirst and repeatMost bound the pause after which a raise that was not
// taken over is repeated.
const (
	repeatFirst = time.Second
	repeatMost  = 30 * time.Second
)

// Raise tells the bot something by itself: payload is JSON of at most
// runner.MaxRaise bytes. It returns nil once the bot has taken it over, and
// repeats it under one id until then or until ctx ends.
func (a *Agent) Raise(ctx context.Context, payload []byte) error {
	if len(payload) > runner.MaxRaise || !json.Valid(payload) {
		return fmt.Errorf("raise: payload is not JSON of at most %d bytes", runner.MaxRaise)
	}
	id, taken := nuid.Next(), make(chan struct{})
	a.mu.Lock()
	a.raises[id] = taken
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		delete(a.raises, id)
		a.mu.Unlock()
	}()
	for pause := repeatFirst; ; pause = min(2*pause, repeatMost) {
		a.mu.Lock()
		changed := a.changed
		a.mu.Unlock()
		if err := a.send(ctx, runner.TopicRaise, runner.Frame{Kind: runner.KindRaise, ID: id, Raise: payload}); err != nil {
			return fmt.Errorf("raise: %w", err)
		}
		select {
		case <-taken:
			return nil
		case <-changed: // another connection: what the old one held is lost
		case <-time.After(jitter(pause)):
		case <-ctx.Done():
			return errors.Join(errors.New("raise: the bot has not taken it over"), ctx.Err())
		}
	}
}

func (a *Agent) takenOver(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.raises[id]; c != nil {
		close(c)
		delete(a.raises, id)
	}
}
