//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/workspace"
)

// BenchmarkSchedules10000 runs 10,000 schedules of a minute each, with quick
// checks, on one bot and its one runner for two minutes: PLEXOR_BENCH=1. It
// reports the bot's CPU and memory, and how many runs started within a second.
func BenchmarkSchedules10000(b *testing.B) {
	if os.Getenv("PLEXOR_BENCH") == "" {
		b.Skip("takes minutes: PLEXOR_BENCH=1")
	}
	const n, span = 10_000, 2 * time.Minute
	l, err := net.Listen("tcp4", "0.0.0.0:0") // for all of 127.0.0.0/8
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			c.Close()
		}
	}()
	w := workspace.New(workspace.Config{})
	defer w.Close()
	dir, api := b.TempDir(), "127.0.0.1:18966"
	var cfg bytes.Buffer
	fmt.Fprintf(&cfg, "data: %s/data\nhttp: {listen: '%s'}\ntargets: {allow: [127.0.0.0/8]}\nrunners: {labels: {role: lb}}\nlog: warn\nschedules:\n", dir, api)
	for i := range n {
		fmt.Fprintf(&cfg, "  - {name: n%d, when: '* * * * *', jitter: 59s, targets: ['127.9.%d.%d:%d']}\n", i, i/250, 1+i%250, l.Addr().(*net.TCPAddr).Port)
	}
	if err := os.WriteFile(dir+"/plexor.yml", cfg.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self, "serve", "--config", dir+"/plexor.yml")
	cmd.Env = append(os.Environ(), "PLEXOR_TEST_MAIN=1")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	for deadline := time.Now().Add(2 * time.Minute); fetch("http://"+api+"/readyz") != "ok (no Slack is configured: API, alerts and runners only)\n"; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("the bot does not become ready")
		}
	}
	time.Sleep(time.Minute) // the first minute is its start
	before, cpu := fetch("http://"+api+"/metrics"), cpuOf(b, cmd.Process.Pid)
	time.Sleep(span)
	after, cpuAfter := fetch("http://"+api+"/metrics"), cpuOf(b, cmd.Process.Pid)
	count := func(series string) float64 { return metric(after, series) - metric(before, series) }
	runs := count("plexor_schedule_start_delay_seconds_count")
	b.ReportMetric(runs/span.Minutes(), "runs/min")
	b.ReportMetric(100*count(`plexor_schedule_start_delay_seconds_bucket{le="1"}`)/runs, "%/within-1s")
	b.ReportMetric((cpuAfter-cpu).Seconds()/span.Seconds(), "cores")
	b.ReportMetric(metric(after, "process_resident_memory_bytes")/1e6, "MB")
	if runs < 0.98*n*span.Minutes() {
		b.Errorf("%.0f runs in %s, want about %d", runs, span, 2*n)
	}
}

func fetch(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	return readAll(resp.Body)
}

// metric reads one series of Prometheus's text format.
func metric(text, series string) float64 {
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	v, _ := strconv.ParseFloat(m[1], 64)
	return v
}

// cpuOf is the time that a process has used (proc(5), stat: utime and stime, in
// ticks of 10 ms).
func cpuOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	ticks := 0
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
