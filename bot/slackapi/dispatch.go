package slackapi

import (
	"context"
	"hash/maphash"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// handleTimeout bounds one delivery: Slack shows operation_timeout after 3 s.
const handleTimeout = 2500 * time.Millisecond

// lanes is how many events, and how many commands and presses, are handled side
// by side; laneDepth, how many wait in each. People don't wait behind events: an
// alert storm must not make a command late.
const (
	lanes     = 8
	laneDepth = 512
)

// dispatcher handles deliveries of one place in order and those of different
// places side by side. A panic in a handler is an error in the log.
type dispatcher struct {
	handler Handler
	log     *slog.Logger
	seed    maphash.Seed
	lanes   [2 * lanes]chan job // of events, then of what people do
}

type job struct {
	delivery delivery
	ack      func(payload any, err error)
}

func newDispatcher(h Handler, log *slog.Logger) *dispatcher {
	d := &dispatcher{handler: h, log: log, seed: maphash.MakeSeed()}
	for i := range d.lanes {
		d.lanes[i] = make(chan job, laneDepth)
	}
	return d
}

// run handles jobs until ctx ends.
func (d *dispatcher) run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, lane := range d.lanes {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case j := <-lane:
					j.ack(d.one(ctx, j.delivery))
				}
			}
		})
	}
	wg.Wait()
}

// submit queues a job; false if its lane is full.
func (d *dispatcher) submit(j job) bool {
	n := maphash.String(d.seed, j.delivery.place()) % lanes
	if j.delivery.event == nil {
		n += lanes
	}
	lane := d.lanes[n]
	select {
	case lane <- j:
		return true
	default:
		return false
	}
}

func (d *dispatcher) one(ctx context.Context, v delivery) (payload any, err error) {
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			d.log.Error("panic while handling what slack sent", "panic", r, "stack", string(debug.Stack()))
			payload, err = busy("That went wrong inside Plexor; its log says why.").payload(), nil
		}
	}()
	return handle(ctx, d.handler, v)
}

// busy is what a person gets when a command could not be taken.
func busy(text string) Reply { return Reply{Text: text} }
