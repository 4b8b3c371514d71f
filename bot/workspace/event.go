package workspace

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// event is an event for the app, encoded once: a redelivery carries the same event_id.
type event struct {
	id   string
	body json.RawMessage
}

// eventQueue holds events in the order in which they happened.
type eventQueue struct {
	mu    sync.Mutex
	list  []event
	ready chan struct{} // holds one token while the list may not be empty
}

func newEventQueue() *eventQueue { return &eventQueue{ready: make(chan struct{}, 1)} }

func (q *eventQueue) put(e event) {
	q.mu.Lock()
	q.list = append(q.list, e)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *eventQueue) takeAll() []event {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.list
	q.list = nil
	return all
}

// emit queues an event of the Events API. Called with the server's mutex held.
func (s *Server) emit(inner any) {
	st := &s.state
	id := st.newID("Ev")
	body, err := json.Marshal(map[string]any{
		"token": "verification", "team_id": st.team.ID, "context_team_id": st.team.ID, "api_app_id": st.appID,
		"event": inner, "type": "event_callback", "event_id": id, "event_time": s.cfg.Now().Unix(),
		"authorizations":        []any{map[string]any{"team_id": st.team.ID, "user_id": st.bot.ID, "is_bot": true, "is_enterprise_install": false}},
		"is_ext_shared_channel": false, "event_context": "4-" + id,
	})
	if err != nil {
		s.cfg.Log.Error("event not encoded", "err", err)
		return
	}
	s.events.put(event{id, body})
	s.lastEvent = body
}

// repeat sends the newest event again, as Slack sometimes does: with its event_id, or with a new one.
func (s *Server) repeat(newID bool) error {
	var body map[string]any
	if json.Unmarshal(s.lastEvent, &body) != nil {
		return fmt.Errorf("no event yet")
	}
	if newID {
		body["event_id"] = s.state.newID("Ev")
	}
	again, err := json.Marshal(body)
	if err != nil {
		return err
	}
	s.events.put(event{fmt.Sprint(body["event_id"]), again})
	return nil
}

// deliverEvents begins the delivery of each event in order, and leaves its end to a goroutine of its own.
func (s *Server) deliverEvents() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.events.ready:
		}
		for _, e := range s.events.takeAll() {
			first := s.beginEvent(e, 0, "")
			s.spawn(func() { s.finishEvent(e, first) })
		}
	}
}

// attempt is one delivery of an event under way.
type attempt struct {
	envelope string
	done     <-chan result
}

func (s *Server) beginEvent(e event, n int, reason string) attempt {
	env := envelope{Type: kindEvent, ID: secret(), Payload: e.body, Attempt: n, Reason: reason}
	return attempt{env.ID, s.begin(s.ctx, env)}
}

// finishEvent waits for the acknowledgement and sends the event again, three times at most, when it does not come.
func (s *Server) finishEvent(e event, a attempt) {
	for n := 0; ; n++ {
		r := s.await(s.ctx, a.done)
		s.sockets.forget(a.envelope)
		if r.err == nil || s.ctx.Err() != nil {
			return
		}
		if n == len(s.cfg.Retries) {
			s.cfg.Log.Warn("event given up", "event", e.id, "attempts", n+1, "err", r.err)
			return
		}
		s.sleep(s.cfg.Retries[n])
		if s.ctx.Err() != nil {
			return
		}
		a = s.beginEvent(e, n+1, "timeout")
	}
}

// hears says whether the app gets the events of a channel.
func (s *Server) hears(ch *channel) bool { return ch.members[s.state.bot.ID] && !ch.Archived }

// emitMessage tells the app of a new message; with an app_mention besides where it is mentioned by a person.
func (s *Server) emitMessage(ch *channel, m *Message) {
	if !s.hears(ch) {
		return
	}
	inner := s.inner(ch, m)
	s.emit(inner)
	if ch.IM == nil && m.BotID == "" && strings.Contains(m.Text, "<@"+s.state.bot.ID+">") {
		mention := s.inner(ch, m)
		mention["type"] = "app_mention"
		delete(mention, "channel_type")
		s.emit(mention)
	}
}

func (s *Server) inner(ch *channel, m *Message) map[string]any {
	out := map[string]any{}
	raw, err := json.Marshal(m.public(true))
	if err == nil {
		json.Unmarshal(raw, &out)
	}
	out["channel"], out["channel_type"], out["event_ts"] = ch.ID, ch.kind(), m.TS
	if len(m.Files) > 0 {
		out["subtype"] = "file_share"
	}
	return out
}

func (s *Server) emitChanged(ch *channel, m *Message, old Message, ts string) {
	if !s.hears(ch) {
		return
	}
	s.emit(map[string]any{"type": "message", "subtype": "message_changed", "channel": ch.ID, "channel_type": ch.kind(), "hidden": true,
		"ts": ts, "event_ts": ts, "message": m.public(true), "previous_message": old})
}

func (s *Server) emitDeleted(ch *channel, old Message) {
	if !s.hears(ch) {
		return
	}
	ts := s.state.newTS(s.cfg.Now())
	s.emit(map[string]any{"type": "message", "subtype": "message_deleted", "channel": ch.ID, "channel_type": ch.kind(), "hidden": true,
		"ts": ts, "event_ts": ts, "deleted_ts": old.TS, "previous_message": old})
}

// emitHome tells the app that a person opened its home tab.
func (s *Server) emitHome(u *user) {
	inner := map[string]any{"type": "app_home_opened", "user": u.ID, "channel": s.state.directMessage(u).ID, "tab": "home",
		"event_ts": s.state.newTS(s.cfg.Now())}
	if u.home != nil {
		inner["view"] = u.home
	}
	s.emit(inner)
}

// verifyURL is Slack's url_verification: the app must send the challenge back.
func (s *Server) verifyURL(ctx context.Context) error {
	challenge := secret()
	body, _ := json.Marshal(map[string]any{"token": "verification", "challenge": challenge, "type": "url_verification"})
	r := s.request(ctx, envelope{Type: kindEvent, Payload: body})
	if r.err != nil {
		return r.err
	}
	var back struct{ Challenge string }
	if json.Unmarshal(r.body, &back) == nil && back.Challenge == challenge {
		return nil
	}
	if strings.TrimSpace(string(r.body)) == challenge || string(r.body) == `"`+challenge+`"` {
		return nil
	}
	return errChallenge
}
