package hub

import (
	"context"
	"time"

	"github.com/plexorbot/plexor/investigations/runner"
)

// raiseTimeout is how long the taking over of a raise may last.
const raiseTimeout = 30 * time.Second

// maxRaises is how many raises are taken over at once; the runners of the others
// ask again.
const maxRaises = 64

// onRaise hands what a runner has to tell to Config.OnRaise, and acknowledges it
// once that returned nil; before that the runner repeats it. One id is handed
// over once, but after a restart of the bot it may come again: who keeps it must
// know it by runner and id.
func (h *Hub) onRaise(name string, f runner.Frame) {
	if h.config.OnRaise == nil {
		return
	}
	key := name + " " + f.ID
	h.mu.Lock()
	known := h.taken.has(key)
	busy := h.raising[key] || len(h.raising) >= maxRaises
	if !known && !busy {
		h.raising[key] = true
	}
	h.mu.Unlock()
	switch {
	case known:
		h.send(name, runner.Frame{Kind: runner.KindTaken, ID: f.ID})
	case !busy:
		h.wg.Go(func() { h.takeOver(name, key, f) })
	}
}

func (h *Hub) takeOver(name, key string, f runner.Frame) {
	ctx, cancel := context.WithTimeout(h.ctx, raiseTimeout)
	defer cancel()
	err := h.config.OnRaise(ctx, name, f.ID, f.Raise)
	h.mu.Lock()
	delete(h.raising, key)
	if err == nil {
		h.taken.add(key)
	}
	h.mu.Unlock()
	if err != nil {
		h.log.Warn("what a runner raised was not taken over", "runner", name, "id", f.ID, "error", err)
		return
	}
	h.send(name, runner.Frame{Kind: runner.KindTaken, ID: f.ID})
}
