package bot

import (
	"context"
	"sync"
	"time"
)

// askersAtOnce bounds the questions to AWS that are under way.
const askersAtOnce = 4

// askers begin to ask AWS what the board wants to know. The function returned
// waits until they have ended, which they do with ctx.
func (i *Intake) askers(ctx context.Context) (wait func()) {
	var wg sync.WaitGroup
	if i.cfg.Lookup == nil {
		return wg.Wait
	}
	for range askersAtOnce {
		wg.Go(func() {
			for {
				select {
				case q := <-i.asks:
					i.lookUp(ctx, q)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	return wg.Wait
}

// handAsks gives the askers what waits, as far as they are free. Those that
// are not taken are offered again with the next step.
func (i *Intake) handAsks() {
	b := i.board
	for len(b.asks) > 0 {
		select {
		case i.asks <- b.asks[0]:
			b.asks = b.asks[1:]
		default:
			return
		}
	}
}

// lookUp asks one question and tells the board.
func (i *Intake) lookUp(ctx context.Context, q ask) {
	targets, about, err := i.cfg.Lookup(ctx, q.arns)
	if ctx.Err() != nil {
		return // it is asked again after the restart
	}
	if err != nil {
		i.log.Warn("ask AWS for the targets of an alert", "arns", q.arns, "error", err)
		about = "AWS did not say which targets are meant: " + err.Error()
	}
	var places []place
	for _, text := range targets[:min(len(targets), maxEntries)] {
		places = append(places, i.place(text))
	}
	answer := work{do: func(b *board, now time.Time) { b.answered(q, places, about, now) }}
	select {
	case i.work <- answer:
	case <-ctx.Done():
	}
}
