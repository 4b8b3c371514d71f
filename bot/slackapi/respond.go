package slackapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Reply is what a person alone sees as the answer to a command or a press.
// The zero value says nothing.
type Reply struct {
	Text   string
	Blocks []Block
	View   map[string]any // the answer to a submitted modal: response_action and what belongs to it
}

// payload is the JSON that an acknowledgement carries; nil if there is nothing
// to say. Slack refuses an acknowledgement of 20 KB or more.
func (r Reply) payload() any {
	switch {
	case r.View != nil:
		return r.View
	case r.Text == "" && len(r.Blocks) == 0:
		return nil
	}
	p := map[string]any{"response_type": "ephemeral", "text": r.Text}
	if len(r.Blocks) > 0 {
		p["blocks"] = r.Blocks
	}
	if text, err := json.Marshal(p); err == nil && len(text) < ackLimit {
		return p
	}
	return map[string]any{"response_type": "ephemeral", "text": r.Text[:min(len(r.Text), 3000)]}
}

// ackLimit is kept below Slack's 20 KB, for the envelope around the payload.
const ackLimit = 18_000

// Respond answers through a response URL: to one person alone, within 30
// minutes, at most five times.
func (c *Client) Respond(ctx context.Context, responseURL string, r Reply) error {
	text, err := json.Marshal(r.payload())
	if err != nil {
		return fmt.Errorf("encode response: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, responseURL, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("respond: %w", err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	return c.do(req, "response_url", nil)
}

// retryAfter reads the header; a second where it is absent or no number.
func retryAfter(header string) time.Duration {
	n, err := strconv.Atoi(header)
	if err != nil || n < 0 {
		return time.Second
	}
	return time.Duration(n) * time.Second
}
