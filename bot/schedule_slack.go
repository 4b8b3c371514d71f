package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/store"
)

// drawDigests gives digests their pictures.
func (b *Bot) drawDigests(ctx context.Context) error {
	b.Schedules.Draw(ctx, b.Slack.Upload)
	return nil
}

// mutedTarget reports whether a mute or a maintenance window keeps a target's
// changes from being said.
func (b *Bot) mutedTarget(target string, at time.Time) bool {
	if b.Alerts == nil {
		return false
	}
	mutes, err := b.Alerts.Mutes()
	if err != nil {
		b.Log.Error("read mutes", "error", err)
		return false
	}
	silent := board{mutes: mutes, windows: b.Alerts.cfg.Windows}
	return silent.muteOf([]string{target}, nil, at) != ""
}

// scheduleUndeliverable pauses a schedule whose channel can't be posted to. What
// can't be told to a person is left at that. It reports whether it did.
func (b *Bot) scheduleUndeliverable(subject string, cause error) bool {
	if b.Schedules == nil || strings.HasPrefix(subject, store.SpeechPrefix+"note/") {
		return false
	}
	v, err := b.Store.Speech(subject)
	if err != nil {
		return false
	}
	why := "I can't post in its channel " + v.Channel + ": " + strings.TrimSuffix(hint(cause), ".")
	if v.Episode != nil { // else nobody would hear of it
		why += ". It was to say there: " + strings.TrimSuffix(episodeText(v.Episode), ".")
	}
	b.Schedules.pauseItself(v.Schedule, clip(why, maxText/2))
	return true
}

// speakIn is channelFor for a person, who may have a schedule speak only where
// the bot may be used.
func (b *Bot) speakIn(ctx context.Context, at who, ref string) (string, error) {
	id, err := b.channelFor(ctx, ref)
	if err != nil {
		return "", err
	}
	return id, b.allow(ctx, who{user: at.user, channel: id})
}

// channelFor finds the channel that a schedule is to speak in, and refuses one
// that the bot can't post to. Without Slack any name is taken.
func (b *Bot) channelFor(ctx context.Context, ref string) (string, error) {
	if b.Slack == nil || ref == "" {
		return ref, nil
	}
	c, err := b.Slack.FindChannel(ctx, strings.TrimPrefix(ref, "#"))
	if e, ok := errors.AsType[*slackapi.Error](err); ok && e.Code == "channel_not_found" {
		return "", &UsageError{Reason: "I see no channel " + clip(ref, 80), Hint: "in #CHANNEL, after /invite @plexor there"}
	}
	switch {
	case err != nil:
		return "", err
	case c.Archived:
		return "", &UsageError{Reason: "#" + c.Name + " is archived", Hint: "in #CHANNEL, with one that is in use"}
	case !c.Member && !c.Direct:
		return "", &UsageError{Reason: "I am not in #" + c.Name, Hint: "/invite @plexor there, then this again"}
	}
	return c.ID, nil
}
