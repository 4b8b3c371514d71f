package slackapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// Status tells whether Slack can reach the bot; /readyz asks it.
type Status struct {
	mu        sync.Mutex
	connected int
	err       error
}

// Err is nil while at least one connection stands.
func (s *Status) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connected > 0 {
		return nil
	}
	if s.err == nil {
		return errors.New("not connected to slack yet")
	}
	return s.err
}

func (s *Status) add(n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected = max(0, s.connected+n)
	if err != nil {
		s.err = err
	}
}

// Listen receives over Socket Mode until ctx ends. It returns an *Error of kind
// Auth if Slack does not take the tokens: trying again would not help.
func (c *Client) Listen(ctx context.Context, h Handler, status *Status) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d := newDispatcher(h, c.log)
	var wg sync.WaitGroup
	wg.Go(func() { d.run(ctx) })
	for range c.cfg.Connections {
		wg.Go(func() {
			if err := c.listen(ctx, d, status); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// listen keeps one connection up. slack-go opens it again when it breaks.
func (c *Client) listen(ctx context.Context, d *dispatcher, status *Status) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	breaker := &breaker{now: c.now}
	smc := socketmode.New(c.api, socketmode.OptionDialer(&websocket.Dialer{
		HandshakeTimeout: callTimeout,
		NetDialContext:   breaker.dial,
	}))
	var wg sync.WaitGroup
	wg.Go(func() { cancel(smc.RunContext(ctx)) })
	s := &socket{client: c, smc: smc, dispatcher: d, status: status}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case e := <-smc.Events:
			if err := s.event(ctx, e); err != nil {
				cancel(err)
			}
		}
	}
	s.down(nil)
	wg.Wait()
	return fatal(context.Cause(ctx))
}

// socket is one Socket Mode connection and what came over it.
type socket struct {
	client     *Client
	smc        *socketmode.Client
	dispatcher *dispatcher
	status     *Status
	up         bool
}

func (s *socket) event(ctx context.Context, e socketmode.Event) error {
	switch e.Type {
	case socketmode.EventTypeHello:
		if !s.up {
			s.up = true
			s.status.add(1, nil)
		}
	case socketmode.EventTypeConnecting:
		s.down(nil)
	case socketmode.EventTypeConnectionError:
		failed, _ := e.Data.(*slack.ConnectionErrorEvent)
		if failed == nil {
			return nil
		}
		err := wrap("apps.connections.open", failed.ErrorObj)
		s.down(err)
		s.client.log.Warn("no socket mode connection", "error", err)
		return fatal(err)
	case socketmode.EventTypeErrorBadMessage:
		if bad, ok := e.Data.(*socketmode.ErrorBadMessage); ok {
			s.bad(ctx, bad.Message)
		}
	default:
		if e.Request != nil && e.Request.EnvelopeID != "" {
			s.deliver(ctx, e.Request.EnvelopeID, e.Request.Type, e.Request.Payload)
		}
	}
	return nil
}

func (s *socket) down(err error) {
	if s.up {
		s.up = false
		s.status.add(-1, err)
		return
	}
	s.status.add(0, err)
}

// bad takes what slack-go could not: our own decoder may know it, and if not,
// it is acknowledged all the same, or Slack would send it three more times.
func (s *socket) bad(ctx context.Context, message json.RawMessage) {
	var envelope struct {
		ID      string          `json:"envelope_id"`
		Type    string          `json:"type"`
		Payload json.RawMessage `json:"payload"`
	}
	if json.Unmarshal(message, &envelope) != nil || envelope.ID == "" {
		s.client.log.Warn("a message from slack that is none", "bytes", len(message))
		return
	}
	s.deliver(ctx, envelope.ID, envelope.Type, envelope.Payload)
}

func (s *socket) deliver(ctx context.Context, envelope, kind string, payload json.RawMessage) {
	ack := func(answer any, err error) {
		if err != nil {
			s.client.log.Error("not kept, so not acknowledged", "kind", kind, "error", err)
			return
		}
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := s.smc.AckCtx(ctx, envelope, answer); err != nil && !errors.Is(err, context.Canceled) {
			s.client.log.Warn("acknowledge", "kind", kind, "error", err)
		}
	}
	d, err := decode(kind, payload)
	if err != nil {
		s.client.log.Warn("a message from slack was not understood", "kind", kind, "error", err)
		ack(nil, nil)
		return
	}
	if !s.dispatcher.submit(job{delivery: d, ack: ack}) {
		s.client.log.Warn("too much at once", "kind", kind)
		if d.event == nil { // commands and presses are not sent again
			ack(busy("Plexor has too much to do right now; try again in a moment.").payload(), nil)
		}
	}
}

// fatalWords are errors that slack-go would retry for ever.
var fatalWords = append(slices.Clone(words[Auth]), "invalid_app_token", "app_not_installed")

// fatal returns err if trying again cannot help, else nil.
func fatal(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == Auth {
		return e
	}
	if slices.Contains(fatalWords, err.Error()) {
		return &Error{Method: "apps.connections.open", Code: err.Error(), Kind: Auth, err: err}
	}
	return nil
}

// breaker holds dials back when connections break soon after they were made:
// slack-go has no back-off for those.
type breaker struct {
	now   func() time.Time
	mu    sync.Mutex
	last  time.Time
	short int // connections in a row that did not last
}

// shortLived is how long a connection must stand to count as one that worked.
const shortLived = 10 * time.Second

func (b *breaker) dial(ctx context.Context, network, address string) (net.Conn, error) {
	select {
	case <-time.After(b.pause()):
	case <-ctx.Done():
		return nil, fmt.Errorf("dial slack: %w", ctx.Err())
	}
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// pause is how long to wait before the next dial: nothing after a connection
// that lasted and after the first that did not, then from 250 ms up to 30 s.
func (b *breaker) pause() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if b.last.IsZero() || now.Sub(b.last) > shortLived {
		b.short = 0
	} else {
		b.short++
	}
	var wait time.Duration
	if b.short > 1 {
		wait = min(250*time.Millisecond<<min(b.short-2, 10), 30*time.Second)
	}
	b.last = now.Add(wait)
	return wait
}
