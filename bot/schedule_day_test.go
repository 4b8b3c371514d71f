package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/store"
	"github.com/prometheus/client_golang/prometheus"
)

// TestDayIsBounded tells every result of a large group, every minute of a day:
// the thread stays within what a person, Slack and the state file can bear, and
// failures are in it.
func TestDayIsBounded(t *testing.T) {
	const targets = 200
	day := store.Day{What: "rack", When: "every minute", Zone: "UTC", Date: "2026-11-30"}
	for minute := range 24 * 60 {
		l := store.DayLine{At: noon.Add(time.Duration(minute) * time.Minute)}
		for i := range targets {
			r := store.DayResult{Target: fmt.Sprintf("10.0.0.%d:80", i), State: stateHealthy}
			if minute > 1000 && minute < 1100 {
				r.State, r.Words = stateFailing, "connection refused"
			}
			addResult(&l, r, targets)
		}
		addRun(&day, l)
	}
	messages := renderDay(store.Speech{Subject: "schedule/day/s1/x", Schedule: "s1", Channel: "C1", Day: &day})
	failing := 0
	for _, m := range messages {
		if strings.Contains(m.Text, "and 185 more not well") {
			failing++
		}
		if len(m.Text) > maxText {
			t.Errorf("a message has %d bytes, want at most %d", len(m.Text), maxText)
		}
	}
	foot := fmt.Sprint(messages[0].Blocks)
	if len(messages) > 2*maxDayLines+1 || failing != 99 || !strings.Contains(foot, "1341 of 1440 runs well") {
		t.Errorf("%d messages, %d of failures, and %s; want at most %d, 99, and 1341 of 1440 runs well", len(messages), failing, foot, 2*maxDayLines+1)
	}
}

// TestScheduleMetricsBounded has more targets than series are given out for.
func TestScheduleMetricsBounded(t *testing.T) {
	s := &Schedules{items: map[string]*item{}, delay: newDelay()}
	for i := range 150 {
		it := &item{c: store.Schedule{ID: fmt.Sprintf("n%03d", i), Paused: i == 0}, watches: map[string]store.Watch{}, last: map[string]lastLook{}}
		for j := range maxScheduleTargets {
			target := fmt.Sprintf("10.0.%d.%d:80", i, j)
			it.c.Targets = append(it.c.Targets, target)
			it.last[target] = lastLook{stateHealthy, time.Millisecond}
			it.watches[target] = store.Watch{Since: noon}
		}
		s.items[it.c.ID] = it
	}
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(scheduleMetrics{s})
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		switch f.GetName() {
		case "plexor_target_up":
			if n := len(f.GetMetric()); n != maxMetricTargets {
				t.Errorf("%d targets have series, want %d", n, maxMetricTargets)
			}
			if text := f.GetMetric()[0].String(); strings.Contains(text, "n000") {
				t.Errorf("a paused schedule says that its targets are up: %s", text)
			}
		case "plexor_schedule_targets_left_out":
			if got, want := f.GetMetric()[0].GetGauge().GetValue(), float64(149*maxScheduleTargets-maxMetricTargets); got != want {
				t.Errorf("%.0f targets are left out, want %.0f", got, want)
			}
		}
	}
}
