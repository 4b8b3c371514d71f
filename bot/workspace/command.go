package workspace

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// trigger_ids last 3 s and work once (views.open in Slack's reference); response URLs 30 minutes and five times.
const (
	triggerLife      = 3 * time.Second
	responseLife     = 30 * time.Minute
	responseUses     = 5
	maxCommandLength = 40000
)

type trigger struct {
	user    *user
	channel *channel // where the user was; nil in the home tab
	at      time.Time
	used    bool
}

// newTrigger makes a trigger_id with which the app may open a modal for the user.
func (s *Server) newTrigger(u *user, ch *channel) string {
	id := fmt.Sprintf("%d.%s.%s", s.cfg.Now().UnixMilli(), s.state.team.ID, secret())
	for old, t := range s.state.triggers {
		if s.cfg.Now().Sub(t.at) > time.Minute {
			delete(s.state.triggers, old)
		}
	}
	s.state.triggers[id] = &trigger{user: u, channel: ch, at: s.cfg.Now()}
	return id
}

// takeTrigger spends a trigger_id and says whose it is.
func (s *Server) takeTrigger(id string) (*trigger, error) {
	t := s.state.triggers[id]
	switch {
	case t == nil:
		return nil, fail("invalid_trigger_id")
	case t.used:
		return nil, fail("exchanged_trigger_id")
	case s.cfg.Now().Sub(t.at) > triggerLife:
		return nil, fail("expired_trigger_id")
	}
	t.used = true
	return t, nil
}

// command sends a slash command as the user typed it, and shows what came of it.
func (s *Server) command(ctx context.Context, channelRef, userRef, text string) (Ack, error) {
	s.mu.Lock()
	ch, u, err := s.place(channelRef, userRef)
	if err != nil {
		s.mu.Unlock()
		return Ack{}, err
	}
	name, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if why := s.refuseCommand(name, text); why != "" {
		s.whisper(ch, u, Message{User: "USLACKBOT", Username: "Slackbot", Text: why})
		s.mu.Unlock()
		return Ack{}, fmt.Errorf("%s", why)
	}
	st := &s.state
	payload := map[string]string{
		"token": "verification", "team_id": st.team.ID, "team_domain": st.team.Domain, "channel_id": ch.ID, "channel_name": ch.Name,
		"user_id": u.ID, "user_name": u.Name, "command": name, "text": strings.TrimSpace(rest), "api_app_id": st.appID,
		"is_enterprise_install": "false", "response_url": s.newResponseURL(ch, u, nil), "trigger_id": s.newTrigger(u, ch),
	}
	s.mu.Unlock()
	ack, err := s.deliver(ctx, kindCommand, payload)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.whisper(ch, u, Message{User: "USLACKBOT", Username: "Slackbot", Text: fmt.Sprintf("%s failed with the error %q", name, err)})
		return ack, err
	}
	return ack, s.commandAnswer(ch, u, ack.Body)
}

func (s *Server) refuseCommand(name, text string) string {
	if !strings.HasPrefix(name, "/") || len(name) < 2 {
		return "A slash command begins with a slash."
	}
	if len(text) > maxCommandLength {
		return "Your message is too long."
	}
	for _, c := range s.cfg.Commands {
		if c.Name == name {
			return ""
		}
	}
	if len(s.cfg.Commands) == 0 {
		return ""
	}
	return name + " is not a valid command."
}

// commandAnswer shows what the acknowledgement of a command carried: to the person, or in_channel to all.
func (s *Server) commandAnswer(ch *channel, u *user, body json.RawMessage) error {
	if body == nil {
		return nil
	}
	var a answer
	if json.Unmarshal(body, &a) != nil {
		if json.Unmarshal(body, &a.Text) != nil {
			return fmt.Errorf("the acknowledgement is neither text nor a message")
		}
	}
	m, err := s.answerMessage(a)
	if err != nil {
		return err
	}
	if a.ResponseType == "in_channel" {
		s.post(ch, m)
	} else {
		s.whisper(ch, u, m)
	}
	return nil
}

// place finds a channel and a person; empty references mean ops and U1.
func (s *Server) place(channelRef, userRef string) (*channel, *user, error) {
	setDefault(&channelRef, "ops")
	setDefault(&userRef, "U1")
	u := s.state.user(userRef)
	if u == nil || u.IsBot {
		return nil, nil, fmt.Errorf("no such user: %q", userRef)
	}
	ch := s.state.channel(channelRef)
	if ch == nil {
		return nil, nil, fmt.Errorf("no such channel: %q", channelRef)
	}
	return ch, u, nil
}
