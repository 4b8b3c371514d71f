package workspace

import (
	"strings"
	"time"
)

// user is a member of the workspace, a person or the app's bot user.
type user struct {
	ID       string
	Name     string
	RealName string
	Zone     string // IANA name
	IsBot    bool
	IsAdmin  bool
	home     *View   // the App Home that this person sees
	modals   []*View // the stack of open modals, the top one last
}

// user finds a user by id or name, with or without the @; nil where there is none.
func (st *state) user(ref string) *user {
	ref = strings.TrimPrefix(ref, "@")
	for _, u := range st.users {
		if u.ID == ref || u.Name == ref {
			return u
		}
	}
	return nil
}

// json is Slack's user object.
func (u *user) json(team string) map[string]any {
	offset := 0
	if loc, err := time.LoadLocation(u.Zone); err == nil {
		_, offset = time.Now().In(loc).Zone()
	}
	return map[string]any{
		"id": u.ID, "team_id": team, "name": u.Name, "real_name": u.RealName, "deleted": false, "color": "4bbe2e",
		"tz": u.Zone, "tz_label": u.Zone, "tz_offset": offset,
		"is_admin": u.IsAdmin, "is_owner": false, "is_bot": u.IsBot, "is_app_user": false, "updated": 1700000000,
		"profile": map[string]any{"real_name": u.RealName, "display_name": u.Name, "real_name_normalized": u.RealName,
			"email": u.Name + "@example.test", "team": team},
	}
}

func usersInfo(s *Server, c call) (reply, error) {
	u := s.state.user(c.str("user"))
	if u == nil {
		return nil, fail("user_not_found")
	}
	return reply{"user": u.json(s.state.team.ID)}, nil
}

func usersList(s *Server, _ call) (reply, error) {
	members := []any{}
	for _, u := range s.state.users {
		members = append(members, u.json(s.state.team.ID))
	}
	return reply{"members": members, "cache_ts": s.cfg.Now().Unix(), "response_metadata": reply{"next_cursor": ""}}, nil
}

func usersLookupByEmail(s *Server, c call) (reply, error) {
	name, _, _ := strings.Cut(c.str("email"), "@")
	u := s.state.user(name)
	if u == nil {
		return nil, fail("users_not_found")
	}
	return reply{"user": u.json(s.state.team.ID)}, nil
}
