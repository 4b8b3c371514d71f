package bot

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// Bot is all that goes on between Slack, the API and investigations. Its
// exported fields are set before Run; those that say so may be left alone.
type Bot struct {
	Store     *store.Store
	Engine    *investigations.Engine
	Runs      *Runs
	Schedules *Schedules       // nil: none
	Slack     *slackapi.Client // nil: no Slack, only the API
	Channel   string           // where things are said that nobody asked for in a channel of their own
	Access    Access           // who may; the zero value: everybody in the workspace
	Keep      store.Retention
	Log       *slog.Logger
	Now       func() time.Time // time.Now if nil
	Lacks     string           // what is missing for Slack, said by Ready; empty if nothing is
	Alerts    *Intake          // nil: no alerts are taken
	// Pressed are buttons that are none of the bot's own: what a press does, and says to who pressed.
	Pressed map[string]func(ctx context.Context, user string) string

	begin    sync.Once
	waiting  chan func(context.Context) // answers to one person
	status   slackapi.Status
	outbox   *Outbox
	channels channelNames
	people   people
	homes    turns       // of App Home
	slackErr lockedError // Slack takes the tokens no longer, or does not answer
}

// retainEvery is how often the retention is looked after.
const retainEvery = 10 * time.Minute

// Run works until ctx ends. It returns an error only if it can't start.
func (b *Bot) Run(ctx context.Context) error {
	b.begin.Do(b.wire)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	defer wg.Wait()
	part := func(f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); err != nil {
				cancel(err)
			}
		})
	}
	if b.Slack != nil {
		if b.Schedules != nil {
			part(b.drawDigests)
			part(b.watchChannels)
		}
		part(b.outbox.Run)
		part(b.answer)
		if b.Slack.SocketMode() {
			part(b.listen)
		} else {
			part(b.lookAtSlack)
		}
	}
	part(b.Runs.Run)
	if b.Schedules != nil {
		b.Schedules.Muted = b.mutedTarget
		part(b.Schedules.Run)
	}
	if b.Alerts != nil {
		b.Alerts.silent = b.Slack == nil
		part(b.Alerts.Run)
	}
	part(b.retain)
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// wire connects the parts, once, before any of them runs or is served.
func (b *Bot) wire() {
	if b.Now == nil {
		b.Now = time.Now
	}
	b.waiting = make(chan func(context.Context), laterDepth)
	if b.Schedules != nil {
		b.Schedules.Muted = b.mutedTarget
	}
	if b.Slack == nil {
		return
	}
	b.outbox = &Outbox{Slack: b.Slack, Store: b.Store, Log: b.Log, Now: b.Now, Render: b.render, Undeliverable: b.undeliverable}
	b.outbox.Init()
	b.Runs.changed = b.outbox.Wake
	if b.Schedules != nil {
		b.Schedules.changed = b.outbox.Wake
	}
	if b.Alerts != nil {
		b.Alerts.wake = b.outbox.Wake
	}
}

// render gives the messages of any subject.
func (b *Bot) render(subject string) ([]Message, error) {
	if id, ok := alertSubject(subject); ok {
		return b.renderAlert(id)
	}
	const inv = "inv/"
	if len(subject) > len(inv) && subject[:len(inv)] == inv {
		i, err := b.Store.Investigation(subject[len(inv):])
		if err != nil {
			return nil, err
		}
		return Render(i), nil
	}
	if strings.HasPrefix(subject, store.SpeechPrefix) {
		v, err := b.Store.Speech(subject)
		if err != nil {
			return nil, err
		}
		return renderSpeech(v), nil
	}
	return nil, store.ErrNotFound
}

// undeliverable tells who asked that the channel can't be posted to, and reports
// whether they know.
func (b *Bot) undeliverable(ctx context.Context, subject string, m Message, cause error) bool {
	if strings.HasPrefix(subject, store.SpeechPrefix) {
		return b.scheduleUndeliverable(subject, cause)
	}
	inv, err := b.Store.Investigation(subject[min(len("inv/"), len(subject)):])
	if err != nil || inv.Trigger.By == "" {
		return false
	}
	text := "I could not post about " + inv.Target + " in that channel: " + hint(cause)
	channel, err := b.Slack.Direct(ctx, inv.Trigger.By)
	if err == nil {
		_, err = b.Slack.Post(ctx, slackapi.Message{Channel: channel, Text: escape(text)})
	}
	if err != nil {
		b.Log.Warn("tell who asked that a channel can't be posted to", "error", err)
	}
	return err == nil
}

// hint says what a person does about Slack's no.
func hint(err error) string {
	e, ok := errors.AsType[*slackapi.Error](err)
	if !ok {
		return err.Error()
	}
	switch e.Code {
	case "not_in_channel", "channel_not_found":
		return "type /invite @plexor there, and it comes."
	case "is_archived":
		return "it is archived; unarchive it, and it comes."
	}
	return "Slack said " + e.Code + "."
}

func (b *Bot) retain(ctx context.Context) error {
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		n, err := b.Store.Retain(b.Keep)
		if err != nil {
			b.Log.Error("retention", "error", err)
		} else if n > 0 {
			b.Log.Info("retention", "deleted", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
