package hub

import (
	"time"
)

// Event says what an audit entry is about.
type Event string

// The events that are audited.
const (
	TokenMade       Event = "token-made"
	Joined          Event = "joined"
	JoinRefused     Event = "join-refused" // a secret that is used, expired or unknown
	KeyRefused      Event = "key-refused"  // a key that is nobody's, or a bad signature
	Revoked         Event = "revoked"
	AddressConflict Event = "address-conflict"
	TwoConnections  Event = "two-connections" // one key from two places; the newer one stays
	BadFrame        Event = "bad-frame"       // rubbish
	TooMuch         Event = "too-much"        // too large or too often
	NotAsked        Event = "not-asked"       // facts for a check it was not asked for
	Forbidden       Event = "forbidden"       // a subject that is not its own
	OtherVersion    Event = "other-version"
	CutOff          Event = "cut-off" // it went on sending what it should not
)

// Entry is one line of the audit.
type Entry struct {
	Time   time.Time
	Runner string // empty where nobody knows
	Event  Event
	Detail string
	Count  int64 // how many of this event by this runner there were, ever, since the bot started
}

// auditEvery is how often one event of one runner gets a line of its own: a
// runner that sends rubbish must not fill the audit.
const auditEvery = time.Minute

type auditKey struct {
	runner string
	event  Event
}

type auditCount struct {
	n    int64
	told time.Time
}

// audit counts an event, and tells it.
func (h *Hub) audit(name string, event Event, detail string) {
	now := h.config.Now()
	k := auditKey{name, event}
	h.auditMu.Lock()
	c := h.counts[k]
	if c == nil {
		c = &auditCount{}
		h.counts[k] = c
	}
	c.n++
	n := c.n
	tell := c.told.IsZero() || now.Sub(c.told) >= auditEvery || !repeats[event]
	if tell {
		c.told = now
	}
	h.auditMu.Unlock()
	if !tell {
		return
	}
	h.log.Info("audit", "event", event, "runner", name, "detail", detail, "count", n)
	if h.config.Audit != nil {
		h.config.Audit(Entry{Time: now, Runner: name, Event: event, Detail: detail, Count: n})
	}
}

// repeats are the events that a stranger or a runner can cause at will.
var repeats = map[Event]bool{
	JoinRefused: true, KeyRefused: true, AddressConflict: true, TwoConnections: true,
	BadFrame: true, TooMuch: true, NotAsked: true, Forbidden: true, OtherVersion: true,
}

// Count returns how many of an event by a runner there were since the bot
// started.
func (h *Hub) Count(name string, event Event) int64 {
	h.auditMu.Lock()
	defer h.auditMu.Unlock()
	if c := h.counts[auditKey{name, event}]; c != nil {
		return c.n
	}
	return 0
}
