package workspace

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// answerLocked encodes what read gives with the state's mutex held.
func (s *Server) answerLocked(w http.ResponseWriter, read func() (reply, error)) {
	s.mu.Lock()
	out, err := read()
	if err != nil {
		s.mu.Unlock()
		writeControl(w, nil, err)
		return
	}
	out["ok"] = true
	body, err := json.Marshal(out)
	s.mu.Unlock()
	if err != nil {
		writeControl(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(body)
}

func (s *Server) controlMessages(w http.ResponseWriter, r *http.Request) {
	s.answerLocked(w, func() (reply, error) {
		ch := s.state.channel(r.URL.Query().Get("channel"))
		if ch == nil {
			return nil, fmt.Errorf("no such channel: %q", r.URL.Query().Get("channel"))
		}
		return reply{"messages": append([]*Message{}, ch.messages...)}, nil
	})
}

func (s *Server) controlEphemeral(w http.ResponseWriter, r *http.Request) {
	s.answerLocked(w, func() (reply, error) {
		mine := []*Message{}
		for _, m := range s.state.ephemeral {
			if user := r.URL.Query().Get("user"); user == "" || m.Recipient == user {
				mine = append(mine, m)
			}
		}
		return reply{"messages": mine}, nil
	})
}

// controlViews gives what a person has open: view is the home tab, modals the modals, the top one last.
func (s *Server) controlViews(w http.ResponseWriter, r *http.Request) {
	s.answerLocked(w, func() (reply, error) {
		u := s.state.user(r.URL.Query().Get("user"))
		if u == nil {
			return nil, fmt.Errorf("no such user: %q", r.URL.Query().Get("user"))
		}
		return reply{"view": u.home, "modals": append([]*View{}, u.modals...)}, nil
	})
}

// controlStatus says how many Socket Mode connections there are.
func (s *Server) controlStatus(w http.ResponseWriter, _ *http.Request) {
	s.answerLocked(w, func() (reply, error) {
		return reply{"connections": s.sockets.count(), "http_mode": s.cfg.RequestURL != ""}, nil
	})
}
