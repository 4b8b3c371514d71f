package follow

import (
	"bytes"
	"sync"
	"time"
)

const (
	// window is the time within which what is the same is raised once.
	window = time.Second
	// maxKeys is how many failures are told apart at once.
	maxKeys = 1024
	// again is the pause after a raise that failed.
	again = 5 * time.Second
)

// entry is one failure, and how often it was seen since it was last raised.
type entry struct {
	feed    *feed
	line    []byte    // the first of those counted
	at      time.Time // when that was read
	count   int
	sampled bool
	due     time.Time // not raised before
	flying  bool      // it is being raised
	fresh   bool      // it was never raised
	from    place     // where its log must be read again for it while it is fresh
	known   bool      // from is
}

// tally counts failures until they are raised. A new one is due at once, what
// repeats it a second later.
type tally struct {
	mu      sync.Mutex
	entries map[string]*entry
	lost    int           // failures beyond maxKeys
	wake    chan struct{} // something is due at once, or a place may be kept; holds one
}

func newTally() *tally {
	return &tally{entries: map[string]*entry{}, wake: make(chan struct{}, 1)}
}

// add counts one line.
func (t *tally) add(key string, f *feed, line []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entries[key]
	if e == nil {
		if len(t.entries) == maxKeys {
			t.lost++
			return
		}
		e = &entry{feed: f, due: f.now, fresh: true}
		e.from, e.known = f.kept()
		t.entries[key] = e
		t.rouse()
	}
	if e.count == 0 {
		e.line, e.at, e.sampled = bytes.Clone(line[:min(len(line), maxLine)]), f.now, false
	}
	e.count++
	e.sampled = e.sampled || f.sieve.sampling()
}

func (t *tally) rouse() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// next takes the failure that has been due for longest, and forgets those that
// are over. Without one it says when to ask again, at the latest.
func (t *tally) next(now time.Time) (key string, r Raised, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var first *entry
	wait = time.Minute
	for k, e := range t.entries {
		left := e.due.Sub(now)
		switch {
		case e.flying:
		case left > 0:
			wait = min(wait, left)
		case e.count == 0:
			delete(t.entries, k)
		case first == nil || e.at.Before(first.at):
			key, first = k, e
		}
	}
	if first == nil {
		return "", Raised{}, wait
	}
	first.flying, first.due = true, now.Add(window)
	r = Raised{
		Program: first.feed.source.Program, Line: text(first.line), At: first.at.UTC(),
		Count: first.count, Sampled: first.sampled,
	}
	first.count = 0
	return key, r, 0
}

// done says what came of a raise.
func (t *tally) done(key string, r Raised, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entries[key]
	e.flying = false
	if err == nil {
		e.fresh = false
	} else {
		e.line, e.at, e.sampled = []byte(r.Line), r.At, e.sampled || r.Sampled
		e.count += r.Count
		e.due = time.Now().Add(again)
	}
	t.rouse()
}

// place is from where a log must be read again after a restart: from where it was
// read up to, or from before the first failure that was never raised. Repetitions
// of what was do not count.
func (t *tally) place(f *feed) (p place, known bool) {
	p, known = f.kept() // before the lock: what comes later is not in it
	t.mu.Lock()
	defer t.mu.Unlock()
	var first *entry
	for _, e := range t.entries {
		if e.feed == f && e.fresh && (first == nil || e.at.Before(first.at)) {
			first = e
		}
	}
	if first != nil {
		return first.from, first.known
	}
	return p, known
}

// forgotten returns how many failures were not counted since it was last asked.
func (t *tally) forgotten() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.lost
	t.lost = 0
	return n
}
