package bot

import (
	"strings"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// threadLink is the web address of an investigation's thread; empty while
// nothing of it stands in Slack.
func (b *Bot) threadLink(id string) string {
	if b.outbox == nil {
		return ""
	}
	others, _ := b.Store.Followers(id) // the thread of an alert, which begins with it
	for _, subject := range append([]string{store.Subject(id)}, others...) {
		posts, err := b.Store.Posts(subject)
		if err != nil {
			return ""
		}
		if address := b.outbox.webAddress(posts[keyParent]); address != "" {
			return address
		}
	}
	return ""
}

// webAddress is where a browser finds a message, as chat.getPermalink would
// say: that is a call a message, which a list can't afford.
func (o *Outbox) webAddress(p store.Post) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.url == "" || p.State != store.PostDone || p.TS == "" {
		return ""
	}
	address := strings.TrimSuffix(o.url, "/") + "/archives/" + p.Channel + "/p" + strings.ReplaceAll(p.TS, ".", "")
	if p.Thread != "" {
		address += "?thread_ts=" + p.Thread + "&cid=" + p.Channel
	}
	return address
}

// linked is an investigation's target, as a link to its thread where there is
// one, and its id where there is none.
func (b *Bot) linked(inv investigations.Investigation) []block {
	if address := b.threadLink(inv.ID); address != "" {
		return []block{{"type": "link", "url": address, "text": clip(inv.Target, maxWord)}}
	}
	return []block{strong(inv.Target), word(" "), code(inv.ID)}
}
