package workspace

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Press is a person's use of an element: a button, a menu, a date.
type Press struct {
	Channel  string `json:"channel,omitempty"`
	TS       string `json:"ts,omitempty"`      // of the message, or
	ViewID   string `json:"view_id,omitempty"` // of the modal or home tab that holds the element; "home" is the home tab
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id,omitempty"` // needed only where two blocks have the same action_id
	User     string `json:"user,omitempty"`     // U1 where empty
	// Value is what was chosen: an option's value, a user's id, a date. For a button it tells buttons of the same
	// action_id apart.
	Value string `json:"value,omitempty"`
}

// interaction is what all interaction payloads have; ch is where the person was, nil in a view.
func (s *Server) interaction(kind string, u *user, ch *channel) map[string]any {
	st := &s.state
	return map[string]any{
		"type": kind, "token": "verification", "api_app_id": st.appID, "trigger_id": s.newTrigger(u, ch), "enterprise": nil,
		"is_enterprise_install": false, "team": map[string]any{"id": st.team.ID, "domain": st.team.Domain},
		"user": map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": st.team.ID},
	}
}

// press sends block_actions for an element.
func (s *Server) press(ctx context.Context, p Press) (Ack, error) {
	s.mu.Lock()
	payload, err := s.pressPayload(p)
	s.mu.Unlock()
	if err != nil {
		return Ack{}, err
	}
	return s.deliver(ctx, kindInteractive, payload)
}

func (s *Server) pressPayload(p Press) (map[string]any, error) {
	setDefault(&p.User, "U1")
	u := s.state.user(p.User)
	if u == nil || u.IsBot {
		return nil, fmt.Errorf("no such user: %q", p.User)
	}
	if p.ViewID != "" {
		return s.pressInView(u, p)
	}
	ch := s.state.channel(p.Channel)
	if ch == nil {
		return nil, fmt.Errorf("no such channel: %q", p.Channel)
	}
	m := ch.message(p.TS)
	if m == nil {
		m = s.state.whispered(u, p.TS)
	}
	if m == nil {
		return nil, fmt.Errorf("no message %s in %s that %s can see", p.TS, ch.Name, u.ID)
	}
	f, ok := find(m.Blocks, p.BlockID, p.ActionID, p.Value)
	if !ok {
		return nil, fmt.Errorf("message %s has no element %q", p.TS, p.ActionID)
	}
	out := s.interaction("block_actions", u, ch)
	container := map[string]any{"type": "message", "message_ts": m.TS, "channel_id": ch.ID, "is_ephemeral": m.Recipient != ""}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	out["container"] = container
	out["channel"] = map[string]any{"id": ch.ID, "name": ch.Name}
	if m.Recipient == "" {
		out["message"] = m.public(true)
	}
	out["state"] = map[string]any{"values": map[string]any{}}
	out["response_url"] = s.newResponseURL(ch, u, m)
	out["actions"] = []any{s.used(f, p.Value)}
	return out, nil
}

func (s *Server) pressInView(u *user, p Press) (map[string]any, error) {
	v := u.view(p.ViewID)
	if v == nil {
		return nil, fmt.Errorf("%s has no view %q open", u.ID, p.ViewID)
	}
	f, ok := find(v.Blocks, p.BlockID, p.ActionID, p.Value)
	if !ok {
		return nil, fmt.Errorf("view %s has no element %q", v.ID, p.ActionID)
	}
	out := s.interaction("block_actions", u, nil)
	out["container"] = map[string]any{"type": "view", "view_id": v.ID}
	out["view"] = *v
	out["actions"] = []any{s.used(f, p.Value)}
	return out, nil
}

// used is an action as block_actions carries it.
func (s *Server) used(f found, value string) map[string]any {
	e := f.element
	a := map[string]any{"type": e["type"], "action_id": e["action_id"], "block_id": f.blockID, "action_ts": s.state.newTS(s.cfg.Now())}
	if str(e, "type") == "button" || str(e, "type") == "workflow_button" {
		a["text"] = e["text"]
		if e["value"] != nil {
			a["value"] = e["value"]
		}
		if e["style"] != nil {
			a["style"] = e["style"]
		}
		return a
	}
	for k, v := range inputValue(e, value) {
		a[k] = v
	}
	return a
}

