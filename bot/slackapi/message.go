package slackapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"
)

// Block is one block of Slack's Block Kit, as its JSON.
type Block = map[string]any

// Message is what the bot says in a channel or a thread.
type Message struct {
	Channel string // id or name
	Thread  string // ts of the parent; empty: top level
	Text    string // the whole result in plain words: notifications read it
	Blocks  []Block
	Key     string // travels in the message's metadata, so that Find tells it again
}

// Posted says where a message stands.
type Posted struct {
	Channel string // id
	TS      string
}

// metadataType names the metadata that carries a message's key.
const metadataType = "plexor_message"

// Post posts a message (chat.postMessage). A parent that is gone is an error of
// kind Gone: Slack posts at top level then without a word, and what it posted
// is taken away again.
func (c *Client) Post(ctx context.Context, m Message) (Posted, error) {
	const method = "chat.postMessage"
	var r struct {
		slack.SlackResponse
		Channel string `json:"channel"`
		TS      string `json:"ts"`
		Message struct {
			Thread string `json:"thread_ts"`
		} `json:"message"`
	}
	if err := c.call(ctx, method, m.body(), &r); err != nil {
		return Posted{}, err
	}
	if err := r.Err(); err != nil {
		return Posted{}, wrap(method, err)
	}
	if r.TS == "" {
		return Posted{}, &Error{Method: method, Code: "an answer without ts", Kind: Retry}
	}
	at := Posted{Channel: r.Channel, TS: r.TS}
	if m.Thread != "" && r.Message.Thread != m.Thread {
		_, _, err := c.api.DeleteMessageContext(ctx, at.Channel, at.TS)
		return Posted{}, &Error{Method: method, Code: "thread_not_found", Kind: Gone, err: err}
	}
	return at, nil
}

// body is the message as JSON: slack-go keeps thread_ts of the answer to itself.
func (m Message) body() map[string]any {
	b := map[string]any{"channel": m.Channel, "text": m.Text, "unfurl_links": false, "unfurl_media": false}
	if len(m.Blocks) > 0 {
		b["blocks"] = m.Blocks
	}
	if m.Thread != "" {
		b["thread_ts"] = m.Thread
	}
	if m.Key != "" {
		b["metadata"] = map[string]any{"event_type": metadataType, "event_payload": map[string]any{"key": m.Key}}
	}
	return b
}

// Update brings a message to a new content (chat.update).
func (c *Client) Update(ctx context.Context, at Posted, m Message) error {
	options, err := m.options()
	if err != nil {
		return err
	}
	_, _, _, err = c.api.UpdateMessageContext(ctx, at.Channel, at.TS, options...)
	return wrap("chat.update", err)
}

// Ephemeral shows a message to one person alone (chat.postEphemeral).
func (c *Client) Ephemeral(ctx context.Context, user string, m Message) error {
	options, err := m.options()
	if err != nil {
		return err
	}
	if m.Thread != "" {
		options = append(options, slack.MsgOptionTS(m.Thread))
	}
	_, err = c.api.PostEphemeralContext(ctx, m.Channel, user, options...)
	return wrap("chat.postEphemeral", err)
}

// Direct opens the conversation with one person (conversations.open) and
// returns its id.
func (c *Client) Direct(ctx context.Context, user string) (channel string, err error) {
	ch, _, _, err := c.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
	if err != nil {
		return "", wrap("conversations.open", err)
	}
	return ch.ID, nil
}

// Permalink returns the web address of a message (chat.getPermalink).
func (c *Client) Permalink(ctx context.Context, at Posted) (string, error) {
	link, err := c.api.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: at.Channel, Ts: at.TS})
	return link, wrap("chat.getPermalink", err)
}

// Upload puts a picture into Slack and returns its file id, to be shown by an
// image block.
func (c *Client) Upload(ctx context.Context, name, alt string, png []byte) (id string, err error) {
	f, err := c.api.UploadFileContext(ctx, slack.UploadFileParameters{
		Reader: bytes.NewReader(png), Filename: name, FileSize: len(png), Title: name, AltTxt: alt,
	})
	if err != nil {
		return "", wrap("files.upload", err)
	}
	return f.ID, nil
}

func (m Message) options() ([]slack.MsgOption, error) {
	blocks, err := raw(m.Blocks)
	if err != nil {
		return nil, err
	}
	options := []slack.MsgOption{
		slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	if m.Key != "" {
		options = append(options, slack.MsgOptionMetadata(slack.SlackMetadata{
			EventType: metadataType, EventPayload: map[string]any{"key": m.Key},
		}))
	}
	return options, nil
}

func raw(blocks []Block) ([]slack.Block, error) {
	out := make([]slack.Block, 0, len(blocks))
	for i, b := range blocks {
		text, err := json.Marshal(b)
		if err != nil {
			return nil, fmt.Errorf("encode block %d: %w", i, err)
		}
		block, err := slack.BlockFromJSON(string(text))
		if err != nil {
			return nil, fmt.Errorf("encode block %d: %w", i, err)
		}
		out = append(out, block)
	}
	return out, nil
}

// Delete takes a message of the bot's own away (chat.delete).
func (c *Client) Delete(ctx context.Context, at Posted) error {
	_, _, err := c.api.DeleteMessageContext(ctx, at.Channel, at.TS)
	return wrap("chat.delete", err)
}
