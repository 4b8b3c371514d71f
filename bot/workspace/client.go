package workspace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Control is a client of a workspace's control interface, for tests. Its methods return the workspace's own words
// where it refuses.
type Control struct {
	URL string // of the workspace, for example http://127.0.0.1:8065
}

// Command types a slash command, text with the slash. The error is dispatch_failed where no app is connected, and
// operation_timeout where it did not acknowledge in time.
func (c Control) Command(ctx context.Context, channel, user, text string) (Ack, error) {
	var out struct{ Ack Ack }
	err := c.post(ctx, "command", controlCommand{channel, user, text}, &out)
	return out.Ack, err
}

// Message writes (or, with TS, edits) a message and returns its ts.
func (c Control) Message(ctx context.Context, m NewMessage) (string, error) {
	var out struct{ TS string }
	err := c.post(ctx, "message", m, &out)
	return out.TS, err
}

// Action uses an element of a message, a modal or the home tab.
func (c Control) Action(ctx context.Context, p Press) (Ack, error) {
	var out struct{ Ack Ack }
	err := c.post(ctx, "action", p, &out)
	return out.Ack, err
}

// Submit submits a modal.
func (c Control) Submit(ctx context.Context, sub Submission) (Submitted, error) {
	var out Submitted
	err := c.post(ctx, "submit", sub, &out)
	return out, err
}

// Shortcut uses a message shortcut, or, with an empty ts, a global one.
func (c Control) Shortcut(ctx context.Context, callbackID, channel, ts, user string) (Ack, error) {
	var out struct{ Ack Ack }
	err := c.post(ctx, "shortcut", controlShortcut{callbackID, channel, ts, user}, &out)
	return out.Ack, err
}

// OpenHome opens the app's home tab as the user: the app gets app_home_opened.
func (c Control) OpenHome(ctx context.Context, user string) error {
	return c.post(ctx, "open", controlOpen{user}, nil)
}

// Channel archives a channel, takes the bot out of it, or makes it.
func (c Control) Channel(ctx context.Context, change ChannelChange) error {
	return c.post(ctx, "channel", change, nil)
}

// Fault makes the next calls of a method fail.
func (c Control) Fault(ctx context.Context, f Fault) error { return c.post(ctx, "fault", f, nil) }

// Disconnect drops the Socket Mode connections with a reason; "drop" drops them without a word.
func (c Control) Disconnect(ctx context.Context, reason string) error {
	return c.post(ctx, "disconnect", controlDisconnect{reason}, nil)
}

// Repeat sends the newest event to the app again, so many times: with its event_id, or each with a new one.
func (c Control) Repeat(ctx context.Context, times int, newID bool) error {
	return c.post(ctx, "repeat", controlRepeat{times, newID}, nil)
}

// Verify sends url_verification to the app (HTTP mode).
func (c Control) Verify(ctx context.Context) error { return c.post(ctx, "verify", struct{}{}, nil) }

// Messages is a channel's messages, oldest first, replies among them, each with its edits.
func (c Control) Messages(ctx context.Context, channel string) ([]Message, error) {
	var out struct{ Messages []Message }
	err := c.get(ctx, "messages?channel="+url.QueryEscape(channel), &out)
	return out.Messages, err
}

// Ephemeral is what only that person saw, oldest first.
func (c Control) Ephemeral(ctx context.Context, user string) ([]Message, error) {
	var out struct{ Messages []Message }
	err := c.get(ctx, "ephemeral?user="+url.QueryEscape(user), &out)
	return out.Messages, err
}

// Home is the user's home tab, nil where the app has published none.
func (c Control) Home(ctx context.Context, user string) (*View, error) {
	var out struct{ View *View }
	err := c.get(ctx, "home?user="+url.QueryEscape(user), &out)
	return out.View, err
}

// Modals is the user's open modals, the top one last.
func (c Control) Modals(ctx context.Context, user string) ([]View, error) {
	var out struct{ Modals []View }
	err := c.get(ctx, "views?user="+url.QueryEscape(user), &out)
	return out.Modals, err
}

// Connections is how many Socket Mode connections there are.
func (c Control) Connections(ctx context.Context) (int, error) {
	var out struct{ Connections int }
	err := c.get(ctx, "status", &out)
	return out.Connections, err
}

func (c Control) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	return c.do(ctx, http.MethodPost, path, body, out)
}

func (c Control) get(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, nil, out)
}

func (c Control) do(ctx context.Context, method, path string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+"/_control/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("asking the workspace: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("reading the workspace's answer: %w", err)
	}
	var head struct {
		OK    bool
		Error string
	}
	if err := json.Unmarshal(answer, &head); err != nil {
		return fmt.Errorf("the workspace answered %s: %q", resp.Status, answer)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			return fmt.Errorf("decoding the workspace's answer: %w", err)
		}
	}
	if !head.OK {
		return errors.New(head.Error)
	}
	return nil
}
