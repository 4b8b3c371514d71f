package workspace

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// NewMessage is a message that a person, or an older integration, writes.
type NewMessage struct {
	Channel     string          `json:"channel"`
	User        string          `json:"user,omitempty"` // who writes; U1 where Bot is empty too
	Bot         string          `json:"bot,omitempty"`  // the name of an integration: subtype bot_message
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	ThreadTS    string          `json:"thread_ts,omitempty"`
	// TS edits the message of that ts instead of writing a new one.
	TS string `json:"ts,omitempty"`
}

// ChannelChange changes a channel. Nil fields stay.
type ChannelChange struct {
	Channel  string `json:"channel"`
	Archived *bool  `json:"archived,omitempty"`
	Member   *bool  `json:"member,omitempty"` // whether the bot is in it
	Create   bool   `json:"create,omitempty"` // makes it where there is none
}

// addControl adds the control interface, which lets a test do what a person does.
func (s *Server) addControl(mux *http.ServeMux) {
	mux.HandleFunc("POST /_control/command", control(s, s.controlCommand))
	mux.HandleFunc("POST /_control/message", control(s, s.controlMessage))
	mux.HandleFunc("POST /_control/action", control(s, s.controlAction))
	mux.HandleFunc("POST /_control/submit", control(s, s.controlSubmit))
	mux.HandleFunc("POST /_control/close", control(s, s.controlClose))
	mux.HandleFunc("POST /_control/shortcut", control(s, s.controlShortcut))
	mux.HandleFunc("POST /_control/open", control(s, s.controlOpen))
	mux.HandleFunc("POST /_control/channel", control(s, s.controlChannel))
	mux.HandleFunc("POST /_control/fault", control(s, s.controlFault))
	mux.HandleFunc("POST /_control/disconnect", control(s, s.controlDisconnect))
	mux.HandleFunc("POST /_control/repeat", control(s, s.controlRepeat))
	mux.HandleFunc("POST /_control/verify", control(s, s.controlVerify))
	mux.HandleFunc("GET /_control/messages", s.controlMessages)
	mux.HandleFunc("GET /_control/ephemeral", s.controlEphemeral)
	mux.HandleFunc("GET /_control/home", s.controlViews)
	mux.HandleFunc("GET /_control/views", s.controlViews)
	mux.HandleFunc("GET /_control/status", s.controlStatus)
}

// control decodes a request strictly, runs it, and encodes its answer with ok, or error and status 400.
func control[In any](s *Server, do func(context.Context, In) (reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.reachedAt(r)
		var in In
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			writeControl(w, nil, fmt.Errorf("the request is not understood: %w", err))
			return
		}
		out, err := do(r.Context(), in)
		writeControl(w, out, err)
	}
}

// reachedAt makes the request's address the base of URLs for the app, until the app itself has called.
func (s *Server) reachedAt(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	setDefault(&s.base, baseURL(r))
}

func writeControl(w http.ResponseWriter, out reply, err error) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if out == nil {
		out = reply{}
	}
	out["ok"] = err == nil
	if err != nil {
		out["error"] = err.Error()
		w.WriteHeader(http.StatusBadRequest)
	}
	json.NewEncoder(w).Encode(out)
}

type controlCommand struct{ Channel, User, Text string }

func (s *Server) controlCommand(ctx context.Context, in controlCommand) (reply, error) {
	ack, err := s.command(ctx, in.Channel, in.User, in.Text)
	return reply{"ack": ack}, err
}

func (s *Server) controlAction(ctx context.Context, in Press) (reply, error) {
	ack, err := s.press(ctx, in)
	return reply{"ack": ack}, err
}

func (s *Server) controlSubmit(ctx context.Context, in Submission) (reply, error) {
	out, err := s.submit(ctx, in)
	return reply{"ack": out.Ack, "errors": out.Errors, "view": out.View}, err
}

type controlClose struct {
	User string
	All  bool
}

func (s *Server) controlClose(ctx context.Context, in controlClose) (reply, error) {
	setDefault(&in.User, "U1")
	return nil, s.closeView(ctx, in.User, in.All)
}

