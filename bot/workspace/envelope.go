package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Kinds of what is sent to the app, as Socket Mode names them.
const (
	kindCommand     = "slash_commands"
	kindEvent       = "events_api"
	kindInteractive = "interactive"
)

// errNoApp says that no app is connected; errNoAck that it did not acknowledge in time.
var (
	errNoApp = errors.New("dispatch_failed")
	errNoAck = errors.New("operation_timeout")
)

// envelope is one thing for the app: a command, an event or an interaction.
type envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
	Accepts bool            `json:"accepts_response_payload"`
	Attempt int             `json:"retry_attempt"`
	Reason  string          `json:"retry_reason"`
}

// result is how a delivery ended: what the app answered, or an error.
type result struct {
	body json.RawMessage
	err  error
}

// begin sends an envelope over Socket Mode or HTTP and returns where its result will come. Sends that are begun one
// after the other arrive in that order in Socket Mode.
func (s *Server) begin(ctx context.Context, e envelope) <-chan result {
	if s.cfg.RequestURL != "" {
		done := make(chan result, 1)
		if !s.spawn(func() { done <- s.request(ctx, e) }) {
			done <- result{err: errNoApp}
		}
		return done
	}
	return s.sockets.send(ctx, s, e)
}

// await waits for a result until the app's time to acknowledge is over, on the injected clock.
func (s *Server) await(ctx context.Context, done <-chan result) result {
	due := s.cfg.Now().Add(s.cfg.AckTimeout)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case r := <-done:
			return r
		case <-ctx.Done():
			return result{err: errNoAck}
		case <-s.ctx.Done():
			return result{err: errNoAck}
		case <-ticker.C:
			if !s.cfg.Now().Before(due) {
				return result{err: errNoAck}
			}
		}
	}
}

// sleep returns when the clock has gone on by d, or the server closes.
func (s *Server) sleep(d time.Duration) {
	due := s.cfg.Now().Add(d)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for s.cfg.Now().Before(due) {
		select {
		case <-ticker.C:
		case <-s.ctx.Done():
			return
		}
	}
}

// deliver sends a command or an interaction, which is never sent twice, and waits for its acknowledgement.
func (s *Server) deliver(ctx context.Context, kind string, payload any) (Ack, error) {
	body, err := json.Marshal(payload)
	if err != nil {
		return Ack{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start := time.Now()
	e := envelope{Type: kind, ID: secret(), Payload: body, Accepts: true}
	r := s.await(ctx, s.begin(ctx, e))
	s.sockets.forget(e.ID)
	ack := Ack{MS: float64(time.Since(start).Microseconds()) / 1000, Body: r.body}
	return ack, r.err
}

// Ack is the app's acknowledgement: how many milliseconds it took, and what it carried, nil for nothing.
type Ack struct {
	MS   float64         `json:"ms"`
	Body json.RawMessage `json:"body"`
}

// tick is how often an injected clock is looked at.
const tick = 20 * time.Millisecond
