package workspace

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// live sends the page what changes, as server-sent events. A page that is too slow is dropped; it comes back and
// begins with the whole state again.
type live struct {
	mu     sync.Mutex
	closed bool
	pages  map[*livePage]bool
}

type livePage struct {
	user    string
	updates chan []byte
}

// pageBacklog is how many updates a page may be behind.
const pageBacklog = 512

func newLive() *live { return &live{pages: map[*livePage]bool{}} }

// update is one change. Type is message, deleted, ephemeral, ephemeral_gone, views or channels.
type update struct {
	Type    string     `json:"type"`
	Channel string     `json:"channel,omitempty"`
	TS      string     `json:"ts,omitempty"`
	Message *Message   `json:"message,omitempty"`
	Views   *pageViews `json:"views,omitempty"`
}

// pageViews is what a person has open: the home tab and the modals with the errors under their inputs.
type pageViews struct {
	Home   *View       `json:"home"`
	Modals []pageModal `json:"modals"`
}

type pageModal struct {
	View   *View             `json:"view"`
	Errors map[string]string `json:"errors,omitempty"`
}

func viewsOf(u *user) *pageViews {
	v := &pageViews{Home: u.home, Modals: []pageModal{}}
	for _, m := range u.modals {
		v.Modals = append(v.Modals, pageModal{m, m.Errors})
	}
	return v
}

func (l *live) message(ch *channel, m *Message) {
	l.send("", update{Type: "message", Channel: ch.ID, Message: m})
}

func (l *live) deleted(ch *channel, m *Message) {
	l.send("", update{Type: "deleted", Channel: ch.ID, TS: m.TS})
}

func (l *live) ephemeral(m *Message) {
	l.send(m.Recipient, update{Type: "ephemeral", Channel: m.Channel, Message: m})
}

func (l *live) ephemeralGone(m *Message) {
	l.send(m.Recipient, update{Type: "ephemeral_gone", Channel: m.Channel, TS: m.TS})
}

func (l *live) views(u *user) { l.send(u.ID, update{Type: "views", Views: viewsOf(u)}) }

func (l *live) channels() { l.send("", update{Type: "channels"}) }

// send gives an update to the pages of one user, or to all where user is empty.
func (l *live) send(user string, u update) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pages) == 0 {
		return
	}
	body, err := json.Marshal(u)
	if err != nil {
		return
	}
	for p := range l.pages {
		if user != "" && p.user != user {
			continue
		}
		select {
		case p.updates <- body:
		default:
			delete(l.pages, p)
			close(p.updates)
		}
	}
}

func (l *live) add(user string) *livePage {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &livePage{user: user, updates: make(chan []byte, pageBacklog)}
	if l.closed {
		close(p.updates)
	} else {
		l.pages[p] = true
	}
	return p
}

func (l *live) remove(p *livePage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pages, p)
}

func (l *live) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for p := range l.pages {
		delete(l.pages, p)
		close(p.updates)
	}
}

// serveLive sends the whole state as one person sees it, then what changes.
func (s *Server) serveLive(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	u := s.state.user(r.URL.Query().Get("user"))
	if u == nil || u.IsBot {
		u = s.state.user("U1")
	}
	p := s.live.add(u.ID) // with the state's mutex held: no change falls between the two
	whole, err := json.Marshal(s.snapshot(u))
	s.mu.Unlock()
	defer s.live.remove(p)
	if err != nil {
		http.Error(w, "the state could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	fmt.Fprintf(w, "retry: 1000\ndata: %s\n\n", whole)
	flush.Flush()
	alive := time.NewTicker(15 * time.Second)
	defer alive.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-alive.C:
			fmt.Fprint(w, ": alive\n\n")
		case body, open := <-p.updates:
			if !open {
				return
			}
			fmt.Fprintf(w, "data: %s\n\n", body)
		}
		if flush.Flush() != nil {
			return
		}
	}
}

// snapshot is the state as one person sees it.
func (s *Server) snapshot(u *user) map[string]any {
	st := &s.state
	dm := st.directMessage(u).ID
	users, channels, messages := []any{}, []any{}, map[string][]*Message{}
	for _, m := range st.users {
		users = append(users, map[string]any{"id": m.ID, "name": m.Name, "real_name": m.RealName, "is_bot": m.IsBot})
	}
	for _, c := range st.channels {
		if c.IM != nil && c.IM != u {
			continue
		}
		channels = append(channels, c.json(st))
		messages[c.ID] = append([]*Message{}, c.messages...)
	}
	mine := []*Message{}
	for _, m := range st.ephemeral {
		if m.Recipient == u.ID {
			mine = append(mine, m)
		}
	}
	return map[string]any{
		"type": "state", "me": u.ID, "team": st.team,
		"bot":   map[string]any{"id": st.bot.ID, "bot_id": st.botID, "name": st.bot.Name, "real_name": st.bot.RealName},
		"users": users, "channels": channels, "messages": messages, "ephemeral": mine, "views": viewsOf(u),
		"commands": s.cfg.Commands, "shortcuts": s.cfg.Shortcuts, "dm": dm,
	}
}