type controlShortcut struct {
	CallbackID string `json:"callback_id"`
	Channel    string `json:"channel"`
	TS         string `json:"ts"`
	User       string `json:"user"`
}

func (s *Server) controlShortcut(ctx context.Context, in controlShortcut) (reply, error) {
	ack, err := s.shortcut(ctx, in.CallbackID, Press{Channel: in.Channel, TS: in.TS, User: in.User})
	return reply{"ack": ack}, err
}

func (s *Server) controlMessage(_ context.Context, in NewMessage) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, u, err := s.place(in.Channel, in.User)
	if err != nil {
		return nil, err
	}
	if ch.Archived {
		return nil, fail("is_archived")
	}
	m := Message{User: u.ID, Text: in.Text, ThreadTS: in.ThreadTS}
	if in.Bot != "" {
		m = Message{Subtype: "bot_message", BotID: "B9", Username: in.Bot, Text: in.Text, ThreadTS: in.ThreadTS}
	}
	if m.Blocks, err = s.checkBlocks(string(in.Blocks), messageSurface); err != nil {
		return nil, err
	}
	if m.Attachments, err = checkAttachments(string(in.Attachments)); err != nil {
		return nil, err
	}
	if in.TS != "" {
		return s.rewrite(ch, in.TS, m)
	}
	msg := s.post(ch, m)
	return reply{"ts": msg.TS, "channel": ch.ID}, nil
}

// rewrite is a person's editing of a message.
func (s *Server) rewrite(ch *channel, ts string, m Message) (reply, error) {
	old := ch.message(ts)
	if old == nil || old.author() != m.author() {
		return nil, fmt.Errorf("no message %s of %s in %s", ts, m.author(), ch.Name)
	}
	s.edit(ch, old, m.author(), func(o *Message) { o.Text, o.Blocks, o.Attachments = m.Text, m.Blocks, m.Attachments })
	return reply{"ts": ts, "channel": ch.ID}, nil
}

type controlOpen struct{ User string }

// controlOpen opens the app's home tab.
func (s *Server) controlOpen(_ context.Context, in controlOpen) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, u, err := s.place("", in.User)
	if err != nil {
		return nil, err
	}
	s.emitHome(u)
	return nil, nil
}

func (s *Server) controlChannel(_ context.Context, in ChannelChange) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.state.channel(in.Channel)
	if ch == nil && in.Create && in.Channel != "" {
		ch = &channel{ID: s.state.newID("C"), Name: in.Channel, Created: s.cfg.Now().Unix(), members: map[string]bool{"U1": true, "U2": true}}
		s.state.channels = append(s.state.channels, ch)
	}
	if ch == nil {
		return nil, fmt.Errorf("no such channel: %q", in.Channel)
	}
	if in.Archived != nil {
		ch.Archived = *in.Archived
	}
	if in.Member != nil {
		ch.members[s.state.bot.ID] = *in.Member
		if !*in.Member {
			delete(ch.members, s.state.bot.ID)
		}
	}
	s.live.channels()
	return reply{"channel": ch.json(&s.state)}, nil
}

func (s *Server) controlFault(_ context.Context, in Fault) (reply, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	setDefault(&in.Times, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &in)
	return nil, nil
}

type controlDisconnect struct{ Reason string }

func (s *Server) controlDisconnect(_ context.Context, in controlDisconnect) (reply, error) {
	setDefault(&in.Reason, "refresh_requested")
	return reply{"dropped": s.sockets.dropAll(in.Reason)}, nil
}

type controlRepeat struct {
	Times int
	NewID bool `json:"new_id"`
}

func (s *Server) controlRepeat(_ context.Context, in controlRepeat) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range max(1, min(in.Times, 100)) {
		if err := s.repeat(in.NewID); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (s *Server) controlVerify(ctx context.Context, _ struct{}) (reply, error) {
	if s.cfg.RequestURL == "" {
		return nil, fmt.Errorf("the workspace is not in HTTP mode")
	}
	return nil, s.verifyURL(ctx)
}
