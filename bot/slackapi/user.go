package slackapi

import (
	"cmp"
	"context"
)

// User is a person in the workspace.
type User struct {
	Name string // as others see it
	Zone string // IANA name of the time zone that they chose; empty where they chose none
}

// User tells of a person (users.info, which wants the scope users:read).
func (c *Client) User(ctx context.Context, id string) (User, error) {
	u, err := c.api.GetUserInfoContext(ctx, id)
	if err != nil {
		return User{}, wrap("users.info", err)
	}
	return User{Name: cmp.Or(u.Profile.DisplayName, u.RealName, u.Name), Zone: u.TZ}, nil
}
