package bot

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
)

// TestManyAlerts takes many alerts over fewer fingerprints: what is kept is of
// the fingerprints, not of the alerts. PLEXOR_ALERT_FLOOD=1 takes 1,000,000 over
// 10,000.
func TestManyAlerts(t *testing.T) {
	total, fingerprints := 20_000, 200
	if os.Getenv("PLEXOR_ALERT_FLOOD") != "" {
		total, fingerprints = 1_000_000, 10_000
	}
	d := newDoor(t, AlertConfig{})
	d.open()
	random := rand.New(rand.NewPCG(1, 2))
	var half int64
	for sent := 0; sent < total; {
		var batch []arrival
		for ; len(batch) < 1000 && sent < total; sent++ {
			n := random.IntN(fingerprints)
			batch = append(batch, d.arrival(alerts.Alert{
				Source: "alertmanager", Title: "BackendDown", Fingerprint: fmt.Sprintf("%016x", n), Firing: true, Targets: []string{},
				Labels: map[string]string{"alertname": "BackendDown", "n": fmt.Sprint(n)}, DedupKey: fmt.Sprintf("%016x", random.Uint64()), Why: "no label names an address",
			}))
		}
		if err := d.take(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if sent == total/2 {
			half = d.store.Size()
		}
	}
	list, err := d.List(AlertFilter{Limit: total})
	if err != nil {
		t.Fatal(err)
	}
	var count int64
	for _, a := range list {
		count += a.Count
	}
	if len(list) != fingerprints || count != int64(total) {
		t.Errorf("%d fingerprints that came %d times are kept, want %d and %d", len(list), count, fingerprints, total)
	}
	if end := d.store.Size(); end > half*5/4 {
		t.Errorf("the state grew from %d to %d bytes over the second half, want none of it", half, end)
	}
	t.Logf("%d alerts: %d bytes of state", total, d.store.Size())
}

// BenchmarkIntake measures the way of one alert from its payload to the disk,
// with many that share transactions.
func BenchmarkIntake(b *testing.B) {
	for _, senders := range []int{1, 256} {
		b.Run(fmt.Sprint(senders, " senders"), func(b *testing.B) { benchmarkIntake(b, senders) })
	}
}

func benchmarkIntake(b *testing.B, senders int) {
	d := newDoor(b, AlertConfig{})
	d.open()
	start := time.Now()
	b.SetParallelism(max(1, senders/2))
	b.RunParallel(func(pb *testing.PB) {
		n := rand.Int()
		for pb.Next() {
			n++
			if status, err := d.deliver(b.Context(), "alertmanager", nil, []byte(amBody(n))); err != nil {
				b.Errorf("deliver = %d, %v", status, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "alerts/s")
}
