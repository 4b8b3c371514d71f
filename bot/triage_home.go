package bot

import (
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// home finds the trouble that a new alert belongs to, or begins one; held if
// the alert is muted.
func (b *board) home(a arrival, held bool, now time.Time) *store.Trouble {
	hosts := []string{untargetedHost(a.alert)}
	if len(a.places) > 0 {
		hosts = hosts[:0]
		for _, p := range a.places {
			hosts = append(hosts, p.host)
		}
	}
	begun := &store.Trouble{
		ID: investigations.NewID(now), Channel: a.route.Channel, Thread: a.thread, Held: held, Begun: now, Last: now,
	}
	if t := b.knows(begun, a, now); t != nil {
		return t
	}
	for _, h := range hosts {
		if t := b.trouble(b.groups[groupOf(begun, h)]); b.joinable(t, now) {
			return t
		}
	}
	if t := b.storm(a.route.Channel, now); t != nil && !held {
		return t
	}
	if t := b.echoed(a, now); t != nil && !held {
		return t
	}
	b.troubles[begun.ID] = begun
	if !held {
		b.stats.Threads++
	}
	return begun
}

// groupOf is where a trouble is found by a host. What is held stays apart: an
// alert of the host that is not muted is to be seen.
func groupOf(t *store.Trouble, host string) string {
	if t.Held {
		host = "\x02" + host
	}
	return groupKey(t.Channel, t.Thread, host)
}

// groupKey says what belongs together: what one host has, in one place of Slack.
func groupKey(channel, thread, host string) string { return channel + "\x00" + thread + "\x00" + host }

// untargetedHost groups alerts without a target by what they are about.
func untargetedHost(a alerts.Alert) string {
	if len(a.Lookup) > 0 {
		return "\x01" + strings.Join(a.Lookup, " ")
	}
	return "\x01" + a.Source + " " + a.Title
}
