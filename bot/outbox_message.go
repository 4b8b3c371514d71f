package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/store"
)

// message brings one message to where it should be. It returns how long an
// update is held back, if it is.
func (o *Outbox) message(ctx context.Context, subject string, m Message, posts map[string]store.Post) (time.Duration, error) {
	p, known := posts[m.Key]
	if known && p.State == store.PostDead {
		return 0, nil
	}
	thread := m.Thread
	if m.Under != "" {
		parent, ok := posts[m.Under]
		if !ok || parent.State != store.PostDone {
			return 0, nil // the parent can't be posted, so neither can this
		}
		thread = cmp.Or(parent.Thread, parent.TS) // beside a parent that is a reply itself
		m.Channel = parent.Channel
	}
	switch {
	case known && p.State == store.PostRefused:
		o.park(subject, p)
		if wait := o.probe(m.Channel); wait > 0 {
			return wait, nil
		}
		known = p.TS != "" // it stands there, and its update was refused
	case known && p.State == store.PostBegun:
		wait, err := o.lookFor(ctx, subject, m, posts, thread)
		if err != nil || wait > 0 {
			return wait, err
		}
		p = posts[m.Key]
		known = p.State == store.PostDone
	}
	if !known {
		if wait := o.channelWait(m); wait > 0 {
			return wait, nil
		}
		return o.post(ctx, subject, m, thread, posts)
	}
	if p.Hash != m.Hash() {
		if wait, err := o.update(ctx, subject, m, p, posts); err != nil || wait > 0 {
			return wait, err
		}
	}
	return o.single(ctx, subject, posts[m.Key], thread)
}

// metadataKey travels with a message.
func metadataKey(subject, key string) string { return subject + "#" + key }

// post says a message for the first time: begun on disk, then said, then done.
func (o *Outbox) post(ctx context.Context, subject string, m Message, thread string, posts map[string]store.Post) (time.Duration, error) {
	was := posts[m.Key]
	p := store.Post{
		Key: m.Key, Team: o.team, Channel: m.Channel, Thread: m.Thread, State: store.PostBegun,
		Check: was.Check, Since: was.Since, Told: was.Told,
	}
	if err := o.Store.PutPost(subject, p); err != nil {
		return 0, err
	}
	at, err := o.Slack.Post(ctx, o.say(subject, m, thread))
	if o.simpler(err) {
		at, err = o.Slack.Post(ctx, o.say(subject, m, thread))
	}
	if err != nil {
		return o.failed(ctx, subject, m, p, err)
	}
	p.Channel, p.TS, p.Hash, p.State, p.Since, p.Told = at.Channel, at.TS, m.Hash(), store.PostDone, time.Time{}, false
	if !p.Check.IsZero() {
		p.Check = o.Now().Add(o.pace.twice).UTC()
	}
	posts[m.Key] = p
	o.accepted(m.Channel)
	o.touch(subject, m, false)
	if err := o.Store.PutPost(subject, p); err != nil {
		return 0, err
	}
	return o.single(ctx, subject, p, thread)
}

// failed keeps what is known of a message that Slack did not answer for as it should.
func (o *Outbox) failed(ctx context.Context, subject string, m Message, p store.Post, err error) (time.Duration, error) {
	switch {
	case slackapi.KindOf(err) == slackapi.Limited:
		o.holdChannel(m.Channel, o.after(err))
		return 0, errors.Join(err, o.takeBack(subject, p))
	case ctx.Err() != nil:
		return 0, ctx.Err() // it stays begun: the next start looks
	case slackapi.KindOf(err) == slackapi.Channel:
		return o.refused(ctx, subject, m, p, err)
	case o.hopeless(err):
		return 0, o.dead(ctx, subject, m, p, err)
	case slackapi.KindOf(err) == slackapi.Retry:
		p.Error = err.Error() // it is looked for, and what is not there now does not come later
		return 0, errors.Join(err, o.Store.PutPost(subject, p))
	case slackapi.KindOf(err) == slackapi.Lost:
		return 0, errors.Join(err, o.Store.PutPost(subject, p)) // Slack may have it: it stays begun, as of now, and is looked for
	}
	return 0, errors.Join(err, o.takeBack(subject, p)) // nothing stands there
}

// takeBack forgets that a message was begun: Slack does not have it. What is
// known of earlier attempts is kept.
func (o *Outbox) takeBack(subject string, p store.Post) error {
	if p.Check.IsZero() && p.Since.IsZero() {
		return o.Store.DeletePost(subject, p.Key)
	}
	p.Error = "not said"
	return o.Store.PutPost(subject, p)
}

