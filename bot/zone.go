package bot

import (
	"context"
	"sync"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
)

// userZones are the time zones of people, as Slack knows them.
type userZones struct {
	mu   sync.Mutex
	seen map[string]userZone
}

type userZone struct {
	zone  string
	until time.Time
}

const (
	zoneFor     = time.Hour   // a zone is taken to hold: people travel
	zoneAgain   = time.Minute // and no zone
	zoneTimeout = 800 * time.Millisecond
	maxZones    = 10_000
)

// zoneOf is the time zone of a person: their own in Slack, or the
// configuration's where that can't be had at once. Whoever uses it names it.
func (b *Bot) zoneOf(ctx context.Context, user string) string {
	fallback := "UTC"
	if b.Schedules != nil {
		fallback = orElse(b.Schedules.Zone, fallback)
	}
	if b.Slack == nil || user == "" {
		return fallback
	}
	b.zones.mu.Lock()
	was, ok := b.zones.seen[user]
	b.zones.mu.Unlock()
	if ok && time.Now().Before(was.until) {
		return orElse(was.zone, fallback)
	}
	ctx, cancel := context.WithTimeout(ctx, zoneTimeout)
	defer cancel()
	zone, err := b.Slack.UserZone(ctx, user)
	now := userZone{zone: zone, until: time.Now().Add(zoneFor)}
	if err != nil || !schedules.IsZone(zone) {
		b.Log.Info("a person's time zone is not known", "user", user, "zone", clip(zone, 60), "error", err)
		now = userZone{zone: was.zone, until: time.Now().Add(zoneAgain)}
	}
	b.zones.keep(user, now)
	return orElse(now.zone, fallback)
}

func (z *userZones) keep(user string, now userZone) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.seen == nil || len(z.seen) >= maxZones {
		z.seen = map[string]userZone{}
	}
	z.seen[user] = now
}
