package bot

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/plexorbot/plexor/store"
)

// declare brings the configuration's schedules into the store, and takes those
// away that it no longer declares.
func (s *Schedules) declare() error {
	all, err := s.kept()
	if err != nil {
		return err
	}
	had := map[string]*item{}
	for _, it := range all {
		if it.c.Declared {
			had[it.c.ID] = it
		}
	}
	var wrong []error
	var changed []store.Schedule
	for _, d := range s.Declared {
		c, err := s.prepare(d.ScheduleRequest)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("schedule %s: %w", d.Name, err))
			continue
		}
		it, ok := had[d.Name]
		delete(had, d.Name)
		c.ID, c.Declared = d.Name, true
		var was store.Schedule
		if ok {
			was = it.c
			c.V, c.Made, c.Paused, c.Why, c.Changed = was.V, was.Made, was.Paused, was.Why, was.Changed
			if c.Channel != was.Channel || !slices.Equal(c.Targets, was.Targets) {
				c.Paused, c.Why = false, "" // what stopped it may be mended
			}
		}
		if ok && reflect.DeepEqual(c, was) {
			continue
		}
		changed = append(changed, c)
	}
	if err := s.store.PutSchedules(changed); err != nil {
		return err
	}
	for _, it := range had {
		if err := s.retire(it); err != nil {
			return err
		}
	}
	if err := errors.Join(wrong...); err != nil {
		s.log.Error("some declared schedules do not run", "error", err)
	}
	return nil
}

// tidyEvery is how often results are rolled up and old threads forgotten.
const tidyEvery = 10 * time.Minute

func (s *Schedules) tidy(ctx context.Context) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		moved, err := s.store.RollUp(s.Keep)
		if err = errors.Join(err, s.store.ForgetSchedules(s.Age)); err != nil {
			s.log.Error("tidy results", "error", err)
		} else if moved > 0 {
			s.log.Info("results were summed up", "blocks", moved)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
