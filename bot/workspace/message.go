package workspace

import (
	"encoding/json"
	"slices"
)

// maxEphemeral is how many ephemeral messages are kept.
const maxEphemeral = 2000

// Message is a message as Slack returns it. Edits is the control interface's addition.
type Message struct {
	Type            string          `json:"type"`
	Subtype         string          `json:"subtype,omitempty"`
	User            string          `json:"user,omitempty"`
	BotID           string          `json:"bot_id,omitempty"`
	AppID           string          `json:"app_id,omitempty"`
	Username        string          `json:"username,omitempty"`
	Text            string          `json:"text"`
	TS              string          `json:"ts"`
	ThreadTS        string          `json:"thread_ts,omitempty"`
	ParentUser      string          `json:"parent_user_id,omitempty"`
	ReplyCount      int             `json:"reply_count,omitempty"`
	ReplyUsersCount int             `json:"reply_users_count,omitempty"`
	ReplyUsers      []string        `json:"reply_users,omitempty"`
	LatestReply     string          `json:"latest_reply,omitempty"`
	Team            string          `json:"team,omitempty"`
	Blocks          json.RawMessage `json:"blocks,omitempty"`
	Attachments     json.RawMessage `json:"attachments,omitempty"`
	Metadata        json.RawMessage `json:"metadata,omitempty"`
	Edited          *Edited         `json:"edited,omitempty"`
	Files           []File          `json:"files,omitempty"`
	Reactions       []Reaction      `json:"reactions,omitempty"`
	BotProfile      map[string]any  `json:"bot_profile,omitempty"`
	// Channel and Recipient are set on ephemeral messages only.
	Channel   string `json:"channel,omitempty"`
	Recipient string `json:"recipient,omitempty"`
	// Edits are the contents that the message had before, oldest first.
	Edits []Edit `json:"edits,omitempty"`
}

// Edited says who edited a message last, and when.
type Edited struct {
	User string `json:"user"`
	TS   string `json:"ts"`
}

// Edit is what a message said until it was edited at TS.
type Edit struct {
	TS     string          `json:"ts"`
	Text   string          `json:"text"`
	Blocks json.RawMessage `json:"blocks,omitempty"`
}

// Reaction is an emoji and who reacted with it.
type Reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

// author is the user, or the bot where there is none.
func (m *Message) author() string {
	if m.User != "" {
		return m.User
	}
	return m.BotID
}

// public is the message as the Web API returns it: without our additions, and without metadata unless asked for.
func (m *Message) public(metadata bool) Message {
	out := *m
	out.Edits = nil
	if !metadata {
		out.Metadata = nil
	}
	return out
}

// post puts a message into a channel, tells the app and the page, and returns it. A thread_ts without a parent is
// dropped without a word, as Slack does.
func (s *Server) post(ch *channel, m Message) *Message {
	m.Type, m.Team = "message", s.state.team.ID
	m.TS = s.state.newTS(s.cfg.Now())
	var root *Message
	if m.ThreadTS != "" {
		if thread := ch.thread(m.ThreadTS); len(thread) > 0 && ch.message(thread[0].TS) != nil {
			root = thread[0]
			m.ThreadTS, m.ParentUser = root.TS, root.User
		} else {
			m.ThreadTS = ""
		}
	}
	msg := &m
	ch.messages = append(ch.messages, msg)
	if root != nil {
		ch.count(root.TS)
		s.live.message(ch, root)
	}
	s.live.message(ch, msg)
	s.emitMessage(ch, msg)
	return msg
}

// edit replaces a message's content and remembers the old one.
func (s *Server) edit(ch *channel, m *Message, by string, change func(*Message)) {
	old := m.public(true)
	ts := s.state.newTS(s.cfg.Now())
	m.Edits = append(slices.Clip(m.Edits), Edit{TS: ts, Text: m.Text, Blocks: m.Blocks})
	change(m)
	m.Edited = &Edited{User: by, TS: ts}
	s.live.message(ch, m)
	s.emitChanged(ch, m, old, ts)
}

// delete takes a message away. A parent with replies leaves a tombstone, as in Slack.
func (s *Server) delete(ch *channel, m *Message) {
	old := m.public(true)
	if m.ReplyCount > 0 {
		m.Subtype, m.Text, m.Blocks, m.Attachments = "tombstone", "This message was deleted.", nil, nil
		m.Metadata, m.Files, m.User, m.BotID = nil, nil, "USLACKBOT", ""
		s.live.message(ch, m)
	} else {
		ch.remove(m)
		s.live.deleted(ch, m)
		if m.ThreadTS != "" {
			if parent := ch.message(m.ThreadTS); parent != nil {
				s.live.message(ch, parent)
			}
		}
	}
	s.emitDeleted(ch, old)
}

// whisper shows a message to one person only.
func (s *Server) whisper(ch *channel, to *user, m Message) *Message {
	m.Type, m.TS = "message", s.state.newTS(s.cfg.Now())
	m.Channel, m.Recipient = ch.ID, to.ID
	msg := &m
	s.state.ephemeral = append(s.state.ephemeral, msg)
	if over := len(s.state.ephemeral) - maxEphemeral; over > 0 {
		s.state.ephemeral = slices.Clone(s.state.ephemeral[over:])
	}
	s.live.ephemeral(msg)
	return msg
}

// fromBot is a message by the app.
func (s *Server) fromBot(text string) Message {
	st := &s.state
	return Message{User: st.bot.ID, BotID: st.botID, AppID: st.appID, Text: text, BotProfile: map[string]any{
		"id": st.botID, "app_id": st.appID, "user_id": st.bot.ID, "name": st.bot.RealName, "team_id": st.team.ID, "deleted": false}}
}
