package workspace

import (
	"log/slog"
	"time"
)

// Config says what the workspace is like. The zero value is a working Socket Mode workspace with the real clock.
type Config struct {
	// RequestURL switches the workspace to HTTP mode: commands, events and interactions are POSTed to
	// RequestURL + "/slack/commands", "/slack/events" and "/slack/interactions". Empty: Socket Mode.
	RequestURL string
	// SigningSecret signs what is POSTed in HTTP mode (v0 HMAC-SHA256). Empty: "workspace-signing-secret".
	SigningSecret string
	// Now is the clock for timestamps, redelivery, rate limits and expiry. Nil: time.Now.
	Now func() time.Time
	// Log receives one line for each connection and each failure. Nil: nothing is logged.
	Log *slog.Logger
	// Team, BotName and AppID name the workspace and the app. Empty: "Plexor", "plexor" and "A0PLEXOR".
	Team, BotName, AppID string
	// Commands are the app's slash commands, for completion in the composer and to tell a stranger's command
	// from ours. Empty: every command is sent to the app.
	Commands []Command
	// Shortcuts are the app's message and global shortcuts.
	Shortcuts []Shortcut
	// Limits are the rate limits. The zero value is Slack's, with lenient bursts.
	Limits Limits
	// AckTimeout is how long the app has to acknowledge. Zero: 3 s, as Slack.
	AckTimeout time.Duration
	// Retries are the waits before an event that was not acknowledged is sent again. Nil: at once, 1 min, 5 min.
	Retries []time.Duration
	// Ping is the interval of the server's pings in Socket Mode. Zero: 5 s.
	Ping time.Duration
	// RefuseBlocks lists block types that are refused with invalid_blocks, as a workspace without them would.
	RefuseBlocks []string
	// Open also serves requests whose Host is a name other than localhost. Unset, they are refused, so that no
	// web page can reach the workspace through a name that it controls (DNS rebinding); addresses always work.
	Open bool
}

// Command is a slash command of the app.
type Command struct {
	Name        string       `json:"name"` // with the slash
	Description string       `json:"description"`
	Usage       string       `json:"usage"`
	Subcommands []Subcommand `json:"subcommands,omitempty"`
}

// Subcommand completes a command in the composer: "/diagnose " + Text.
type Subcommand struct {
	Text        string `json:"text"`
	Description string `json:"description"`
}

// Shortcut is a shortcut of the app. Type is "message" or "global".
type Shortcut struct {
	Name        string `json:"name"`
	CallbackID  string `json:"callback_id"`
	Type        string `json:"type"`
	Description string `json:"description"`
}

// Limits are the workspace's rate limits. Zero fields take the value named; a negative one switches that limit off.
type Limits struct {
	PostPerSecond   float64 // chat.postMessage a channel; 1
	PostBurst       int     // 20
	UpdatePerMinute float64 // chat.update; 50
	UpdateBurst     int     // 50
	OtherPerMinute  float64 // every other method, each by itself; 100
	OtherBurst      int     // 100
}

func (c *Config) fill() {
	setDefault(&c.SigningSecret, "workspace-signing-secret")
	setDefault(&c.Team, "Plexor")
	setDefault(&c.BotName, "plexor")
	setDefault(&c.AppID, "A0PLEXOR")
	setDefault(&c.AckTimeout, 3*time.Second)
	setDefault(&c.Ping, 5*time.Second)
	setDefault(&c.Limits.PostPerSecond, 1)
	setDefault(&c.Limits.PostBurst, 20)
	setDefault(&c.Limits.UpdatePerMinute, 50)
	setDefault(&c.Limits.UpdateBurst, 50)
	setDefault(&c.Limits.OtherPerMinute, 100)
	setDefault(&c.Limits.OtherBurst, 100)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Retries == nil {
		c.Retries = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
