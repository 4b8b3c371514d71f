package slackapi

import (
	"context"

	"github.com/slack-go/slack"
)

// Conversation is a channel as the bot sees it.
type Conversation struct {
	ID       string
	Name     string
	Archived bool
	Member   bool // the bot is in it
	Direct   bool // with one person
}

// channelPages bounds how far FindChannel looks for a name.
const channelPages = 20

// FindChannel finds a conversation by its id (conversations.info) or its name,
// without the # (conversations.list). The error has the code channel_not_found
// where the bot sees none.
func (c *Client) FindChannel(ctx context.Context, ref string) (Conversation, error) {
	if isChannelID(ref) {
		ch, err := c.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: ref})
		if err == nil {
			return channelOf(*ch), nil
		}
		if KindOf(wrap("conversations.info", err)) != Channel {
			return Conversation{}, wrap("conversations.info", err)
		}
	}
	cursor := ""
	for range channelPages {
		list, next, err := c.api.GetConversationsContext(ctx, &slack.GetConversationsParameters{
			Limit: 1000, Cursor: cursor, Types: []string{"public_channel", "private_channel"},
		})
		if err != nil {
			return Conversation{}, wrap("conversations.list", err)
		}
		for _, ch := range list {
			if ch.Name == ref || ch.ID == ref {
				return channelOf(ch), nil
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return Conversation{}, &Error{Method: "conversations.list", Code: "channel_not_found", Kind: Channel}
}

func channelOf(ch slack.Channel) Conversation {
	return Conversation{ID: ch.ID, Name: ch.Name, Archived: ch.IsArchived, Member: ch.IsMember, Direct: ch.IsIM}
}

// isChannelID tells an id (C…, G… or D… in capitals) from a name, which is in
// lower case.
func isChannelID(ref string) bool {
	if len(ref) < 2 || ref[0] != 'C' && ref[0] != 'G' && ref[0] != 'D' {
		return false
	}
	for _, r := range ref {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}
