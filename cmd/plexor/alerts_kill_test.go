package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// TestAlertKill kills the bot without a warning while alerts pour in from a
// sender that repeats what was not acknowledged. Nothing that was acknowledged
// is lost, and no target is investigated twice. PLEXOR_ALERT_RUNS=50 makes that
// many runs of 20,000 alerts; otherwise it is one of 1,500.
func TestAlertKill(t *testing.T) {
	runs, alerts, kills := 1, 1500, 3
	if n, err := strconv.Atoi(os.Getenv("PLEXOR_ALERT_RUNS")); err == nil && n > 0 {
		runs, alerts, kills = n, 20_000, 8
	}
	for i := range runs {
		t.Run(strconv.Itoa(i), func(t *testing.T) { alertKill(t, alerts, kills, uint64(i)) })
	}
}

// killTargets is how many targets the alerts are about.
const killTargets = 40

func alertKill(t *testing.T, alerts, kills int, seed uint64) {
	b := newBed(t, lenient())
	kill := b.start()
	b.ready()
	random := rand.New(rand.NewPCG(seed, 7))
	var next, acked atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var senders sync.WaitGroup
	for range 16 {
		senders.Go(func() {
			for i := next.Add(1) - 1; i < int64(alerts) && ctx.Err() == nil; i = next.Add(1) - 1 {
				b.insist(ctx, int(i))
				acked.Add(1)
			}
		})
	}
	for k := range kills {
		due := int64(alerts*(k+1)/(kills+1)) + random.Int64N(int64(alerts/(kills+1)))/2
		b.eventually("the next kill is due", func() bool { return acked.Load() >= min(due, int64(alerts)) })
		kill()
		kill = b.start()
	}
	senders.Wait()
	if ctx.Err() != nil {
		t.Fatalf("only %d of %d alerts were acknowledged in time", acked.Load(), alerts)
	}
	b.ready()
	b.checkAlerts(alerts)
}

// insist sends one alert until it is acknowledged.
func (b *bed) insist(ctx context.Context, i int) {
	body := webhook(fired("firing", fmt.Sprintf("127.0.9.%d:9", i%killTargets+1), "n", strconv.Itoa(i)))
	for ctx.Err() == nil {
		status, _, err := b.tryPost("alertmanager", "Bearer token", body)
		if err == nil && status == http.StatusAccepted {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond): // the sender's pause before it repeats
		}
	}
}

func (b *bed) get(path string, into any) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.api+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		b.t.Fatalf("GET %s: %v", path, err)
	}
}

// checkAlerts holds what is kept against what was acknowledged.
func (b *bed) checkAlerts(alerts int) {
	b.t.Helper()
	var kept []store.Alert
	b.get(fmt.Sprintf("/api/v1/alerts?limit=%d", 2*alerts), &kept)
	found := map[string]int{}
	for _, a := range kept {
		found[a.Labels["n"]]++
	}
	for i := range alerts {
		if n := found[strconv.Itoa(i)]; n != 1 {
			b.t.Errorf("alert %d is kept %d times, want once", i, n)
		}
	}
	b.eventually("everything was looked into and said", func() bool { return b.idle() })
	var list []investigations.Investigation
	b.get("/api/v1/investigations?limit=1000", &list)
	looked := map[string]int{}
	for _, inv := range list {
		looked[inv.Target]++
	}
	for i := range killTargets {
		if target := fmt.Sprintf("127.0.9.%d:9", i+1); looked[target] != 1 {
			b.t.Errorf("%s was investigated %d times, want once", target, looked[target])
		}
	}
	keys := map[string]int{}
	for _, m := range b.messages() {
		if k := keyOf(m); k != "" {
			if keys[k]++; keys[k] == 2 {
				b.t.Errorf("%s was said twice", k)
			}
		}
	}
}

// idle reports whether nothing runs, waits or is to be said.
func (b *bed) idle() bool {
	m := b.metrics()
	return m["plexor_outbox_waiting"] == "0" && m["plexor_investigations_running"] == "0" && m["plexor_alert_targets_waiting"] == "0"
}

// metrics are the bot's measurements by name, those without labels.
func (b *bed) metrics() map[string]string {
	resp, err := http.Get(b.api + "/metrics")
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	return metricLines(readAll(resp.Body))
}
