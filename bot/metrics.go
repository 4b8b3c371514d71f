package bot

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics serves the bot's own measurements for Prometheus.
func (b *Bot) Metrics() http.Handler {
	reg := prometheus.NewRegistry()
	gauge := func(name, help string, f func() float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "plexor", Name: name, Help: help}, f))
	}
	gauge("ready", "1 if /readyz says so.", func() float64 { return truth(b.Ready() == nil) })
	gauge("investigations_running", "Investigations under way or waiting for a slot.", func() float64 { return float64(b.Runs.Count()) })
	gauge("state_bytes", "Size of the state file.", func() float64 { return float64(b.Store.Size()) })
	gauge("outbox_waiting", "Threads that are not yet as they should be.", func() float64 {
		dirty, err := b.Store.Dirty()
		if err != nil {
			return -1
		}
		return float64(len(dirty))
	})
	if b.Alerts != nil {
		b.Alerts.register(reg)
	}
	if b.Schedules != nil {
		reg.MustRegister(scheduleMetrics{b.Schedules})
	}
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
