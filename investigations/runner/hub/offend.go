package hub

import (
	"fmt"
	"time"
)

// allowance is how much may come: a second, and at once.
type allowance struct{ rate, burst float64 }

// budget is a token bucket.
type budget struct {
	left float64
	at   time.Time
}

func (b *budget) take(now time.Time, a allowance, n float64) bool {
	if b.at.IsZero() {
		b.left = a.burst
	} else {
		b.left = min(a.burst, b.left+now.Sub(b.at).Seconds()*a.rate)
	}
	b.at = now
	if b.left < n {
		return false
	}
	b.left -= n
	return true
}

// patience is how much a runner may send that it should not: a message counts
// one, and one more for every weight bytes. It is more than all answers that may
// come late after the bot was restarted.
var patience = allowance{rate: 10, burst: 4000}

const weight = 4 << 10

// barTime is how long a runner that was cut off stays out.
const barTime = time.Minute

// offend audits what a runner should not have sent, of so many bytes. One that
// goes on is cut off and stays out for a while: the messages of all runners wait
// in the same queues, and those of the others would be lost.
func (h *Hub) offend(name string, event Event, detail string, size int) {
	h.audit(name, event, detail)
	h.mu.Lock()
	r, now := h.records[name], h.config.Now()
	if r == nil || r.memory {
		h.mu.Unlock()
		return
	}
	p := h.presence(name)
	if now.Before(p.barred) || p.patience.take(now, patience, 1+float64(size/weight)) {
		h.mu.Unlock()
		return
	}
	p.barred, p.patience = now.Add(barTime), budget{}
	ids := p.connected(0)
	h.mu.Unlock()
	h.audit(name, CutOff, fmt.Sprintf("for %s: it goes on sending what nobody asked for", barTime))
	h.wg.Go(func() { h.disconnect(ids) })
}
