package bot

import (
	"context"
	"sync"
	"time"
)

// Answers to one person are said by workers of their own: while Slack is slow,
// what people type is still acknowledged in time.
const (
	laterWorkers = 4
	laterDepth   = 256
	laterTimeout = 20 * time.Second
)

// later has f done soon. Answers are not kept over a restart; if too many wait,
// the newest is dropped, and the log says so.
func (b *Bot) later(f func(context.Context)) {
	b.begin.Do(b.wire)
	select {
	case b.waiting <- f:
	default:
		b.Log.Warn("too many answers wait for slack; one was dropped")
	}
}

// answer works on what later was given until ctx ends.
func (b *Bot) answer(ctx context.Context) error {
	var wg sync.WaitGroup
	for range laterWorkers {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case f := <-b.waiting:
					b.one(ctx, f)
				}
			}
		})
	}
	wg.Wait()
	return nil
}

func (b *Bot) one(ctx context.Context, f func(context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, laterTimeout)
	defer cancel()
	f(ctx)
}
