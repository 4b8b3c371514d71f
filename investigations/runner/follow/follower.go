package follow

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"
)

// Config is what a Follower needs.
type Config struct {
	Sources []Source
	// State is a directory in which is kept up to where logs were read. "": a restart begins at their ends.
	State string
	// Recognise reports whether a line tells of a failure, and of which: lines with the same key are the same failure. It must
	// not keep the line. It is called by several goroutines.
	Recognise func(program string, line []byte) (key string, ok bool)
	// Raise hands on a payload, JSON of Raised, and returns nil once it was taken over. It is called by several goroutines.
	Raise func(ctx context.Context, payload []byte) error
	Log   *slog.Logger
}

// Follower follows logs.
type Follower struct {
	config Config
	tally  *tally
	feeds  []*feed
	soon   chan struct{} // places are to be kept now; holds one
	moved  chan struct{} // a place changed; holds one
	saved  map[string]place
}

// New checks a configuration.
func New(c Config) (*Follower, error) {
	if c.Recognise == nil || c.Raise == nil || c.Log == nil {
		return nil, errors.New("follow: Recognise, Raise and Log are needed")
	}
	f := &Follower{config: c, tally: newTally(), soon: make(chan struct{}, 1), moved: make(chan struct{}, 1)}
	for _, s := range c.Sources {
		f.feeds = append(f.feeds, &feed{source: s, recognise: c.Recognise, tally: f.tally, log: c.Log, moved: f.moved})
	}
	return f, nil
}

// Run follows the logs until ctx ends. What can't be followed is logged and
// tried again.
func (f *Follower) Run(ctx context.Context) {
	begin, err := readPlaces(f.config.State)
	if err != nil {
		f.config.Log.Warn("logs are followed from their ends", "error", err)
	}
	f.saved = maps.Clone(begin)
	if f.saved == nil {
		f.saved = map[string]place{}
	}
	var wg sync.WaitGroup
	for _, fd := range f.feeds {
		if from, ok := begin[fd.source.String()]; ok {
			fd.keep(from)
		}
		wg.Go(func() { fd.run(ctx) })
	}
	wg.Go(func() { f.raise(ctx) })
	f.keepPlaces(ctx)
	wg.Wait()
	f.save(true)
}

// retryFirst and retryMost bound the pause after a source could not be read.
const (
	retryFirst = 250 * time.Millisecond
	retryMost  = 15 * time.Second
)

// run reads the source until ctx ends, from its place if there is one.
func (f *feed) run(ctx context.Context) {
	for pause := retryFirst; ctx.Err() == nil; pause = min(2*pause, retryMost) {
		began := time.Now()
		err := f.read(ctx)
		if ctx.Err() != nil {
			return
		}
		f.trouble(err)
		if time.Since(began) > retryMost {
			pause = retryFirst
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (f *feed) read(ctx context.Context) error {
	switch f.source.Kind {
	case Journal:
		return f.followJournal(ctx, []string{"journalctl"})
	case Syslog, UDP:
		return f.followSocket(ctx)
	}
	return f.followFile(ctx)
}

const (
	saveEvery = time.Second // at most, where something changed
	saveIdle  = time.Minute // at least: the age of the file says when logs were followed
)

// keepPlaces keeps the places on disk until ctx ends. Where nothing is written to
// the logs it sleeps.
func (f *Follower) keepPlaces(ctx context.Context) {
	last := time.Time{}
	for ctx.Err() == nil {
		if f.save(time.Since(last) >= saveIdle) {
			last = time.Now()
		}
		if n := f.tally.forgotten(); n > 0 {
			f.config.Log.Warn("more failures than can be told apart: some were not raised", "lines", n)
		}
		f.waitPlaces(ctx)
	}
}

// waitPlaces waits until the places are to be kept: at once, a while after one
// changed, or when they are getting old.
func (f *Follower) waitPlaces(ctx context.Context) {
	due := time.NewTimer(saveIdle)
	defer due.Stop()
	for moved := f.moved; ; {
		select {
		case <-ctx.Done():
			return
		case <-f.soon:
			return
		case <-due.C:
			return
		case <-moved:
			moved = nil
			due.Reset(saveEvery)
		}
	}
}

// saveSoon has the places kept without waiting for the next second.
func (f *Follower) saveSoon() {
	select {
	case f.soon <- struct{}{}:
	default:
	}
}

// save keeps the places, where one changed or always.
func (f *Follower) save(always bool) bool {
	if f.config.State == "" {
		return false
	}
	changed := always
	for _, fd := range f.feeds {
		p, known := f.tally.place(fd)
		name := fd.source.String()
		if was, ok := f.saved[name]; known && (!ok || was != p) {
			f.saved[name] = p
			changed = true
		}
	}
	if !changed {
		return false
	}
	if err := writePlaces(f.config.State, f.saved); err != nil {
		f.config.Log.Warn("a restart may raise old lines again", "error", err)
	}
	return true
}
