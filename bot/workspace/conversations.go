package workspace

import (
	"slices"
	"sort"
)

func conversationsList(s *Server, c call) (reply, error) {
	all := []any{}
	for _, ch := range s.state.channels {
		if ch.IM == nil && !(ch.Archived && c.bool("exclude_archived")) {
			all = append(all, ch.json(&s.state))
		}
	}
	return reply{"channels": all, "response_metadata": reply{"next_cursor": ""}}, nil
}

func conversationsInfo(s *Server, c call) (reply, error) {
	ch := s.state.channel(c.str("channel"))
	if ch == nil {
		return nil, fail("channel_not_found")
	}
	return reply{"channel": ch.json(&s.state)}, nil
}

func conversationsMembers(s *Server, c call) (reply, error) {
	ch := s.state.channel(c.str("channel"))
	if ch == nil {
		return nil, fail("channel_not_found")
	}
	ids := []string{}
	for id := range ch.members {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return reply{"members": ids, "response_metadata": reply{"next_cursor": ""}}, nil
}

func conversationsJoin(s *Server, c call) (reply, error) {
	ch := s.state.channel(c.str("channel"))
	switch {
	case ch == nil:
		return nil, fail("channel_not_found")
	case ch.IM != nil:
		return nil, fail("method_not_supported_for_channel_type")
	case ch.Archived:
		return nil, fail("is_archived")
	}
	ch.members[s.state.bot.ID] = true
	return reply{"channel": ch.json(&s.state)}, nil
}

func conversationsLeave(s *Server, c call) (reply, error) {
	ch := s.state.channel(c.str("channel"))
	if ch == nil {
		return nil, fail("channel_not_found")
	}
	delete(ch.members, s.state.bot.ID)
	return reply{}, nil
}

func conversationsOpen(s *Server, c call) (reply, error) {
	u := s.state.user(c.str("users"))
	if u == nil || u.IsBot {
		return nil, fail("user_not_found")
	}
	ch := s.state.directMessage(u)
	return reply{"channel": reply{"id": ch.ID, "is_im": true, "user": u.ID}}, nil
}

// readable is the channel of a call, where the bot may read.
func (s *Server) readable(c call) (*channel, error) {
	ch := s.state.channel(c.str("channel"))
	switch {
	case ch == nil:
		return nil, fail("channel_not_found")
	case !ch.members[s.state.bot.ID]:
		return nil, fail("not_in_channel")
	}
	return ch, nil
}

// conversationsHistory gives the top-level messages, newest first.
func conversationsHistory(s *Server, c call) (reply, error) {
	ch, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	var top []*Message
	for _, m := range ch.messages {
		if m.ThreadTS == "" || m.ThreadTS == m.TS || m.Subtype == "thread_broadcast" {
			top = append(top, m)
		}
	}
	slices.Reverse(top)
	out := page(top, c, func(m *Message, cursor string) bool { return m.TS <= cursor })
	out["pin_count"] = 0
	return out, nil
}

// conversationsReplies gives a thread, the parent first, then the replies, oldest first.
func conversationsReplies(s *Server, c call) (reply, error) {
	ch, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	thread := ch.thread(c.str("ts"))
	if len(thread) == 0 {
		return nil, fail("thread_not_found")
	}
	return page(thread, c, func(m *Message, cursor string) bool { return m.TS >= cursor }), nil
}

// page cuts the window that oldest, latest, inclusive, limit and cursor name. from says whether a message stands at
// or after the cursor, which is the ts of the first message of the next page.
func page(all []*Message, c call, from func(*Message, string) bool) reply {
	limit := c.num("limit", 100, 999)
	oldest, latest, inclusive := c.str("oldest"), c.str("latest"), c.bool("inclusive")
	out, next := []Message{}, ""
	for _, m := range all {
		if !within(m.TS, oldest, latest, inclusive) || (c.str("cursor") != "" && !from(m, c.str("cursor"))) {
			continue
		}
		if len(out) == limit {
			next = m.TS
			break
		}
		out = append(out, m.public(c.bool("include_all_metadata")))
	}
	return reply{"messages": out, "has_more": next != "", "response_metadata": reply{"next_cursor": next}}
}

func within(ts, oldest, latest string, inclusive bool) bool {
	if inclusive && (ts == oldest || ts == latest) {
		return true
	}
	return (oldest == "" || oldest == "0" || ts > oldest) && (latest == "" || ts < latest)
}
