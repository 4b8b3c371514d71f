package workspace

import "slices"

// reacted is the message of a reactions call, and the emoji.
func (s *Server) reacted(c call) (*channel, *Message, string, error) {
	ch := s.state.channel(c.str("channel"))
	if ch == nil {
		return nil, nil, "", fail("channel_not_found")
	}
	m := ch.message(c.str("timestamp"))
	if m == nil {
		return nil, nil, "", fail("message_not_found")
	}
	return ch, m, c.str("name"), nil
}

func reactionsAdd(s *Server, c call) (reply, error) {
	ch, m, name, err := s.reacted(c)
	if err != nil {
		return nil, err
	}
	if name == "" || len(name) > 100 {
		return nil, fail("invalid_name")
	}
	if !m.react(name, s.state.bot.ID) {
		return nil, fail("already_reacted")
	}
	s.live.message(ch, m)
	return reply{}, nil
}

func reactionsRemove(s *Server, c call) (reply, error) {
	ch, m, name, err := s.reacted(c)
	if err != nil {
		return nil, err
	}
	if !m.unreact(name, s.state.bot.ID) {
		return nil, fail("no_reaction")
	}
	s.live.message(ch, m)
	return reply{}, nil
}

func reactionsGet(s *Server, c call) (reply, error) {
	ch, m, _, err := s.reacted(c)
	if err != nil {
		return nil, err
	}
	return reply{"type": "message", "channel": ch.ID, "message": m.public(false)}, nil
}

// react adds a reaction; false where the user has reacted so already.
func (m *Message) react(name, user string) bool {
	list := slices.Clone(m.Reactions)
	for i, r := range list {
		if r.Name != name {
			continue
		}
		if slices.Contains(r.Users, user) {
			return false
		}
		list[i].Users = append(slices.Clone(r.Users), user)
		list[i].Count++
		m.Reactions = list
		return true
	}
	m.Reactions = append(list, Reaction{Name: name, Users: []string{user}, Count: 1})
	return true
}

// unreact takes a reaction back; false where there is none.
func (m *Message) unreact(name, user string) bool {
	list := slices.Clone(m.Reactions)
	for i, r := range list {
		if r.Name != name || !slices.Contains(r.Users, user) {
			continue
		}
		list[i].Users = slices.DeleteFunc(slices.Clone(r.Users), func(u string) bool { return u == user })
		list[i].Count--
		if list[i].Count == 0 {
			list = slices.Delete(list, i, i+1)
		}
		m.Reactions = list
		return true
	}
	return false
}
