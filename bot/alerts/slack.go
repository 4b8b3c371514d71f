package alerts

import (
	"encoding/json"
	"net/http"
)

// Self is how the bot knows its own messages. Empty fields match nothing.
type Self struct{ BotID, UserID, AppID string }

// slackMessage is a message event, or the message inside one.
type slackMessage struct {
	Type        string            `json:"type"`
	Subtype     string            `json:"subtype"`
	Channel     string            `json:"channel"`
	User        string            `json:"user"`
	BotID       string            `json:"bot_id"`
	AppID       string            `json:"app_id"`
	TS          string            `json:"ts"`
	ThreadTS    string            `json:"thread_ts"`
	Text        string            `json:"text"`
	Attachments []slackAttachment `json:"attachments"`
	Blocks      []json.RawMessage `json:"blocks"`
	Message     *slackMessage     `json:"message"`
	Previous    *slackMessage     `json:"previous_message"`
}

type slackAttachment struct {
	Fallback  text              `json:"fallback"`
	Color     text              `json:"color"`
	Pretext   text              `json:"pretext"`
	Title     text              `json:"title"`
	TitleLink text              `json:"title_link"`
	Text      text              `json:"text"`
	Fields    []slackField      `json:"fields"`
	Blocks    []json.RawMessage `json:"blocks"`
}

type slackField struct {
	Title text `json:"title"`
	Value text `json:"value"`
}

// parseSlack reads a message event, alone or in the envelope of the Events API. Only what integrations post is read: a person who
// talks about an address has raised no alert. The bot's own messages never are one.
func parseSlack(_ http.Header, body []byte, o Options) (Result, error) {
	var envelope struct {
		Event *slackMessage `json:"event"`
	}
	if err := decode(body, &envelope); err != nil {
		return Result{}, err
	}
	var m slackMessage
	if envelope.Event != nil {
		m = *envelope.Event
	} else if err := decode(body, &m); err != nil {
		return Result{}, err
	}
	if m.Type != "" && m.Type != "message" {
		return ignored(KindIgnored, "events of type "+quote(m.Type)+" are no messages")
	}
	return m.read(o)
}

func (m slackMessage) read(o Options) (Result, error) {
	switch m.Subtype {
	case "", "bot_message", "file_share", "thread_broadcast":
	case "message_changed":
		return m.edited(o)
	default:
		return ignored(KindIgnored, "messages of subtype "+quote(m.Subtype)+" are no alerts")
	}
	switch {
	case o.Self.wrote(m):
		return ignored(KindIgnored, "the message is the bot's own")
	case m.TS == "":
		return Result{}, badField("ts", "is missing")
	case m.person():
		return ignored(KindIgnored, "a person wrote the message; only what integrations post is read")
	}
	if m.repeatsUs() {
		return ignored(KindIgnored, "the message repeats what Plexor wrote")
	}
	r := Result{Alerts: m.alerts(o)}
	if len(r.Alerts) == 0 {
		r.Note = "nothing in the message looks like an alert or a line of a load balancer's log"
	}
	return r, nil
}

// edited reads a message that was changed. Slack reports as changes also what changes nothing, such as a link's preview.
func (m slackMessage) edited(o Options) (Result, error) {
	if m.Message == nil {
		return Result{}, badField("message", "is missing")
	}
	now := *m.Message
	if now.Subtype == "message_changed" {
		return Result{}, badField("message.subtype", "is message_changed again")
	}
	now.Channel = firstOf(m.Channel, now.Channel)
	if m.Previous != nil && m.Previous.same(now) {
		return ignored(KindIgnored, "the edit changed nothing that is read")
	}
	return now.read(o)
}

// same compares what is read of two messages.
func (m slackMessage) same(other slackMessage) bool {
	a, errA := json.Marshal([]any{m.Text, m.Attachments, m.Blocks})
	b, errB := json.Marshal([]any{other.Text, other.Attachments, other.Blocks})
	return errA == nil && errB == nil && string(a) == string(b)
}

// wrote reports whether the message is the bot's own.
func (s Self) wrote(m slackMessage) bool {
	return s.BotID != "" && m.BotID == s.BotID || s.UserID != "" && m.User == s.UserID || s.AppID != "" && m.AppID == s.AppID
}

// person reports whether nothing says that an integration posted it. Newer apps have no subtype, but a bot's id.
func (m slackMessage) person() bool {
	return m.BotID == "" && m.AppID == "" && m.Subtype != "bot_message" && (m.User != "" || len(m.Attachments) == 0 && len(m.Blocks) == 0)
}
