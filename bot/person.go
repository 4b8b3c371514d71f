package bot

import (
	"context"
	"sync"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/bot/slackapi"
)

// people are who speaks to the bot, as Slack knows them.
type people struct {
	mu   sync.Mutex
	seen map[string]acquaintance
}

type acquaintance struct {
	slackapi.User
	until time.Time
}

const (
	personFor     = time.Hour   // what is known is taken to hold: people travel
	personAgain   = time.Minute // and what is not known
	personTimeout = 800 * time.Millisecond
	maxPeople     = 10_000
)

// zoneOf is the time zone of a person: their own in Slack, or the
// configuration's where that can't be had at once. Whoever uses it names it.
func (b *Bot) zoneOf(ctx context.Context, user string) string {
	fallback := "UTC"
	if b.Schedules != nil {
		fallback = orElse(b.Schedules.Zone, fallback)
	}
	zone := b.personOf(ctx, user).Zone
	if !schedules.IsZone(zone) {
		return fallback
	}
	return zone
}

// nameOf is what a person is called, or their id where that can't be had at once.
func (b *Bot) nameOf(ctx context.Context, user string) string {
	return orElse(clip(b.personOf(ctx, user).Name, 80), user)
}

func (b *Bot) personOf(ctx context.Context, user string) slackapi.User {
	if b.Slack == nil || user == "" {
		return slackapi.User{}
	}
	b.people.mu.Lock()
	was, ok := b.people.seen[user]
	b.people.mu.Unlock()
	if ok && time.Now().Before(was.until) {
		return was.User
	}
	ctx, cancel := context.WithTimeout(ctx, personTimeout)
	defer cancel()
	u, err := b.Slack.User(ctx, user)
	now := acquaintance{u, time.Now().Add(personFor)}
	if err != nil {
		b.Log.Info("a person's name and time zone are not known", "user", user, "error", err)
		now = acquaintance{was.User, time.Now().Add(personAgain)}
	}
	b.people.keep(user, now)
	return now.User
}

func (p *people) keep(user string, now acquaintance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen == nil || len(p.seen) >= maxPeople {
		p.seen = map[string]acquaintance{}
	}
	p.seen[user] = now
}
