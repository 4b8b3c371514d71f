package bot

import (
	"fmt"
	"sync"
)

// homeShown is how many schedules App Home shows, of its up to 100 blocks.
const homeShown = 12

// homeSchedules is the list in App Home, with buttons.
func (b *Bot) homeSchedules() []block {
	if b.Schedules == nil {
		return nil
	}
	all := b.Schedules.List()
	blocks := []block{rich(line(strong(plural(len(all), "schedule")))), actions("schedules", button(actionScheduleAdd, "New schedule", ""))}
	for i, st := range all {
		if i == homeShown {
			return append(blocks, note(fmt.Sprintf("and %d more: /diagnose schedule list", len(all)-i)))
		}
		blocks = append(blocks, rich(line(append(scheduleLine(st), word(b.lately(st)))...)), scheduleButtons(st))
	}
	return blocks
}

// lately is a schedule's last week in a clause; empty where nothing is known.
func (b *Bot) lately(st ScheduleState) string {
	var up, down uint64
	incidents, now := 0, b.now()
	for _, target := range st.Targets[:min(len(st.Targets), pictureRows)] {
		h, err := b.Store.History(target, now.Add(-historyPeriod), now, historyPeriod)
		if err != nil {
			b.Log.Warn("read a history", "target", target, "error", err)
			return ""
		}
		up, down, incidents = up+h.Total.Up, down+h.Total.Down, incidents+len(h.Incidents)
	}
	if up+down == 0 {
		return ""
	}
	return fmt.Sprintf(", uptime %s and %s in 7 days", percent(up, up+down), plural(incidents, "incident"))
}

// turns has one publication of a person's Home go on at a time: two that cross
// would leave the older one standing.
type turns struct {
	mu   sync.Mutex
	busy map[string]bool // who has one going, and whether another is wanted after it
}

// take does f for a person, and once more for all who asked meanwhile. f reads
// what it publishes.
func (t *turns) take(user string, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, going := t.busy[user]; going {
		t.busy[user] = true
		return
	}
	if t.busy == nil {
		t.busy = map[string]bool{}
	}
	for again := true; again; again = t.busy[user] {
		t.busy[user] = false
		t.mu.Unlock()
		f()
		t.mu.Lock()
	}
	delete(t.busy, user)
}
