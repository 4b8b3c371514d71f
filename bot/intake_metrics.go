package bot

import (
	"strconv"
	"sync/atomic"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/prometheus/client_golang/prometheus"
)

// intakeMetrics are what the intake measures.
type intakeMetrics struct {
	requests *prometheus.CounterVec
	commit   prometheus.Histogram
	batch    prometheus.Histogram
	board    atomic.Pointer[boardView]
	known    map[string]bool // sources: a label never has a stranger's word
}

// boardView is the board as the metrics see it.
type boardView struct {
	stats                                              triageStats
	kept, troubles, waiting, running, mute, asks, held int
}

func newIntakeMetrics() *intakeMetrics {
	m := &intakeMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "plexor", Name: "alert_requests_total", Help: "Requests of alert senders by source and status."}, []string{"source", "status"}),
		commit:   prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "plexor", Name: "alert_commit_seconds", Help: "How long alerts take to be on disk.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 12)}),
		batch:    prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "plexor", Name: "alert_batch", Help: "Alerts that shared a transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 12)}),
		known:    map[string]bool{"raised": true},
	}
	for _, s := range alerts.Sources() {
		m.known[s] = true
	}
	m.board.Store(&boardView{})
	return m
}

func (m *intakeMetrics) answered(source string, status int) {
	if !m.known[source] {
		source = "unknown"
	}
	m.requests.WithLabelValues(source, strconv.Itoa(status)).Inc()
}

// look takes what the board counts; it is called by who owns the board.
func (m *intakeMetrics) look(b *board) {
	v := &boardView{stats: b.stats, kept: len(b.notes), troubles: len(b.troubles), running: len(b.running), mute: len(b.mutes), asks: len(b.asks)}
	for _, t := range b.troubles {
		v.waiting += waitingIn(t)
		if t.Held && t.Firing > 0 {
			v.held++
		}
	}
	m.board.Store(v)
}

// register adds all of it to a registry.
func (i *Intake) register(reg *prometheus.Registry) {
	m := i.metrics
	reg.MustRegister(m.requests, m.commit, m.batch)
	value := func(name, help string, f func(*boardView) float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "plexor", Name: name, Help: help}, func() float64 { return f(m.board.Load()) }))
	}
	count := func(name, help string, f func(*triageStats) uint64) {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "plexor", Name: name, Help: help}, func() float64 { return float64(f(&m.board.Load().stats)) }))
	}
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "plexor", Name: "alert_queue", Help: "Alerts that wait to be written down."},
		func() float64 { return float64(i.waiting.Load()) }))
	value("alert_queue_limit", "Alerts that may wait; more are answered 429.", func(*boardView) float64 { return float64(i.cfg.Queue) })
	value("alert_fingerprints", "Fingerprints that are kept.", func(v *boardView) float64 { return float64(v.kept) })
	value("alert_troubles", "Troubles that alerts may still join.", func(v *boardView) float64 { return float64(v.troubles) })
	value("alert_targets_waiting", "Targets that wait for their investigation.", func(v *boardView) float64 { return float64(v.waiting) })
	value("alert_investigations_running", "Investigations for alerts under way.", func(v *boardView) float64 { return float64(v.running) })
	value("alert_mutes", "Mutes that are kept.", func(v *boardView) float64 { return float64(v.mute) })
	value("alert_lookups_waiting", "Questions to AWS that wait.", func(v *boardView) float64 { return float64(v.asks) })
	value("alert_troubles_held", "Troubles that fire under a mute; they become threads when it ends.", func(v *boardView) float64 { return float64(v.held) })
	count("alerts_firing_total", "Alerts taken that fire.", func(s *triageStats) uint64 { return s.Firing })
	count("alerts_resolved_total", "Alerts taken that are resolved.", func(s *triageStats) uint64 { return s.Resolved })
	count("alerts_repeated_total", "Deliveries that were known already.", func(s *triageStats) uint64 { return s.Repeated })
	count("alerts_muted_total", "Alerts that a mute or window kept from becoming a thread.", func(s *triageStats) uint64 { return s.Muted })
	count("alerts_untargeted_total", "Alerts that name nothing to diagnose.", func(s *triageStats) uint64 { return s.Untargeted })
	count("alerts_refused_total", "Targets of alerts that may not be diagnosed.", func(s *triageStats) uint64 { return s.Refused })
	count("alerts_forgotten_total", "Fingerprints dropped to make room.", func(s *triageStats) uint64 { return s.Evicted })
	count("alert_threads_total", "Threads begun for alerts.", func(s *triageStats) uint64 { return s.Threads })
	count("alert_storms_total", "Storms.", func(s *triageStats) uint64 { return s.Storms })
	count("alert_investigations_total", "Investigations begun for alerts.", func(s *triageStats) uint64 { return s.Started })
}
