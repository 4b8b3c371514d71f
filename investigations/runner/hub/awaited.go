package hub

import "time"

// comeBack is how long after the bot's start the runners get to come back that
// were here when it stopped: longer than a runner pauses between two attempts.
const comeBack = 10 * time.Second

// awaited reports whether a runner that has not said hello since the bot started
// is still expected to: it was here when the bot stopped, or is the bot's own. One
// that was lost before that is not waited for; h.mu is held.
func (h *Hub) awaited(r *record, now time.Time) bool {
	here := r.memory || r.Hello != nil && r.Lost.IsZero()
	return here && now.Sub(h.began) < comeBack
}

// stayedAway notes the runners that had their time and did not come back: the
// next start does not wait for them; h.mu is held.
func (h *Hub) stayedAway(now time.Time) {
	if now.Sub(h.began) < comeBack {
		return
	}
	for name, r := range h.records {
		if p := h.here[name]; r.Hello != nil && r.Lost.IsZero() && (p == nil || p.process == "") {
			h.keepLost(name)
		}
	}
}

// keepLost notes that a runner is gone, unless it is the hub that goes; h.mu is
// held.
func (h *Hub) keepLost(name string) {
	r := h.records[name]
	if h.ctx.Err() != nil || r == nil || r.Hello == nil || !r.Lost.IsZero() {
		return
	}
	next := *r
	next.Lost = h.config.Now()
	if err := h.put(&next); err != nil {
		h.log.Error("that a runner is lost was not kept", "runner", name, "error", err)
	}
	h.records[name] = &next
}
