package slackapi

import (
	"context"

	"github.com/slack-go/slack"
)

// ChannelName returns a channel's name by its id (conversations.info).
func (c *Client) ChannelName(ctx context.Context, id string) (string, error) {
	channel, err := c.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err != nil {
		return "", wrap("conversations.info", err)
	}
	return channel.Name, nil
}
