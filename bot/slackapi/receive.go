package slackapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
)

// Handler is who the bot's ears report to. Each method keeps what it was told
// and returns at once: Slack is answered when it has returned. An error from
// Event makes Slack send the event again.
type Handler interface {
	Command(context.Context, Command) Reply
	Interaction(context.Context, Interaction) Reply
	Event(context.Context, Event) error
}

// Command is a slash command that somebody typed.
type Command struct {
	Team        string `json:"team_id"`
	Channel     string `json:"channel_id"`
	ChannelName string `json:"channel_name"`
	User        string `json:"user_id"`
	Command     string `json:"command"` // with its slash
	Text        string `json:"text"`
	ResponseURL string `json:"response_url"`
	Trigger     string `json:"trigger_id"` // one a command: it tells a repetition
}

// Interaction is a press, a submitted modal or a shortcut.
type Interaction struct {
	Type        string `json:"type"` // block_actions, view_submission, view_closed, shortcut, message_action
	Trigger     string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	CallbackID  string `json:"callback_id"` // of a shortcut
	Team        ID     `json:"team"`
	User        ID     `json:"user"`
	Channel     ID     `json:"channel"`
	Container   struct {
		Type    string `json:"type"`
		TS      string `json:"message_ts"`
		Thread  string `json:"thread_ts"`
		Channel string `json:"channel_id"`
		View    string `json:"view_id"`
	} `json:"container"`
	Actions []Action        `json:"actions"`
	Message json.RawMessage `json:"message"` // the message under the button or shortcut
	View    struct {
		ID       string `json:"id"`
		Hash     string `json:"hash"`
		Callback string `json:"callback_id"`
		Private  string `json:"private_metadata"`
		State    struct {
			Values map[string]map[string]Value `json:"values"` // by block_id and action_id
		} `json:"state"`
	} `json:"view"`
}

// ID names a team, user or channel.
type ID struct {
	ID     string `json:"id"`
	Domain string `json:"domain"`
	Name   string `json:"name"`
}

// Action is one pressed or changed element.
type Action struct {
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"`
	TS       string `json:"action_ts"`
	Value
}

// Value is what an element holds, whatever its kind.
type Value struct {
	Type         string `json:"type"`
	Value        string `json:"value"`
	Channel      string `json:"selected_channel"`
	Conversation string `json:"selected_conversation"`
	User         string `json:"selected_user"`
	Option       struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// Event is something that happened in the workspace (Events API).
type Event struct {
	ID    string          `json:"event_id"`
	Team  string          `json:"team_id"`
	Time  int64           `json:"event_time"`
	Inner json.RawMessage `json:"event"`

	Kind EventKind `json:"-"` // the part of Inner that says what it is about
}

// EventKind is the part of an event that says what it is about.
type EventKind struct {
	Type    string `json:"type"` // app_mention, message, app_home_opened …
	Subtype string `json:"subtype"`
	Channel string `json:"channel"`
	User    string `json:"user"`
	BotID   string `json:"bot_id"`
	Text    string `json:"text"`
	TS      string `json:"ts"`
	Thread  string `json:"thread_ts"`
	Tab     string `json:"tab"`

	ChannelType string `json:"channel_type"` // of a message: channel, group or im
}

// errUnknown is what decode returns for a kind of message that is none of ours.
var errUnknown = errors.New("no kind of message that is handled")

// delivery is one decoded message of Slack's, of whichever kind.
type delivery struct {
	command     *Command
	interaction *Interaction
	event       *Event
}

// decode reads a payload of Socket Mode's kinds: slash_commands, interactive,
// events_api.
func decode(kind string, payload json.RawMessage) (delivery, error) {
	switch kind {
	case "slash_commands":
		c := new(Command)
		return delivery{command: c}, unmarshal(payload, c)
	case "interactive":
		i := new(Interaction)
		return delivery{interaction: i}, unmarshal(payload, i)
	case "events_api":
		e := new(Event)
		if err := unmarshal(payload, e); err != nil {
			return delivery{}, err
		}
		return delivery{event: e}, unmarshal(e.Inner, &e.Kind)
	}
	return delivery{}, fmt.Errorf("%q: %w", kind, errUnknown)
}

func unmarshal(text json.RawMessage, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("decode %T: %w", into, err)
	}
	return nil
}

// commandOf reads the form of an HTTP request.
func commandOf(form url.Values) Command {
	return Command{
		Team: form.Get("team_id"), Channel: form.Get("channel_id"), ChannelName: form.Get("channel_name"),
		User: form.Get("user_id"), Command: form.Get("command"), Text: form.Get("text"),
		ResponseURL: form.Get("response_url"), Trigger: form.Get("trigger_id"),
	}
}

// place is what must be handled in order: a thread, or else a channel.
func (d delivery) place() string {
	switch {
	case d.command != nil:
		return d.command.Channel
	case d.interaction != nil:
		return d.interaction.Channel.ID + d.interaction.Container.Thread + d.interaction.View.ID
	case d.event != nil:
		return d.event.Kind.Channel
	}
	return ""
}

// handle gives a delivery to h and returns what the acknowledgement says. An
// error means that nothing was kept and Slack should send it again.
func handle(ctx context.Context, h Handler, d delivery) (any, error) {
	switch {
	case d.command != nil:
		return h.Command(ctx, *d.command).payload(), nil
	case d.interaction != nil:
		return h.Interaction(ctx, *d.interaction).payload(), nil
	case d.event != nil:
		return nil, h.Event(ctx, *d.event)
	}
	return nil, nil
}
