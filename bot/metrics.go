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
	gauge("outbox_waiting", "Threads that are not yet as they should be, but for those in channels that the bot is not in, of which a person was told.", func() float64 {
		if b.outbox == nil {
			return 0
		}
		n, err := b.outbox.Waiting()
		if err != nil {
			return -1
		}
		return float64(n)
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
