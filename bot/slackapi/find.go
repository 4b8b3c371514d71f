package slackapi

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"
)

// Sought is a message that may stand in Slack.
type Sought struct {
	Channel string // id or name
	Thread  string // ts of the message whose thread it is in; empty: top level
	Key     string
	Around  time.Time // when it was said, give or take foundWithin
}

// foundWithin is how far a message's ts may be from the time at which the bot
// said it: Slack's clock is not the bot's, and may have been slow.
const foundWithin = 10 * time.Minute

// lookBack is how many messages a call reads, lookPages how many calls are made.
const (
	lookBack  = 200
	lookPages = 10
)

// Find returns where a message stands, oldest first: nowhere, in one place, or
// in two, where it was said again because no answer came.
func (c *Client) Find(ctx context.Context, s Sought) ([]Posted, error) {
	if !isChannelID(s.Channel) { // conversations.* take ids alone
		ch, err := c.FindChannel(ctx, s.Channel)
		if err != nil {
			return nil, err
		}
		s.Channel = ch.ID
	}
	var found []Posted
	cursor := ""
	for range lookPages {
		messages, next, err := c.look(ctx, s, cursor)
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			if m.Metadata.EventType == metadataType && m.Metadata.EventPayload["key"] == s.Key {
				found = append(found, Posted{Channel: s.Channel, TS: m.Timestamp})
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if s.Thread == "" {
		slices.Reverse(found) // the history is newest first
	}
	return found, nil
}

// look reads one page of a thread, or of a channel's top level.
func (c *Client) look(ctx context.Context, s Sought, cursor string) (page []slack.Message, next string, err error) {
	if s.Thread != "" {
		messages, more, next, err := c.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: s.Channel, Timestamp: s.Thread, Limit: lookBack, IncludeAllMetadata: true, Cursor: cursor,
		})
		if !more {
			next = ""
		}
		return messages, next, wrap("conversations.replies", err)
	}
	r, err := c.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: s.Channel, Limit: lookBack, IncludeAllMetadata: true, Cursor: cursor,
		Oldest: stamp(s.Around.Add(-foundWithin)), Latest: stamp(s.Around.Add(foundWithin)),
	})
	if err != nil {
		return nil, "", wrap("conversations.history", err)
	}
	if r.HasMore {
		next = r.ResponseMetaData.NextCursor
	}
	return r.Messages, next, nil
}

// stamp is a time as Slack's ts.
func stamp(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }
