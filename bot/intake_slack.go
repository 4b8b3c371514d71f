package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/bot/slackapi"
)

// channelNames are the names of channels by id, as Slack told them.
type channelNames struct {
	sync.Mutex
	names map[string]string
}

// message takes what stands in a channel: what integrations post there may be
// an alert. An error has Slack send the event again.
func (b *Bot) message(ctx context.Context, e slackapi.Event) error {
	if b.Alerts == nil || e.Kind.Channel == "" || !b.reads(ctx, e.Kind.Channel) {
		return nil
	}
	if b.Alerts.self.Load() == nil && !b.learnSelf(ctx) {
		return errors.New("the bot does not know yet who it is")
	}
	result, err := b.Alerts.parse("slack", nil, e.Inner)
	if bad, ok := errors.AsType[*alerts.PayloadError](err); ok {
		b.Log.Info("a message could not be read", "channel", e.Kind.Channel, "error", bad)
		return nil
	}
	if err != nil || len(result.Alerts) == 0 {
		return err
	}
	thread, err := messageThread(e.Inner)
	if err != nil {
		return nil
	}
	var list []arrival
	for _, a := range result.Alerts {
		one := b.Alerts.arrival(a)
		one.route.Channel, one.thread, one.once = e.Kind.Channel, thread, true
		list = append(list, one)
	}
	err = b.Alerts.take(ctx, list)
	b.Alerts.metrics.answered("slack", map[bool]int{true: 202, false: 503}[err == nil])
	return err
}

// messageThread is the ts under which a message is answered: its thread's, or
// its own.
func messageThread(inner []byte) (string, error) {
	type message struct {
		TS     string `json:"ts"`
		Thread string `json:"thread_ts"`
	}
	var m struct {
		message
		Message *message `json:"message"` // of an edit
	}
	if err := json.Unmarshal(inner, &m); err != nil {
		return "", fmt.Errorf("read a message: %w", err)
	}
	at := m.message
	if m.Message != nil {
		at = *m.Message
	}
	if at.Thread != "" {
		return at.Thread, nil
	}
	return at.TS, nil
}

// reads reports whether the messages of a channel are read.
func (b *Bot) reads(ctx context.Context, channel string) bool {
	wanted := b.Alerts.cfg.SlackChannels
	if wanted == nil {
		wanted = []string{b.Channel}
	}
	if slices.Contains(wanted, channel) {
		return true
	}
	name := b.channelName(ctx, channel)
	return name != "" && slices.ContainsFunc(wanted, func(w string) bool { return w == name || w == "#"+name })
}

func (b *Bot) channelName(ctx context.Context, id string) string {
	if name, ok := b.channels.known(id); ok {
		return name
	}
	name, err := b.Slack.ChannelName(ctx, id) // nobody waits behind a slow Slack
	if err != nil {
		b.Log.Warn("ask for a channel's name", "channel", id, "error", err)
		return ""
	}
	b.channels.learn(id, name)
	return name
}

func (c *channelNames) known(id string) (name string, ok bool) {
	c.Lock()
	defer c.Unlock()
	name, ok = c.names[id]
	return name, ok
}

// learn keeps a name, of so many channels at most.
func (c *channelNames) learn(id, name string) {
	c.Lock()
	defer c.Unlock()
	if c.names == nil || len(c.names) > 10_000 {
		c.names = map[string]string{}
	}
	c.names[id] = name
}

// learnSelf asks Slack who the bot is, so that it never answers itself.
func (b *Bot) learnSelf(ctx context.Context) bool {
	me, err := b.Slack.Identity(ctx)
	if err != nil {
		b.Log.Warn("ask who the bot is", "error", err)
		return false
	}
	b.Alerts.self.Store(&alerts.Self{BotID: me.BotID, UserID: me.User})
	return true
}

// raisedLine is what a runner tells when its load balancer logged a failure.
type raisedLine struct {
	Program string    `json:"program"`
	Line    string    `json:"line"`
	At      time.Time `json:"at"`
	Count   int64     `json:"count"` // lines like it since the last raise
	Sampled bool      `json:"sampled"`
}

// maxRaised bounds what a runner raises, in bytes.
const maxRaised = 64 << 10

// TakeRaised takes a line that a runner found in a load balancer's log. It
// returns nil once that is on disk, or is nothing that could be; the same id of
// a runner counts once.
func (b *Bot) TakeRaised(ctx context.Context, runner, id string, payload []byte) error {
	i := b.Alerts
	var r raisedLine
	if len(payload) > maxRaised || json.Unmarshal(payload, &r) != nil {
		b.Log.Warn("a runner raised what is no log line", "runner", runner)
		i.metrics.answered("raised", 400)
		return nil
	}
	a, ok := alerts.Line(r.Program, []byte(r.Line))
	if !ok {
		i.metrics.answered("raised", 200)
		return nil
	}
	now := i.now().UTC()
	a.StartsAt = r.At
	if d := now.Sub(r.At); d < -time.Minute || d > 24*time.Hour {
		a.StartsAt = now
	}
	a.Labels["runner"] = runner
	a.DedupKey = "raised " + runner + " " + id
	one := i.arrival(a)
	one.once, one.count = true, min(max(r.Count, 1), 1_000_000_000)
	if one.route.Inputs["lb"] == "" && i.takesInput(one.route.Plan, "lb") {
		inputs := map[string]string{"lb": runner}
		for k, v := range one.route.Inputs {
			inputs[k] = v
		}
		one.route.Inputs = inputs
	}
	err := i.take(ctx, []arrival{one})
	i.metrics.answered("raised", map[bool]int{true: 202, false: 503}[err == nil])
	return err
}

func (i *Intake) takesInput(plan, name string) bool {
	p := i.engine.Plans[plan]
	if p == nil {
		return false
	}
	for _, in := range p.Inputs {
		if in.Name == name {
			return true
		}
	}
	return false
}
