package bot

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// judgeFor is how long the names of a new schedule are looked up: who asks waits,
// and Slack gives three seconds for all.
const judgeFor = 1200 * time.Millisecond

// judge holds what the targets' names resolve to, where the load balancer is,
// against what may be diagnosed: a *FieldError for a name that has none but
// addresses that may not. What can't be looked up in time is left to the first
// run, which pauses the schedule.
func (s *Schedules) judge(ctx context.Context, c store.Schedule) error {
	ctx, cancel := context.WithTimeout(ctx, judgeFor)
	defer cancel()
	runners, err := s.fleet.get(ctx, s.engine.Dispatcher)
	if err != nil {
		return nil
	}
	errs := make(chan error, len(c.Targets))
	var wg sync.WaitGroup
	for _, text := range c.Targets {
		t, err := investigations.ParseTarget(text)
		if _, literal := t.Addr(); err != nil || literal || t.Kind == investigations.TargetUpstream {
			continue
		}
		via, err := s.engine.Connecting(runners, t, c.Inputs["lb"])
		if err != nil || len(via) == 0 || !via[0].Alive {
			continue
		}
		wg.Go(func() {
			if _, _, err := s.addressesFrom(ctx, via[0].Name, t); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if _, ok := errors.AsType[*investigations.NotAllowedError](err); ok {
			return &FieldError{"targets", notAllowed(err)}
		}
	}
	return nil
}

// Check says in a *FieldError what is wrong with a request, and keeps nothing.
func (s *Schedules) Check(r ScheduleRequest) error {
	_, err := s.prepare(r)
	return err
}
