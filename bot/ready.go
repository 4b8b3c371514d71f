package bot

import (
	"context"
	"errors"
	"sync"
	"time"
)

// lockedError is an error that one goroutine sets and others read.
type lockedError struct {
	mu  sync.Mutex
	err error
}

func (e *lockedError) set(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

func (e *lockedError) get() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// listen receives over Socket Mode. Tokens that Slack does not take do not end
// the bot: its API, runners and alerts go on, and /readyz says what is wrong.
func (b *Bot) listen(ctx context.Context) error {
	err := b.Slack.Listen(ctx, b, &b.status)
	if err == nil {
		return nil
	}
	err = advised(err)
	b.slackErr.set(err)
	b.Log.Error("no more is heard from slack", "error", err)
	return nil
}

// lookAtSlackEvery is how often Slack is asked, in HTTP mode, whether it still
// takes the token: there is no connection that would break.
const lookAtSlackEvery = time.Minute

// lookAtSlack asks Slack now and then until ctx ends.
func (b *Bot) lookAtSlack(ctx context.Context) error {
	tick := time.NewTicker(lookAtSlackEvery)
	defer tick.Stop()
	for {
		_, err := b.Slack.Identity(ctx)
		if ctx.Err() != nil {
			return nil
		}
		b.slackErr.set(advised(err))
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Ready is nil when the bot can do its work; the error says what it can't.
func (b *Bot) Ready() error {
	b.begin.Do(b.wire)
	var all []error
	if err := b.Store.Ping(); err != nil {
		all = append(all, err)
	}
	if b.Lacks != "" {
		all = append(all, errors.New(b.Lacks))
	}
	if b.Schedules != nil {
		all = append(all, b.Schedules.Ready())
	}
	if b.Slack != nil {
		all = append(all, b.slackErr.get())
		if b.Slack.SocketMode() && b.slackErr.get() == nil {
			all = append(all, b.status.Err())
		}
		if b.outbox != nil {
			all = append(all, b.outbox.Trouble())
		}
	}
	return errors.Join(all...)
}
