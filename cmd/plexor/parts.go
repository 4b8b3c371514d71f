package main

import (
	"context"
	"errors"
	"sync"
)

// parts run side by side: when one fails, or the context ends, all end.
type parts struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
}

func newParts(ctx context.Context) *parts {
	p := new(parts)
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	return p
}

// run starts one part. A part that returns without an error has ended by
// itself and takes nobody with it.
func (p *parts) run(f func(context.Context) error) {
	p.wg.Go(func() {
		if err := f(p.ctx); err != nil {
			p.cancel(err)
		}
	})
}

// wait returns when all parts have ended, with the error of the first that
// failed.
func (p *parts) wait() error {
	<-p.ctx.Done()
	p.wg.Wait()
	if err := context.Cause(p.ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
