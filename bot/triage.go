package bot

import (
	"cmp"
	"slices"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// TriageLimits say when alerts belong together and how much is looked into.
// Zero fields take the values that stand behind them.
type TriageLimits struct {
	Cooldown     time.Duration // 15 min: what comes within it joins the trouble before
	StormTargets int           // 8: more new targets than that …
	StormWithin  time.Duration // 60 s: … within this time are one storm
	AtOnce       int           // 6: investigations for alerts that run at once
	Kept         int           // 50,000: fingerprints; those that came longest ago go first
}

func (l TriageLimits) filled() TriageLimits {
	l.Cooldown = cmp.Or(l.Cooldown, 15*time.Minute)
	l.StormTargets = cmp.Or(l.StormTargets, 8)
	l.StormWithin = cmp.Or(l.StormWithin, time.Minute)
	l.AtOnce = cmp.Or(l.AtOnce, 6)
	l.Kept = cmp.Or(l.Kept, 50_000)
	return l
}

const (
	// settle is how long a new thread is held back: alerts of one cause come
	// together, and a storm that began meanwhile takes it up unseen.
	settle = 120 * time.Millisecond
	// recheckGap is the least time between two checks of one target.
	recheckGap = 30 * time.Second
	// maxEntries bounds the targets of one trouble; more are counted.
	maxEntries = 100
	// countEvery is how often a thread says how often its alert came.
	countEvery = 5 * time.Second
	// flushEvery is how often counts are kept.
	flushEvery = 250 * time.Millisecond
)

// board is the state of the triage and all that it decides. It has no effects:
// what a step changed is taken with changes, kept, and then done. It is for one
// goroutine.
type board struct {
	limits  TriageLimits
	windows []Window

	notes    map[uint64]*memo // by fingerprint
	nextSeq  uint64
	troubles map[string]*store.Trouble // those that may still change
	groups   map[string]string         // who belongs together -> trouble
	storms   map[string]stormMark      // by channel
	recent   []arrivalMark             // new targets, for the storm
	mutes    []store.Mute
	running  map[string][]entryRef // investigation -> who waits for it
	unsaid   map[string]time.Time  // troubles whose count changed since it was said -> when to say it
	lookup   bool                  // AWS can be asked
	asks     []ask                 // that wait for it
	begin    func(t *store.Trouble, e *store.Entry, now time.Time) (investigations.Investigation, error)

	change  store.AlertChange
	touched map[string]bool // troubles
	counted map[string]bool // troubles of which only counts changed
	flushed time.Time       // when those were kept last
	looked  time.Time       // when what only time decides was looked at last
	dirty   map[string]bool // subjects
	stats   triageStats
}

// memo is what the board remembers of a fingerprint; the rest is in the store.
type memo struct {
	seq         uint64
	count       int64
	first, last int64 // Unix nanoseconds
	trouble     string
	keys        []uint64 // of the last deliveries
	targets     []uint64 // what it named; a resolution may name nothing
	firing, log bool     // log: no sender says that it is over
}

type entryRef struct {
	trouble string
	index   int
}

type arrivalMark struct {
	at      time.Time
	channel string
	trouble string
}

// triageStats are counters for the metrics.
type triageStats struct {
	Firing, Resolved, Repeated, Muted, Untargeted, Refused, Storms, Threads, Started, Evicted uint64
}

func newBoard(l TriageLimits) *board {
	return &board{
		limits: l.filled(), notes: map[uint64]*memo{}, nextSeq: 1, troubles: map[string]*store.Trouble{},
		groups: map[string]string{}, storms: map[string]stormMark{}, running: map[string][]entryRef{},
		unsaid: map[string]time.Time{}, touched: map[string]bool{}, counted: map[string]bool{}, dirty: map[string]bool{},
	}
}

// changes returns what changed since it was called last, to be kept.
func (b *board) changes() store.AlertChange {
	c := b.change
	for id := range b.touched {
		if t := b.troubles[id]; t != nil {
			c.Troubles = append(c.Troubles, *t)
		}
	}
	for subject := range b.dirty {
		c.Dirty = append(c.Dirty, subject)
	}
	slices.Sort(c.Dirty)
	b.change = store.AlertChange{}
	clear(b.touched)
	clear(b.dirty)
	return c
}

// touch has a trouble kept, and its thread brought up to date.
func (b *board) touch(t *store.Trouble) {
	b.touched[t.ID] = true
	if t.Posted {
		b.dirty[store.AlertSubject(t.ID)] = true
		delete(b.unsaid, t.ID)
	}
}

// count keeps and says a little later what only counts: load can tell most of
// it from the alerts themselves.
func (b *board) count(t *store.Trouble, now time.Time) {
	b.counted[t.ID] = true
	if _, waits := b.unsaid[t.ID]; !waits {
		b.unsaid[t.ID] = now.Add(countEvery)
	}
}

// trouble returns the trouble of an id, or the storm that it went up in.
func (b *board) trouble(id string) *store.Trouble {
	t := b.troubles[id]
	for t != nil && t.Into != "" {
		t = b.troubles[t.Into]
	}
	return t
}

// joinable reports whether what comes now still belongs to t.
func (b *board) joinable(t *store.Trouble, now time.Time) bool {
	return t != nil && (busy(t) || t.Held && t.Firing > 0 || now.Sub(t.Last) < b.limits.Cooldown)
}

// busy reports whether anything of t waits or runs.
func busy(t *store.Trouble) bool {
	return slices.ContainsFunc(t.Entries, func(e store.Entry) bool {
		return e.State == store.EntryWaiting || e.State == store.EntryRunning || e.State == store.EntryAsking || e.Due
	})
}

// close notes that nothing of a trouble fires any more and nothing is to be
// checked, or that this is no longer so.
func (b *board) close(t *store.Trouble) {
	closed := t.Firing <= 0 && !busy(t)
	if t.Closed != closed {
		t.Closed = closed
		b.touch(t)
	}
}
