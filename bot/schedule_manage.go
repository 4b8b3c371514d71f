package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// ScheduleState is a schedule with where it stands.
type ScheduleState struct {
	store.Schedule
	Words   string        `json:"words"` // when it runs, for people
	Next    []time.Time   `json:"next"`  // the next five times, without jitter; none while it is paused
	Runs    uint64        `json:"runs"`
	Overlap uint64        `json:"overlap"` // not started: the one before was going
	Missed  uint64        `json:"missed"`  // not made: the bot was down, or the clock jumped
	Going   bool          `json:"going"`
	Watches []store.Watch `json:"watches"` // of the targets, in order
}

// upcoming is how many runs are told before they are made.
const upcoming = 5

// List returns all schedules, in the order in which they were made.
func (s *Schedules) List() []ScheduleState {
	s.mu.Lock()
	items := make([]*item, 0, len(s.items))
	for _, it := range s.items {
		items = append(items, it)
	}
	s.mu.Unlock()
	all := make([]ScheduleState, 0, len(items))
	for _, it := range items {
		all = append(all, s.state(it))
	}
	slices.SortFunc(all, func(a, b ScheduleState) int {
		return cmp.Or(cmp.Compare(idNumber(a.ID), idNumber(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// idNumber orders s2 before s10, and declared ones before all.
func idNumber(id string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(id, "s"))
	if err != nil {
		return 0
	}
	return n
}

func (s *Schedules) state(it *item) ScheduleState {
	it.mu.Lock()
	defer it.mu.Unlock()
	st := ScheduleState{Schedule: it.c, Words: scheduleWords(it.spec), Runs: it.p.Runs, Overlap: it.p.Overlap, Missed: it.p.Missed, Going: it.going, Next: []time.Time{}}
	if !it.c.Paused {
		st.Next = it.spec.Upcoming(s.now(), upcoming)
	}
	for _, t := range it.c.Targets {
		w := it.watches[t]
		w.Target = t
		st.Watches = append(st.Watches, w)
	}
	return st
}

// Get returns one schedule; an error says which there are.
func (s *Schedules) Get(id string) (ScheduleState, error) {
	it, err := s.item(id)
	if err != nil {
		return ScheduleState{}, err
	}
	return s.state(it), nil
}

func (s *Schedules) item(id string) (*item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.items[id]; it != nil {
		return it, nil
	}
	return nil, noScheduleCalled(id)
}

func noScheduleCalled(id string) error {
	return &UsageError{Reason: fmt.Sprintf("there is no schedule %q", clip(id, 40)), Hint: "/diagnose schedule list shows them"}
}

// Add keeps a schedule and has it run. A repeated event makes nothing new.
func (s *Schedules) Add(r ScheduleRequest, event string) (ScheduleState, error) {
	c, err := s.prepare(r)
	if err != nil {
		return ScheduleState{}, err
	}
	s.mu.Lock()
	full := len(s.items) >= maxSchedules
	s.mu.Unlock()
	if full {
		return ScheduleState{}, &LimitError{Reason: fmt.Sprintf("there are %d schedules already", maxSchedules)}
	}
	made, created, err := s.store.NewSchedule(c, event, store.AuditLine{Who: c.By, Did: "schedule add", What: c.Expression + " " + strings.Join(c.Targets, " ")})
	if err != nil {
		return ScheduleState{}, err
	}
	if !created {
		return s.Get(made.ID)
	}
	it, err := newItem(made, store.Progress{}, store.Progress{}, nil)
	if err != nil {
		return ScheduleState{}, err
	}
	s.add(it)
	return s.state(it), nil
}

// SetPaused pauses or resumes a schedule. Runs of the time in which it was paused
// are not caught up.
func (s *Schedules) SetPaused(id, who, why string, paused bool) (ScheduleState, error) {
	it, err := s.item(id)
	if err == nil && paused { // a declared one that paused itself may be resumed
		it, err = s.changeable(id)
	}
	if err != nil {
		return ScheduleState{}, err
	}
	did := map[bool]string{true: "schedule pause", false: "schedule resume"}[paused]
	if err := s.setPaused(it, who, why, paused, did); err != nil {
		return ScheduleState{}, err
	}
	return s.state(it), nil
}

func (s *Schedules) setPaused(it *item, who, why string, paused bool, did string) error {
	changed, err := s.keepPaused(it, who, why, paused, did)
	if changed && err == nil && !paused {
		s.add(it)
	}
	return err
}

// keepPaused changes a schedule on disk and in memory; false where it is as it
// should be.
func (s *Schedules) keepPaused(it *item, who, why string, paused bool, did string) (changed bool, err error) {
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.gone || it.c.Paused == paused {
		return false, nil
	}
	c, p, digest := it.c, it.p, it.digestP
	c.Paused, c.Why, c.Pauser, c.Changed = paused, why, who, s.now().UTC()
	if !paused { // what its time was meanwhile is not caught up
		p.Last, digest.Last = c.Changed, c.Changed
		if err := s.store.PutProgresses(map[string]store.Progress{c.ID: p, digestID(c.ID): digest}); err != nil {
			return false, err
		}
		it.p, it.digestP = p, digest
	}
	if err := s.store.PutSchedule(c, &store.AuditLine{Who: orElse(who, "schedule:"+c.ID), Did: did, What: c.ID, Result: why}); err != nil {
		return false, err
	}
	it.c = c
	if paused {
		return true, s.letGo(it, c.Targets, "The schedule was paused"+because(why)+".")
	}
	return true, nil
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// pauseItself stops a schedule that can't go on, and tells who made it.
func (s *Schedules) pauseItself(id, why string) {
	it, err := s.item(id)
	if err != nil || s.state(it).Paused {
		return
	}
	if err := s.setPaused(it, "", why, true, "schedule pause"); err != nil {
		s.log.Error("pause a schedule", "schedule", id, "error", err)
		return
	}
	s.log.Warn("a schedule paused itself", "schedule", id, "why", why)
	c := s.state(it).Schedule
	to := s.Channel
	if strings.HasPrefix(c.By, "U") || strings.HasPrefix(c.By, "W") {
		to = c.By
	}
	if to == "" {
		return
	}
	text := fmt.Sprintf("Schedule %s (%s) paused itself: %s. When that is mended: /diagnose schedule resume %s", c.ID, scheduleName(c), why, c.ID)
	now := s.now().UTC()
	v := store.Speech{Subject: store.SpeechPrefix + "note/" + investigations.NewID(now), Schedule: c.ID, Channel: to, At: now, Done: true, Note: text}
	if err := s.store.PutSpeech(v); err != nil {
		s.log.Error("tell that a schedule paused itself", "schedule", id, "error", err)
		return
	}
	s.changed(v.Subject)
}

// Remove deletes a schedule. Its results stay.
func (s *Schedules) Remove(id, who string) error {
	it, err := s.changeable(id)
	if err != nil {
		return err
	}
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.gone {
		return noScheduleCalled(id)
	}
	if err := s.letGo(it, it.c.Targets, "The schedule was removed."); err != nil {
		return err
	}
	if err := s.store.DeleteSchedule(id, store.AuditLine{Who: who, Did: "schedule remove", What: id}); err != nil {
		return err
	}
	it.gone = true
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.items, id)
	return nil
}

// changeable is a schedule that people may change.
func (s *Schedules) changeable(id string) (*item, error) {
	it, err := s.item(id)
	if err == nil && s.state(it).Declared {
		return nil, &Refusal{Reason: fmt.Sprintf("schedule %s is declared in the configuration (schedules:) and is changed there.", id)}
	}
	return it, err
}

// RunNow starts a run at once, beside the schedule's own times. The wish is on
// disk when it returns: a crash does not lose it.
func (s *Schedules) RunNow(id, who string) error {
	it, err := s.item(id)
	if err != nil {
		return err
	}
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.gone {
		return noScheduleCalled(id)
	}
	if it.going {
		return &LimitError{Reason: "a run of " + id + " is going already"}
	}
	p := it.p
	p.Asked = s.now().UTC()
	if err := s.store.PutProgresses(map[string]store.Progress{id: p}); err != nil {
		return err
	}
	if err := s.store.Audit(store.AuditLine{Who: who, Did: "schedule run", What: id}); err != nil {
		s.log.Error("audit", "error", err)
	}
	it.p, it.going = p, true
	s.start(it, occasion{at: p.Asked, asked: true})
	return nil
}
