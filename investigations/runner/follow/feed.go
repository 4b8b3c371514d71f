package follow

import (
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"
)

// feed is what all kinds of sources do with what they read. But for its place
// it is for one goroutine.
type feed struct {
	source    Source
	recognise func(program string, line []byte) (key string, ok bool)
	tally     *tally
	log       *slog.Logger
	moved     chan<- struct{} // hears, if it has room, that the place changed

	sieve sieve
	now   time.Time // of what is being read
	spoke time.Time // when sampling was last logged
	said  string    // the trouble that was last logged

	mu     sync.Mutex
	place  place
	placed bool // place is known
}

// tick says that what comes next is read at a time.
func (f *feed) tick(now time.Time) {
	f.now = now
	seen, missed := f.sieve.tick(now)
	if missed > 0 && now.Sub(f.spoke) >= time.Minute {
		f.spoke = now
		f.log.Warn("more is written to a log than is read: it is sampled", "log", f.source.String(), "seen", seen, "left_out", missed)
	}
}

// line takes one line.
func (f *feed) line(line []byte) {
	if len(line) == 0 || !f.sieve.pass() {
		return
	}
	if key, ok := f.recognise(f.source.Program, line); ok {
		f.tally.add(key, f, line)
	}
}

// keep notes up to where the source was read. What was read before has been
// handed on.
func (f *feed) keep(p place) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.placed && f.place == p {
		return
	}
	f.place, f.placed = p, true
	select {
	case f.moved <- struct{}{}:
	default:
	}
}

// kept returns up to where the source was read, if that is known.
func (f *feed) kept() (place, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.place, f.placed
}

// trouble logs what keeps the source from being read, once until it changes; nil
// when nothing does.
func (f *feed) trouble(err error) {
	why := "nothing"
	if err != nil {
		why = err.Error()
	}
	if why == f.said {
		return
	}
	f.said = why
	switch {
	case err == nil:
		f.log.Info("a log is followed", "log", f.source.String())
	case errors.Is(err, fs.ErrNotExist):
		f.log.Info("a log is not there yet", "log", f.source.String(), "error", err)
	default:
		f.log.Warn("a log can't be followed", "log", f.source.String(), "error", err)
	}
}
