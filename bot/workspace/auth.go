package workspace

import (
	"bytes"
	"io"
	"mime/multipart"
)

func apiTest(_ *Server, c call) (reply, error) {
	if c.str("error") != "" {
		return nil, fail(c.str("error"))
	}
	return reply{"args": c.args}, nil
}

func authTest(s *Server, c call) (reply, error) {
	st := &s.state
	return reply{"url": c.base + "/", "team": st.team.Name, "team_id": st.team.ID, "user": st.bot.Name, "user_id": st.bot.ID,
		"bot_id": st.botID, "app_id": st.appID, "app_name": st.bot.RealName, "is_enterprise_install": false}, nil
}

func botsInfo(s *Server, c call) (reply, error) {
	st := &s.state
	if bot := c.str("bot"); bot != "" && bot != st.botID {
		return nil, fail("bot_not_found")
	}
	return reply{"bot": reply{"id": st.botID, "app_id": st.appID, "user_id": st.bot.ID, "name": st.bot.RealName, "deleted": false}}, nil
}

func teamInfo(s *Server, c call) (reply, error) {
	t := s.state.team
	return reply{"team": reply{"id": t.ID, "name": t.Name, "domain": t.Domain, "url": c.base + "/"}}, nil
}

// maxField bounds one field of a multipart form.
const maxField = 256 << 10

// addMultipart reads a multipart form, which Slack's own SDK sends when an argument is binary.
func (c *call) addMultipart(body []byte, boundary string) error {
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fail("invalid_form_data")
		}
		value, err := io.ReadAll(io.LimitReader(part, maxField))
		if err != nil {
			return fail("invalid_form_data")
		}
		c.args[part.FormName()] = string(value)
	}
}
