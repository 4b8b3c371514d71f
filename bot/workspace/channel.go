package workspace

import (
	"slices"
	"strings"
)

// channel is a conversation: a public channel or a direct message of one person with the bot.
type channel struct {
	ID       string
	Name     string
	Created  int64
	IM       *user // the person, in a direct message
	Archived bool
	members  map[string]bool
	messages []*Message // in order of ts
}

// channel finds a conversation by id or name, with or without the #; a user's id or @name means the direct message
// with them, which is opened. Nil where there is none.
func (st *state) channel(ref string) *channel {
	name := strings.TrimPrefix(ref, "#")
	for _, c := range st.channels {
		if c.ID == ref || (c.IM == nil && c.Name == name) {
			return c
		}
	}
	if u := st.user(ref); u != nil && !u.IsBot && (u.ID == ref || strings.HasPrefix(ref, "@")) {
		return st.directMessage(u)
	}
	return nil
}

func (st *state) directMessage(u *user) *channel {
	for _, c := range st.channels {
		if c.IM == u {
			return c
		}
	}
	c := &channel{ID: "D" + strings.TrimPrefix(u.ID, "U"), Name: u.Name, IM: u, members: map[string]bool{u.ID: true, st.bot.ID: true}}
	st.channels = append(st.channels, c)
	return c
}

// kind is the channel_type of an event.
func (c *channel) kind() string {
	if c.IM != nil {
		return "im"
	}
	return "channel"
}

// json is Slack's conversation object.
func (c *channel) json(st *state) map[string]any {
	v := map[string]any{
		"id": c.ID, "created": c.Created, "is_archived": c.Archived, "is_im": c.IM != nil, "is_channel": c.IM == nil,
		"is_group": false, "is_mpim": false, "is_private": false, "is_general": false, "is_shared": false,
		"is_member": c.members[st.bot.ID], "num_members": len(c.members), "context_team_id": st.team.ID,
	}
	if c.IM != nil {
		v["user"] = c.IM.ID
		return v
	}
	v["name"], v["name_normalized"], v["creator"] = c.Name, c.Name, "U1"
	v["topic"] = map[string]any{"value": "", "creator": "", "last_set": 0}
	v["purpose"] = map[string]any{"value": "", "creator": "", "last_set": 0}
	return v
}

func (c *channel) message(ts string) *Message {
	i, found := slices.BinarySearchFunc(c.messages, ts, func(m *Message, ts string) int { return strings.Compare(m.TS, ts) })
	if !found {
		return nil
	}
	return c.messages[i]
}

// thread is the parent and its replies, oldest first; ts may be that of any of them.
func (c *channel) thread(ts string) []*Message {
	m := c.message(ts)
	if m == nil {
		return nil
	}
	root := ts
	if m.ThreadTS != "" {
		root = m.ThreadTS
	}
	var all []*Message
	for _, m := range c.messages {
		if m.TS == root || m.ThreadTS == root {
			all = append(all, m)
		}
	}
	return all
}

// remove takes a message out; the parent's counters follow.
func (c *channel) remove(m *Message) {
	c.messages = slices.DeleteFunc(c.messages, func(o *Message) bool { return o == m })
	if m.ThreadTS != "" && m.ThreadTS != m.TS {
		c.count(m.ThreadTS)
	}
}

// count sets the parent's reply counters from the replies that stand.
func (c *channel) count(root string) *Message {
	parent := c.message(root)
	if parent == nil {
		return nil
	}
	parent.ReplyCount, parent.ReplyUsers, parent.LatestReply = 0, nil, ""
	for _, m := range c.messages {
		if m.ThreadTS != root || m.TS == root {
			continue
		}
		parent.ReplyCount++
		parent.LatestReply = m.TS
		if !slices.Contains(parent.ReplyUsers, m.author()) {
			parent.ReplyUsers = append(slices.Clone(parent.ReplyUsers), m.author())
		}
	}
	parent.ReplyUsersCount = len(parent.ReplyUsers)
	parent.ThreadTS = ""
	if parent.ReplyCount > 0 {
		parent.ThreadTS = root
	}
	return parent
}
