package slackapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/slack-go/slack"
)

// View is a modal or a Home tab, as its JSON.
type View = map[string]any

// OpenView opens a modal (views.open) and returns its id. A trigger is good for
// three seconds.
func (c *Client) OpenView(ctx context.Context, trigger string, v View) (id string, err error) {
	return c.view(ctx, "views.open", map[string]any{"trigger_id": trigger, "view": v})
}

// UpdateView brings an open modal to a new content (views.update).
func (c *Client) UpdateView(ctx context.Context, id, hash string, v View) error {
	body := map[string]any{"view_id": id, "view": v}
	if hash != "" {
		body["hash"] = hash
	}
	_, err := c.view(ctx, "views.update", body)
	return err
}

// PublishHome sets what a person's Home tab shows (views.publish).
func (c *Client) PublishHome(ctx context.Context, user string, v View) error {
	_, err := c.view(ctx, "views.publish", map[string]any{"user_id": user, "view": v})
	return err
}

// view calls a views method with the JSON as it stands: slack-go's own types
// would drop fields that they do not know.
func (c *Client) view(ctx context.Context, method string, body map[string]any) (string, error) {
	var r struct {
		slack.SlackResponse
		View struct {
			ID string `json:"id"`
		} `json:"view"`
	}
	if err := c.call(ctx, method, body, &r); err != nil {
		return "", err
	}
	return r.View.ID, wrap(method, r.Err())
}

// call posts JSON to a method and decodes the answer.
func (c *Client) call(ctx context.Context, method string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode %s: %w", method, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url(method), bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("call %s: %w", method, err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Authorization", "Bearer "+c.cfg.BotToken)
	return c.do(req, method, answer)
}

// answerLimit bounds what is read of an answer, in bytes.
const answerLimit = 1 << 20

func (c *Client) do(req *http.Request, method string, answer any) error {
	client := http.Client{Timeout: c.cfg.Timeout}
	resp, err := client.Do(req)
	if err != nil {
		return wrap(method, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusTooManyRequests {
		return &Error{Method: method, Code: "ratelimited", Kind: Limited, RetryAfter: retryAfter(resp.Header.Get("Retry-After"))}
	}
	if resp.StatusCode != http.StatusOK {
		return &Error{Method: method, Code: resp.Status, Kind: ofStatus(resp.StatusCode)}
	}
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerLimit)).Decode(answer); err != nil {
		return wrap(method, err)
	}
	return nil
}

func (c *Client) url(method string) string {
	base := c.cfg.APIURL
	if base == "" {
		base = slack.APIURL
	}
	return base + method
}