// update edits a message in place. All but the last state of a message are held
// back for a second.
func (o *Outbox) update(ctx context.Context, subject string, m Message, p store.Post, posts map[string]store.Post) (time.Duration, error) {
	if wait := o.held(subject, m); wait > 0 {
		return wait, nil
	}
	at := slackapi.Posted{Channel: p.Channel, TS: p.TS}
	err := o.Slack.Update(ctx, at, o.say(subject, m, ""))
	if o.simpler(err) {
		err = o.Slack.Update(ctx, at, o.say(subject, m, ""))
	}
	switch {
	case err == nil:
	case slackapi.KindOf(err) == slackapi.Channel:
		return o.refused(ctx, subject, m, p, err)
	case o.hopeless(err):
		return 0, o.dead(ctx, subject, m, p, err)
	default:
		return 0, err
	}
	p.Hash, p.State, p.Error, p.Since, p.Told = m.Hash(), store.PostDone, "", time.Time{}, false
	posts[m.Key] = p
	o.accepted(m.Channel)
	o.touch(subject, m, true)
	return 0, o.Store.PutPost(subject, p)
}

// held is how long an update must wait: not at all if it says what somebody
// waits for, a second after the last one of its message otherwise, and longer
// when Slack's updates of this minute are to be spared for those.
func (o *Outbox) held(subject string, m Message) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	last := o.updated[subject+"/"+m.Key]
	if m.Urgent && (m.Phase == "" || m.Phase != last.phase) {
		return 0
	}
	wait := last.at.Add(updateEvery).Sub(o.Now())
	if n := len(o.updates) - spareUpdates; n >= 0 {
		wait = max(wait, o.updates[n].Add(time.Minute).Sub(o.Now()))
	}
	return wait
}

// touch notes that a message was said, in its phase.
func (o *Outbox) touch(subject string, m Message, update bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.Now()
	o.updated[subject+"/"+m.Key] = said{now, m.Phase}
	for len(o.updates) > 0 && now.Sub(o.updates[0]) >= time.Minute {
		o.updates = o.updates[1:]
	}
	if update {
		o.updates = append(o.updates, now)
	}
}

// afterYou is how much longer than the others a message waits that nobody waits
// for, while Slack limits its channel: a parent or a verdict goes first.
const afterYou = 300 * time.Millisecond

// channelWait is how long Slack takes no new message in a channel.
func (o *Outbox) channelWait(m Message) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	until, ok := o.waits["channel/"+m.Channel]
	if !ok {
		return 0
	}
	if !m.Urgent && m.Under != "" {
		until = until.Add(afterYou)
	}
	return until.Sub(o.Now())
}

func (o *Outbox) holdChannel(channel string, d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waits["channel/"+channel] = o.Now().Add(max(d, time.Second))
}

// limited reports whether Slack limited a channel a moment ago.
func (o *Outbox) limited(channel string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	until, ok := o.waits["channel/"+channel]
	return ok && o.Now().Sub(until) < 10*time.Second
}

// order puts the verdict before the steps where Slack limits the channel, so
// that it does not wait for them.
func (o *Outbox) order(messages []Message, posts map[string]store.Post) []Message {
	if len(messages) == 0 || !o.limited(cmp.Or(posts[messages[0].Key].Channel, messages[0].Channel)) {
		return messages
	}
	messages = slices.Clone(messages)
	slices.SortStableFunc(messages[1:], func(a, b Message) int { return urgency(a) - urgency(b) })
	return messages
}

func urgency(m Message) int {
	if m.Urgent {
		return 0
	}
	return 1
}

func (o *Outbox) say(subject string, m Message, thread string) slackapi.Message {
	blocks := m.Blocks
	o.mu.Lock()
	if o.classic && m.Classic != nil {
		blocks = m.Classic
	}
	o.mu.Unlock()
	return slackapi.Message{Channel: m.Channel, Thread: thread, Text: m.Text, Blocks: blocks, Key: metadataKey(subject, m.Key)}
}

// simpler reports whether saying it in classic blocks may help, and remembers
// for this workspace that it did not take the new ones.
func (o *Outbox) simpler(err error) bool {
	if err == nil || slackapi.KindOf(err) != slackapi.Blocks {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.classic {
		return false
	}
	o.classic = true
	o.Log.Info("this workspace does not take plan blocks; classic ones from now on", "error", err)
	if err := o.Store.PutValue("classic/"+o.team, []byte("1")); err != nil {
		o.Log.Error("remember that", "error", err)
	}
	return true
}

// hopeless reports whether trying again can't help.
func (o *Outbox) hopeless(err error) bool {
	switch slackapi.KindOf(err) {
	case slackapi.Gone, slackapi.Refused, slackapi.Blocks:
		return true
	}
	return false
}

// dead keeps that a message can't be posted, so that it is not tried for ever.
func (o *Outbox) dead(ctx context.Context, subject string, m Message, p store.Post, err error) error {
	o.Log.Error("slack refuses a message for good", "subject", subject, "message", m.Key, "error", err)
	p.State, p.Error = store.PostDead, err.Error()
	if err := o.Store.PutPost(subject, p); err != nil {
		return err
	}
	if m.Under == "" && o.Undeliverable != nil {
		o.Undeliverable(ctx, subject, m, err)
	}
	return nil
}
