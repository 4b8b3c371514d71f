package bot

import (
	"context"
	"errors"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
)

const (
	// lookAtChannels is how often the channels of schedules are looked at: a
	// schedule that is well for months should not learn at its first failure that
	// nobody hears it.
	lookAtChannels = 6 * time.Hour
	// channelPace is well below the 50 calls a minute that Slack takes.
	channelPace = 2 * time.Second
)

// watchChannels pauses schedules whose channel is archived, gone, or one that the
// bot is not in, when the bot starts and every few hours.
func (b *Bot) watchChannels(ctx context.Context) error {
	wait := func(d time.Duration) bool {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(d):
			return true
		}
	}
	for b.Schedules.Ready() != nil {
		if !wait(100 * time.Millisecond) {
			return nil
		}
	}
	for {
		for channel, ids := range b.spokenIn() {
			if why := b.deaf(ctx, channel); why != "" {
				for _, id := range ids {
					b.Schedules.pauseItself(id, why)
				}
			}
			if !wait(channelPace) {
				return nil
			}
		}
		if !wait(lookAtChannels) {
			return nil
		}
	}
}

// spokenIn gives the schedules that speak in each channel.
func (b *Bot) spokenIn() map[string][]string {
	all := map[string][]string{}
	for _, st := range b.Schedules.List() {
		channel := orElse(st.Channel, b.Schedules.Channel)
		if channel != "" && !st.Paused && (st.Notify != notifyNever || st.Digest != "") {
			all[channel] = append(all[channel], st.ID)
		}
	}
	return all
}

// deaf says why nothing can be said in a channel; empty if it can, or if Slack
// does not tell.
func (b *Bot) deaf(ctx context.Context, channel string) string {
	_, err := b.channelFor(ctx, channel)
	if bad, ok := errors.AsType[*UsageError](err); ok {
		return "nobody would hear it: " + bad.Reason
	}
	if e, ok := errors.AsType[*slackapi.Error](err); ok && e.Kind != slackapi.Limited {
		b.Log.Info("look at a schedule's channel", "channel", channel, "error", err)
	}
	return ""
}
