package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/store"
)

// Slack takes nothing in a channel that the bot is not in, or that is archived.
// That can be mended, so what is to be said there waits a day for it.
const refusedFor = 24 * time.Hour

// refused keeps that Slack did not take a message in its channel. Somebody is
// told once; where nobody can be, Trouble says it.
func (o *Outbox) refused(ctx context.Context, subject string, m Message, p store.Post, cause error) (time.Duration, error) {
	first := p.Since.IsZero()
	if first {
		p.Since = o.Now().UTC()
	}
	p.State, p.Error = store.PostRefused, cause.Error()
	if o.Now().Sub(p.Since) > refusedFor {
		p.State = store.PostDead
	}
	if err := o.Store.PutPost(subject, p); err != nil {
		return 0, err
	}
	if first {
		o.probe(m.Channel) // this was one
		o.Log.Error("slack takes no message in a channel; it waits", "subject", subject, "message", m.Key, "channel", m.Channel, "error", cause)
		if m.Under == "" && o.Undeliverable != nil {
			p.Told = o.Undeliverable(ctx, subject, m, cause)
			if err := o.Store.PutPost(subject, p); err != nil {
				return 0, err
			}
		}
	}
	o.park(subject, p)
	o.refuse(m.Channel, p, cause)
	if p.State == store.PostDead {
		return 0, nil
	}
	return o.pace.refused, nil
}

// probe is how long one that was refused waits: one at a time tries whether
// its channel takes messages again, and where it does, the rest follow.
func (o *Outbox) probe(channel string) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.Now()
	if wait := o.waits["refused/"+channel].Sub(now); wait > 0 {
		return wait
	}
	o.waits["refused/"+channel] = now.Add(o.pace.refused)
	return 0
}

// park notes that a subject waits for a channel and that a person knows: nobody
// else has to look into it.
func (o *Outbox) park(subject string, p store.Post) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p.Told {
		o.parked[subject] = true
	}
}

// Waiting is how many subjects are not yet as they should be, without those that
// wait for a channel while a person knows.
func (o *Outbox) Waiting() (int, error) {
	dirty, err := o.Store.Dirty()
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, d := range dirty {
		if !o.parked[d.Subject] {
			n++
		}
	}
	return n, err
}

// refuse notes why a channel takes nothing, unless a person knows.
func (o *Outbox) refuse(channel string, p store.Post, cause error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p.Told || p.State == store.PostDead {
		delete(o.refusals, channel)
		return
	}
	o.refusals[channel] = fmt.Errorf("messages wait for the channel %s: %w: %s", channel, cause, hint(cause))
}

// accepted notes that a channel takes messages.
func (o *Outbox) accepted(channel string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.refusals, channel)
	delete(o.waits, "refused/"+channel)
}

// Trouble is why messages wait, nil if none do.
func (o *Outbox) Trouble() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := []error{advised(o.trouble)}
	var longest time.Duration
	for _, since := range o.busy {
		longest = max(longest, o.Now().Sub(since))
	}
	if longest > o.pace.slow {
		all = append(all, fmt.Errorf("slack is slow: a message is on its way for %s", longest.Round(time.Second)))
	}
	for _, channel := range sortedNames(o.refusals) {
		all = append(all, o.refusals[channel])
	}
	all = slices.DeleteFunc(all, func(err error) bool { return err == nil })
	return errors.Join(all...)
}

// advised adds what to do to an error of Slack's that somebody has to mend.
func advised(err error) error {
	if err == nil || slackapi.KindOf(err) != slackapi.Auth {
		return err
	}
	return fmt.Errorf("%w: slack does not take this app's tokens; reinstall the app, give the bot its new tokens (SLACK_BOT_TOKEN, SLACK_APP_TOKEN), and restart it; plexor doctor looks closer", err)
}
