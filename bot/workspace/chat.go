package workspace

import (
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Lengths in characters (chat.postMessage and chat.update in Slack's reference).
const (
	maxPostText   = 40000
	maxUpdateText = 4000
	maxMetadata   = 4096
)

// writable is the channel of a call, where the bot may write.
func (s *Server) writable(c call) (*channel, error) {
	ch := s.state.channel(c.str("channel"))
	switch {
	case ch == nil:
		return nil, fail("channel_not_found")
	case ch.Archived:
		return nil, fail("is_archived")
	case !ch.members[s.state.bot.ID]:
		return nil, fail("not_in_channel")
	}
	return ch, nil
}

// content reads text, blocks, attachments and metadata of a call into a message of the bot's.
func (s *Server) content(c call) (Message, error) {
	m := s.fromBot(c.str("text"))
	var err error
	if m.Blocks, err = s.checkBlocks(c.str("blocks"), messageSurface); err != nil {
		return m, err
	}
	if m.Attachments, err = checkAttachments(c.str("attachments")); err != nil {
		return m, err
	}
	if m.Metadata, err = checkMetadata(c.str("metadata")); err != nil {
		return m, err
	}
	m.Username = c.str("username")
	if m.Text == "" && m.Blocks == nil && m.Attachments == nil {
		return m, fail("no_text")
	}
	return m, nil
}

func chatPostMessage(s *Server, c call) (reply, error) {
	ch, err := s.writable(c)
	if err != nil {
		return nil, err
	}
	m, err := s.content(c)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(m.Text) > maxPostText {
		return nil, fail("msg_too_long")
	}
	m.ThreadTS = c.str("thread_ts")
	if m.ThreadTS != "" && c.bool("reply_broadcast") {
		m.Subtype = "thread_broadcast"
	}
	msg := s.post(ch, m)
	return reply{"channel": ch.ID, "ts": msg.TS, "message": msg.public(true)}, nil
}

func chatUpdate(s *Server, c call) (reply, error) {
	ch, err := s.writable(c)
	if err != nil {
		return nil, err
	}
	m := ch.message(c.str("ts"))
	if m == nil {
		return nil, fail("message_not_found")
	}
	if m.BotID != s.state.botID || m.Subtype == "tombstone" {
		return nil, fail("cant_update_message")
	}
	if utf8.RuneCountInString(c.str("text")) > maxUpdateText {
		return nil, fail("msg_too_long")
	}
	fresh, err := s.content(c)
	if err != nil {
		return nil, err
	}
	s.edit(ch, m, s.state.bot.ID, func(m *Message) {
		m.Text, m.Blocks = fresh.Text, fresh.Blocks
		if c.str("attachments") != "" {
			m.Attachments = fresh.Attachments
		}
		if c.str("metadata") != "" {
			m.Metadata = fresh.Metadata
		}
	})
	return reply{"channel": ch.ID, "ts": m.TS, "text": m.Text, "message": m.public(true)}, nil
}

func chatDelete(s *Server, c call) (reply, error) {
	ch, err := s.writable(c)
	if err != nil {
		return nil, err
	}
	m := ch.message(c.str("ts"))
	if m == nil {
		return nil, fail("message_not_found")
	}
	if m.BotID != s.state.botID {
		return nil, fail("cant_delete_message")
	}
	s.delete(ch, m)
	return reply{"channel": ch.ID, "ts": m.TS}, nil
}

func chatPostEphemeral(s *Server, c call) (reply, error) {
	ch, err := s.writable(c)
	if err != nil {
		return nil, err
	}
	to := s.state.user(c.str("user"))
	if to == nil || !ch.members[to.ID] {
		return nil, fail("user_not_in_channel")
	}
	m, err := s.content(c)
	if err != nil {
		return nil, err
	}
	m.ThreadTS = c.str("thread_ts")
	msg := s.whisper(ch, to, m)
	return reply{"message_ts": msg.TS}, nil
}

func chatGetPermalink(s *Server, c call) (reply, error) {
	ch := s.state.channel(c.str("channel"))
	if ch == nil {
		return nil, fail("channel_not_found")
	}
	m := ch.message(c.str("message_ts"))
	if m == nil {
		return nil, fail("message_not_found")
	}
	link := c.base + "/archives/" + ch.ID + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.ThreadTS != "" && m.ThreadTS != m.TS {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + ch.ID
	}
	return reply{"channel": ch.ID, "permalink": link}, nil
}

// servePermalink opens the page at the message.
func servePermalink(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/#"+r.PathValue("channel")+"/"+r.PathValue("ts"), http.StatusFound)
}

// checkMetadata wants an object with event_type and event_payload; "{}" deletes.
func checkMetadata(text string) (json.RawMessage, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > maxMetadata {
		return nil, fail("metadata_too_large")
	}
	var meta struct {
		Type    string          `json:"event_type"`
		Payload json.RawMessage `json:"event_payload"`
	}
	if json.Unmarshal([]byte(text), &meta) != nil {
		return nil, fail("invalid_metadata_format")
	}
	if meta.Type == "" {
		return nil, nil
	}
	if len(meta.Payload) == 0 || meta.Payload[0] != '{' {
		return nil, fail("invalid_metadata_format")
	}
	return json.RawMessage(text), nil
}

// checkAttachments wants an array of at most 100 objects.
func checkAttachments(text string) (json.RawMessage, error) {
	if text == "" || text == "[]" || text == "null" {
		return nil, nil
	}
	var list []map[string]any
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil, fail("invalid_attachments")
	}
	if len(list) > 100 {
		return nil, fail("too_many_attachments")
	}
	return json.RawMessage(text), nil
}
