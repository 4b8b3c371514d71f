package bot

import "slices"

// Access says who may use the bot. An empty list lets everybody.
type Access struct {
	Users    []string // Slack's ids
	Channels []string // Slack's ids or names
}

// Refusal is why somebody may not; it is shown to them alone.
type Refusal struct {
	Reason string
	Target bool // it is about the target: another may be allowed
}

func (r *Refusal) Error() string { return r.Reason }

// Allow returns a *Refusal if this user may not use the bot in this channel, or
// at all where the channel is empty.
func (a Access) Allow(user, channel, channelName string) error {
	if len(a.Users) > 0 && !slices.Contains(a.Users, user) {
		return &Refusal{Reason: "You are not among those who may use Plexor here. Its configuration (access.users) says who is."}
	}
	if channel != "" && len(a.Channels) > 0 && !slices.Contains(a.Channels, channel) && !slices.Contains(a.Channels, channelName) && !slices.Contains(a.Channels, "#"+channelName) {
		return &Refusal{Reason: "Plexor is not to be used in this channel. Its configuration (access.channels) says where it is."}
	}
	return nil
}