// view is an open modal by its id, the top one for "top", or the home tab.
func (u *user) view(id string) *View {
	if u.home != nil && (id == "home" || id == u.home.ID) {
		return u.home
	}
	if n := len(u.modals); n > 0 && (id == "" || id == "top") {
		return u.modals[n-1]
	}
	for _, v := range u.modals {
		if v.ID == id {
			return v
		}
	}
	return nil
}

func (st *state) whispered(u *user, ts string) *Message {
	i := slices.IndexFunc(st.ephemeral, func(m *Message) bool { return m.TS == ts && m.Recipient == u.ID })
	if i < 0 {
		return nil
	}
	return st.ephemeral[i]
}

// shortcut sends message_action for a message shortcut, or shortcut for a global one (no message).
func (s *Server) shortcut(ctx context.Context, callback string, p Press) (Ack, error) {
	s.mu.Lock()
	payload, err := s.shortcutPayload(callback, p)
	s.mu.Unlock()
	if err != nil {
		return Ack{}, err
	}
	return s.deliver(ctx, kindInteractive, payload)
}

func (s *Server) shortcutPayload(callback string, p Press) (map[string]any, error) {
	setDefault(&p.User, "U1")
	u := s.state.user(p.User)
	if u == nil || callback == "" {
		return nil, fmt.Errorf("a shortcut needs a user and a callback_id")
	}
	ch := s.state.channel(p.Channel)
	if p.TS == "" {
		out := s.interaction("shortcut", u, ch)
		out["callback_id"], out["action_ts"] = callback, s.state.newTS(s.cfg.Now())
		return out, nil
	}
	if ch == nil {
		return nil, fmt.Errorf("no such channel: %q", p.Channel)
	}
	m := ch.message(p.TS)
	if m == nil {
		return nil, fmt.Errorf("no message %s in %s", p.TS, ch.Name)
	}
	out := s.interaction("message_action", u, ch)
	out["callback_id"], out["action_ts"], out["message_ts"] = callback, s.state.newTS(s.cfg.Now()), m.TS
	out["channel"] = map[string]any{"id": ch.ID, "name": ch.Name}
	out["message"] = m.public(true)
	out["response_url"] = s.newResponseURL(ch, u, m)
	return out, nil
}

// optionOf is the option of a menu with a value; nil where there is none.
func optionOf(e map[string]any, value string) any {
	options := slices.Clone(list(e, "options"))
	for _, g := range list(e, "option_groups") {
		group, _ := g.(map[string]any)
		options = append(options, list(group, "options")...)
	}
	for _, o := range options {
		if option, _ := o.(map[string]any); str(option, "value") == value {
			return option
		}
	}
	return nil
}

// inputValue is what Slack sends for an element in which value was chosen or typed; several values stand in lines.
func inputValue(e map[string]any, value string) map[string]any {
	kind := str(e, "type")
	many := strings.FieldsFunc(value, func(r rune) bool { return r == '\n' })
	switch kind {
	case "static_select", "radio_buttons", "overflow", "external_select":
		return map[string]any{"selected_option": optionOf(e, value)}
	case "checkboxes", "multi_static_select", "multi_external_select":
		chosen := []any{}
		for _, v := range many {
			if o := optionOf(e, v); o != nil {
				chosen = append(chosen, o)
			}
		}
		return map[string]any{"selected_options": chosen}
	case "multi_users_select", "multi_conversations_select", "multi_channels_select":
		return map[string]any{"selected_" + strings.TrimSuffix(strings.TrimPrefix(kind, "multi_"), "_select"): many}
	case "datetimepicker":
		return map[string]any{"selected_date_time": json.Number(orZero(value))}
	}
	field := map[string]string{"users_select": "selected_user", "conversations_select": "selected_conversation",
		"channels_select": "selected_channel", "datepicker": "selected_date", "timepicker": "selected_time"}[kind]
	if field == "" {
		field = "value"
	}
	if value == "" {
		return map[string]any{field: nil}
	}
	return map[string]any{field: value}
}

func orZero(text string) string {
	if _, err := json.Number(text).Int64(); err != nil {
		return "0"
	}
	return text
}
