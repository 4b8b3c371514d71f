package bot

import (
	"context"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/store"
)

// pace is how long the outbox waits where Slack does not do what it is asked.
//
// chat.postMessage has no idempotency key, so a message whose answer never came
// is a doubt: it is looked for, and said again only when it had the time to land.
// If the first one lands later still, it is taken away again.
type pace struct {
	landing time.Duration // after no answer came, or a crash
	twice   time.Duration // after it was said again, until a second copy is looked for
	refused time.Duration // until a channel that takes nothing is tried again
	slow    time.Duration // that a subject's messages may take before Slack counts as slow
}

var usualPace = pace{landing: 4 * time.Second, twice: 20 * time.Second, refused: 10 * time.Second, slow: 5 * time.Second}

// lookFor asks Slack whether it has a message that was begun, and keeps what it
// finds in posts. It returns how long to wait before it may be said again.
func (o *Outbox) lookFor(ctx context.Context, subject string, m Message, posts map[string]store.Post, thread string) (time.Duration, error) {
	p := posts[m.Key]
	found, err := o.Slack.Find(ctx, slackapi.Sought{Channel: p.Channel, Thread: thread, Key: metadataKey(subject, m.Key), Around: p.At})
	if kind := slackapi.KindOf(err); err != nil && kind != slackapi.Gone && kind != slackapi.Channel {
		return 0, err
	}
	if len(found) > 0 {
		p.Channel, p.TS, p.State, p.Hash, p.Error = found[0].Channel, found[0].TS, store.PostDone, "", "" // what it says is not known: an update follows
		posts[m.Key] = p
		return 0, o.Store.PutPost(subject, p)
	}
	if p.Error == "" { // nobody said that it failed
		if wait := p.At.Add(o.pace.landing).Sub(o.Now()); wait > 0 {
			return wait, nil
		}
		p.Check = p.At
	}
	posts[m.Key] = p
	return 0, nil
}

// single looks, once, whether a message that was said again stands there twice,
// and takes the other away. It returns how long it is until then.
func (o *Outbox) single(ctx context.Context, subject string, p store.Post, thread string) (time.Duration, error) {
	if p.Check.IsZero() || p.State != store.PostDone {
		return 0, nil
	}
	if wait := p.Check.Sub(o.Now()); wait > 0 {
		return wait, nil
	}
	found, err := o.Slack.Find(ctx, slackapi.Sought{Channel: p.Channel, Thread: thread, Key: metadataKey(subject, p.Key), Around: p.Check})
	if err != nil && slackapi.KindOf(err) != slackapi.Gone {
		return 0, err
	}
	for _, at := range found {
		if at.TS == p.TS {
			continue
		}
		if err := o.Slack.Delete(ctx, at); err != nil && slackapi.KindOf(err) != slackapi.Gone {
			return 0, err
		}
		o.Log.Info("slack carried out late what was said again meanwhile; the second copy is gone", "subject", subject, "message", p.Key)
	}
	p.Check = time.Time{}
	return 0, o.Store.PutPost(subject, p)
}
