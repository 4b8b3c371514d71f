package slackapi

import "context"

// UserZone is the IANA name of the time zone that a person chose in Slack
// (users.info, which wants the scope users:read); empty where they chose none.
func (c *Client) UserZone(ctx context.Context, user string) (string, error) {
	u, err := c.api.GetUserInfoContext(ctx, user)
	if err != nil {
		return "", wrap("users.info", err)
	}
	return u.TZ, nil
}
