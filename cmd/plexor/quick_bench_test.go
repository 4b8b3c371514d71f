//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// BenchmarkQuickChecks counts quick checks a second on one runner, through the
// fabric, beside those of the blackbox exporter under wrk -c64: PLEXOR_BENCH=1,
// and BLACKBOX names its program. The two take turns in one run, so that a busy
// machine is as busy for both.
func BenchmarkQuickChecks(b *testing.B) {
	if os.Getenv("PLEXOR_BENCH") == "" {
		b.Skip("compares programs for a minute: PLEXOR_BENCH=1")
	}
	blackbox := startBlackbox(b)
	dir := b.TempDir()
	state, err := store.Open(filepath.Join(dir, "plexor.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer state.Close()
	cfg := &config{Data: dir}
	cfg.defaults()
	fab, err := openFabric(cfg, state, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer fab.hub.Close()
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { fab.agent.Run(ctx) })
	for {
		if all, err := fab.hub.Runners(ctx); err == nil && len(all) == 1 && all[0].Alive {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	accepted := newAcceptor(b)
	for name, address := range map[string]string{"accepted": accepted, "refused": "127.0.0.1:9"} {
		b.Run(name, func(b *testing.B) {
			ours, theirs := 0.0, 0.0
			const turns, turn = 3, 5 * time.Second
			for range turns {
				theirs += blackboxChecks(b, blackbox, address, turn) / turns
				ours += quickChecks(b, fab, address, turn) / turns
			}
			b.ReportMetric(ours, "ours/s")
			b.ReportMetric(theirs, "blackbox/s")
			b.ReportMetric(ours/theirs, "times")
		})
	}
}

func newAcceptor(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			c.Close()
		}
	}()
	return l.Addr().String()
}

func startBlackbox(b *testing.B) string {
	b.Helper()
	program, err := exec.LookPath(os.Getenv("BLACKBOX"))
	if err != nil {
		if program, err = exec.LookPath("prometheus-blackbox-exporter"); err != nil {
			b.Skip("needs the blackbox exporter: BLACKBOX=its program")
		}
	}
	file := filepath.Join(b.TempDir(), "blackbox.yml")
	if err := os.WriteFile(file, []byte("modules:\n  tcp_connect:\n    prober: tcp\n    timeout: 3s\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	address := "127.0.0.1:19115"
	cmd := exec.Command(program, "--config.file="+file, "--web.listen-address="+address, "--log.level=error")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for fetch("http://"+address+"/-/healthy") == "" {
		time.Sleep(50 * time.Millisecond)
	}
	return address
}

// blackboxChecks asks the exporter for probes over 64 connections.
func blackboxChecks(b *testing.B, blackbox, target string, d time.Duration) float64 {
	b.Helper()
	url := fmt.Sprintf("http://%s/probe?module=tcp_connect&target=%s", blackbox, target)
	out, err := exec.Command("wrk", "-t2", "-c64", fmt.Sprintf("-d%ds", int(d.Seconds())), url).CombinedOutput()
	if err != nil {
		b.Skipf("wrk: %v: %s", err, out)
	}
	m := regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`).FindSubmatch(out)
	if m == nil || bytes.Contains(out, []byte("Non-2xx")) {
		b.Fatalf("wrk says %s", out)
	}
	n, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// quickChecks has the runner connect 64 times at once.
func quickChecks(b *testing.B, fab *fabric, target string, d time.Duration) float64 {
	b.Helper()
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		b.Fatal(err)
	}
	args := json.RawMessage(fmt.Sprintf(`{"addresses":[%q],"port":%s,"attempts":1,"timeout_ms":3000}`, host, port))
	var n atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(d)
	for range 64 {
		wg.Go(func() {
			for time.Now().Before(end) {
				answer, err := fab.hub.Probe(b.Context(), localName, investigations.Request{Check: "quick", Probe: "tcp.connect", Args: args, Timeout: 5 * time.Second})
				if err != nil || answer.Error != "" {
					b.Error(err, answer.Error)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / d.Seconds()
}
