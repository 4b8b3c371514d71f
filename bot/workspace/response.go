package workspace

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// responseURL lets the app answer a command or an interaction without a token.
type responseURL struct {
	channel *channel
	user    *user
	message *Message // what was clicked; nil for a command
	until   time.Time
	uses    int
}

// answer is what an app sends to a response URL, or in a command's acknowledgement.
type answer struct {
	Text            string          `json:"text"`
	Blocks          json.RawMessage `json:"blocks"`
	Attachments     json.RawMessage `json:"attachments"`
	ResponseType    string          `json:"response_type"`
	ReplaceOriginal bool            `json:"replace_original"`
	DeleteOriginal  bool            `json:"delete_original"`
	ThreadTS        string          `json:"thread_ts"`
}

func (s *Server) newResponseURL(ch *channel, u *user, m *Message) string {
	for old, u := range s.state.responses {
		if s.cfg.Now().After(u.until.Add(responseLife)) {
			delete(s.state.responses, old)
		}
	}
	id := secret()
	s.state.responses[id] = &responseURL{channel: ch, user: u, message: m, until: s.cfg.Now().Add(responseLife)}
	return s.base + "/response/" + id
}

// serveResponseURL takes an answer, five times within 30 minutes.
func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	word := s.respond(w, r)
	if word != "" {
		w.WriteHeader(http.StatusNotFound)
		json.NewEncoder(w).Encode(reply{"ok": false, "error": word})
		return
	}
	json.NewEncoder(w).Encode(reply{"ok": true})
}

// respond carries an answer out and returns Slack's error word, empty for none.
func (s *Server) respond(w http.ResponseWriter, r *http.Request) string {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var a answer
	if err != nil || json.Unmarshal(body, &a) != nil {
		return "invalid_payload"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.state.responses[r.PathValue("secret")]
	switch {
	case u == nil:
		return "invalid_url"
	case s.cfg.Now().After(u.until):
		return "expired_url"
	case u.uses >= responseUses:
		return "used_url"
	}
	u.uses++
	return s.applyAnswer(u, a)
}

func (s *Server) applyAnswer(u *responseURL, a answer) string {
	if a.DeleteOriginal {
		s.replaceOriginal(u, nil)
		return ""
	}
	m, err := s.answerMessage(a)
	if err != nil {
		return err.Error()
	}
	switch {
	case a.ReplaceOriginal && u.message != nil:
		s.replaceOriginal(u, &m)
	case a.ResponseType == "in_channel":
		s.post(u.channel, m)
	default:
		s.whisper(u.channel, u.user, m)
	}
	return ""
}

// replaceOriginal changes or, with nil, deletes the message that was clicked.
func (s *Server) replaceOriginal(u *responseURL, m *Message) {
	old := u.message
	switch {
	case old == nil:
	case old.Recipient != "" && m == nil:
		s.unwhisper(old)
	case old.Recipient != "":
		old.Edits = append(old.Edits, Edit{TS: s.state.newTS(s.cfg.Now()), Text: old.Text, Blocks: old.Blocks})
		old.Text, old.Blocks, old.Attachments = m.Text, m.Blocks, m.Attachments
		s.live.ephemeral(old)
	case m == nil:
		s.delete(u.channel, old)
	default:
		s.edit(u.channel, old, s.state.bot.ID, func(o *Message) { o.Text, o.Blocks, o.Attachments = m.Text, m.Blocks, m.Attachments })
	}
}

// unwhisper takes an ephemeral message away.
func (s *Server) unwhisper(m *Message) {
	for i, e := range s.state.ephemeral {
		if e == m {
			s.state.ephemeral = append(s.state.ephemeral[:i:i], s.state.ephemeral[i+1:]...)
			break
		}
	}
	s.live.ephemeralGone(m)
}

func (s *Server) answerMessage(a answer) (Message, error) {
	c := call{args: map[string]string{"text": a.Text, "blocks": string(a.Blocks), "attachments": string(a.Attachments)}}
	m, err := s.content(c)
	m.ThreadTS = a.ThreadTS
	return m, err
}
