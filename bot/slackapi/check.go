package slackapi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// NeededScopes are the bot token's scopes, as manifest.yml asks for them.
var NeededScopes = []string{
	"app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "commands", "files:write",
	"groups:history", "groups:read", "im:history", "im:write", "users:read",
}

// MissingScopes returns those of needed that the bot token lacks, as Slack says
// in the X-OAuth-Scopes header of every answer. A workspace that does not say
// lacks none.
func (c *Client) MissingScopes(ctx context.Context, needed []string) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url("auth.test"), nil)
	if err != nil {
		return nil, fmt.Errorf("ask for scopes: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.cfg.BotToken)
	client := http.Client{Timeout: c.cfg.Timeout}
	resp, err := client.Do(req)
	if err != nil {
		return nil, wrap("auth.test", err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, answerLimit))
	said := resp.Header.Get("X-OAuth-Scopes")
	if said == "" {
		return nil, nil
	}
	have := strings.Split(strings.ReplaceAll(said, " ", ""), ",")
	var missing []string
	for _, s := range needed {
		if !slices.Contains(have, s) {
			missing = append(missing, s)
		}
	}
	return missing, nil
}

// CheckSocketMode asks Slack for a Socket Mode connection and opens none.
func (c *Client) CheckSocketMode(ctx context.Context) error {
	_, _, err := c.api.StartSocketModeContext(ctx)
	return wrap("apps.connections.open", err)
}
