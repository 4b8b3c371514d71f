package bot

import (
	"maps"
	"slices"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/store"
	"github.com/prometheus/client_golang/prometheus"
)

// scheduleMetrics are what schedules know of their targets, for Prometheus.
type scheduleMetrics struct{ s *Schedules }

var (
	scheduleLabels = []string{"schedule", "target"}
	descUp         = prometheus.NewDesc("plexor_target_up", "1 if the last look found the target accepting connections, 0 if not; absent where nobody could look.", scheduleLabels, nil)
	descConnect    = prometheus.NewDesc("plexor_target_connect_seconds", "Time of the last connect that came about.", scheduleLabels, nil)
	descChanged    = prometheus.NewDesc("plexor_target_last_change_timestamp_seconds", "When the target's confirmed state changed last.", scheduleLabels, nil)
	descRuns       = prometheus.NewDesc("plexor_schedule_runs_total", "Runs that ended.", scheduleLabels[:1], nil)
	descOverlap    = prometheus.NewDesc("plexor_schedule_overlaps_total", "Runs not started because the one before was going.", scheduleLabels[:1], nil)
	descLeftOut    = prometheus.NewDesc("plexor_schedule_targets_left_out", "Targets that have no series of their own: there are too many.", nil, nil)
	descMissed     = prometheus.NewDesc("plexor_schedule_missed_total", "Runs not made because the bot was down or the clock jumped.", scheduleLabels[:1], nil)
)

// newDelay measures how much later than its jittered time a run starts.
func newDelay() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "plexor_schedule_start_delay_seconds", Help: "How much later than its time, jitter included, the first check of a run started.",
		Buckets: []float64{0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30},
	})
}

// started notes that a run's first check starts now.
func (s *Schedules) started(c store.Schedule, o occasion, now time.Time) {
	if !o.asked {
		e := schedules.Entry{ID: c.ID, Jitter: c.Jitter}
		s.delay.Observe(now.Sub(o.at.Add(e.Offset())).Seconds())
	}
}

// Describe implements prometheus.Collector.
func (m scheduleMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descConnect, descChanged, descRuns, descOverlap, descMissed, descLeftOut} {
		out <- d
	}
	m.s.delay.Describe(out)
}

// Collect implements prometheus.Collector.
func (m scheduleMetrics) Collect(out chan<- prometheus.Metric) {
	m.s.delay.Collect(out)
	m.s.mu.Lock()
	items := make([]*item, 0, len(m.s.items))
	for _, id := range slices.Sorted(maps.Keys(m.s.items)) { // the same ones every time, where there are too many
		items = append(items, m.s.items[id])
	}
	m.s.mu.Unlock()
	room := maxMetricTargets
	left := 0
	for _, it := range items {
		left += it.collect(out, &room)
	}
	out <- prometheus.MustNewConstMetric(descLeftOut, prometheus.GaugeValue, float64(left))
}

// maxMetricTargets bounds the series: a target under a schedule has three.
const maxMetricTargets = 20_000

// collect gives a schedule's series, while there is room, and returns how many
// targets have none.
func (it *item) collect(out chan<- prometheus.Metric, room *int) (left int) {
	it.mu.Lock()
	defer it.mu.Unlock()
	if *room <= 0 {
		return len(it.c.Targets)
	}
	count := func(d *prometheus.Desc, n uint64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), it.c.ID)
	}
	count(descRuns, it.p.Runs)
	count(descOverlap, it.p.Overlap)
	count(descMissed, it.p.Missed)
	if it.c.Paused { // what was is no longer known to be
		return 0
	}
	shown := it.c.Targets[:min(len(it.c.Targets), *room)]
	*room -= len(shown)
	for _, target := range shown {
		gauge := func(d *prometheus.Desc, v float64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, it.c.ID, target)
		}
		if o, ok := it.last[target]; ok && o.state != stateUnknown {
			gauge(descUp, truth(o.state == stateHealthy))
			if o.connect > 0 {
				gauge(descConnect, o.connect.Seconds())
			}
		}
		if w := it.watches[target]; !w.Since.IsZero() {
			gauge(descChanged, float64(w.Since.UnixNano())/float64(time.Second))
		}
	}
	return len(it.c.Targets) - len(shown)
}
