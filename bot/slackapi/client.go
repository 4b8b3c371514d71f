// Package slackapi speaks with Slack: what the bot says over the Web API, and
// what people do, over Socket Mode or signed HTTP requests. It is the only
// package that imports slack-go; others see its plain types.
package slackapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// Config says how Slack is reached. The zero value of each optional field is
// ready to use.
type Config struct {
	BotToken      string        // xoxb-…
	AppToken      string        // xapp-…, for Socket Mode
	SigningSecret string        // for HTTP mode
	APIURL        string        // https://slack.com/api/ if empty
	Timeout       time.Duration // of one call; 15 s if 0
	Connections   int           // of Socket Mode, side by side; 2 if 0, so that a planned reconnect leaves no gap
	Log           *slog.Logger
	Now           func() time.Time
}

// Client is a Slack app's way to its workspace. Its methods may be called from
// any goroutine.
type Client struct {
	cfg Config
	api *slack.Client
	log *slog.Logger
	now func() time.Time
}

// callTimeout bounds one HTTP request unless the configuration does; slack-go's
// own client has no bound.
const callTimeout = 15 * time.Second

// New returns a client. It speaks to nobody yet.
func New(c Config) *Client {
	if c.APIURL != "" && !strings.HasSuffix(c.APIURL, "/") {
		c.APIURL += "/" // slack-go joins by concatenation
	}
	if c.Timeout == 0 {
		c.Timeout = callTimeout
	}
	if c.Connections == 0 {
		c.Connections = 2
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	options := []slack.Option{
		slack.OptionHTTPClient(&http.Client{Timeout: c.Timeout}),
		slack.OptionAppLevelToken(c.AppToken),
	}
	if c.APIURL != "" {
		options = append(options, slack.OptionAPIURL(c.APIURL))
	}
	return &Client{cfg: c, api: slack.New(c.BotToken, options...), log: c.Log, now: c.Now}
}

// Identity is who the bot is in its workspace.
type Identity struct {
	Team     string // T…
	TeamName string
	URL      string
	User     string // U…
	BotID    string // B…
}

// Identity asks Slack who the token belongs to (auth.test).
func (c *Client) Identity(ctx context.Context) (Identity, error) {
	r, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return Identity{}, wrap("auth.test", err)
	}
	return Identity{Team: r.TeamID, TeamName: r.Team, URL: r.URL, User: r.UserID, BotID: r.BotID}, nil
}

// SocketMode reports whether events come over Socket Mode.
func (c *Client) SocketMode() bool { return c.cfg.AppToken != "" }
