package bot

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// occasion is what a run is made for: a time of the schedule, or somebody's wish.
// It tells one run from all others, also after a crash.
type occasion struct {
	at    time.Time // the schedule's time, without jitter, or when somebody asked
	asked bool
}

// start carries a run out in a goroutine that Run waits for.
func (s *Schedules) start(it *item, o occasion) {
	s.spawn(func(ctx context.Context) { s.carry(ctx, it, o) })
}

// carry is one run: it looks at every target, and keeps what it found. A run
// that is cut short stays open, and is carried out with the next start.
func (s *Schedules) carry(ctx context.Context, it *item, o occasion) {
	it.mu.Lock()
	c := it.c
	before := make(map[string]store.Watch, len(c.Targets))
	for _, t := range c.Targets {
		before[t] = it.watches[t]
	}
	it.mu.Unlock()
	s.started(c, o, s.now())
	found := make([]observation, len(c.Targets))
	errs := make([]error, len(c.Targets))
	look := func(i int) {
		t := c.Targets[i]
		found[i], errs[i] = s.look(ctx, aim{it: it, c: c, target: t, was: before[t], on: o})
	}
	if len(c.Targets) == 1 {
		look(0)
	} else {
		var wg sync.WaitGroup
		for i := range c.Targets {
			wg.Go(func() { look(i) })
		}
		wg.Wait()
	}
	if ctx.Err() != nil {
		return
	}
	results, forbidden := map[string]observation{}, ""
	for i, t := range c.Targets {
		if no, ok := errors.AsType[*investigations.NotAllowedError](errs[i]); ok {
			forbidden = "its target " + t + " may no longer be diagnosed: " + no.Error()
			continue
		}
		results[t] = found[i]
	}
	s.finish(it, o, results)
	if forbidden != "" {
		s.pauseItself(c.ID, forbidden)
	}
}

// unknownAgain is when a look that could not be made is tried once more.
const unknownAgain = 2 * time.Second

// aim is one target in one run.
type aim struct {
	it     *item
	c      store.Schedule
	target string
	was    store.Watch
	on     occasion
}

// look is what one run does with one target: the quick check, and the whole plan
// where that fails, where the schedule wants it, or where it tells what mended
// what was broken.
func (s *Schedules) look(ctx context.Context, a aim) (observation, error) {
	o, err := s.lookQuick(ctx, a.target, a.c.Inputs["lb"])
	if err == nil && o.state == stateUnknown && s.pause(unknownAgain) { // a runner that did not answer once is no news
		o, err = s.lookQuick(ctx, a.target, a.c.Inputs["lb"])
	}
	switch {
	case errors.Is(err, errNotQuick):
	case err != nil:
		return o, err
	case o.state == stateUnknown:
		return o, nil
	case o.state == stateHealthy && recovers(a.was, a.c.Confirm):
		if inv, ok := s.investigate(ctx, a, o); ok {
			o.fixed = fixedBy(inv, a.was)
		}
		return o, nil
	case o.state == stateHealthy && !a.c.Whole:
		return o, nil
	case !s.wantsPlan(a, o):
		return o, nil
	}
	inv, ok := s.investigate(ctx, a, o)
	if !ok {
		return o, nil
	}
	return judged(o, inv), nil
}

// judged joins a quick check with what a whole plan came to.
func judged(o observation, inv investigations.Investigation) observation {
	o.investigation = inv.ID
	v := inv.Verdict
	if v == nil {
		o.headline = orElse(o.headline, inv.Error)
		return o
	}
	switch {
	case v.Kind == investigations.VerdictHealthy:
		o.state, o.outcome, o.headline = stateHealthy, store.Up, ""
		return o
	case v.Kind == investigations.VerdictInconclusive && o.state == stateHealthy:
		return o
	}
	o.state, o.headline = stateFailing, v.Headline
	if !o.outcome.Down() {
		o.outcome = store.Unreachable
	}
	short := *v
	short.RuledOut, short.NotChecked = nil, nil
	o.verdict = &short
	if len(v.Causes) > 0 {
		o.cause = v.Causes[0].ID
	}
	return o
}
