package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/workspace"
)

// TestAlertLoad puts the same load of wrk on Alertmanager and on the bot, one
// after the other: 256 connections, one alert a request, distinct labels. It
// wants at least Alertmanager's rate in at most a quarter of its memory. It runs
// with PLEXOR_ALERT_LOAD=20s, on a machine that has nothing else to do.
func TestAlertLoad(t *testing.T) {
	span, err := time.ParseDuration(os.Getenv("PLEXOR_ALERT_LOAD"))
	if err != nil {
		t.Skip("PLEXOR_ALERT_LOAD is not set")
	}
	for _, program := range []string{"wrk", "prometheus-alertmanager"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	theirs := loadAlertmanager(t, span)
	ours := loadBot(t, span)
	t.Logf("alertmanager: %.0f alerts a second, %d MB, %.0f µs of processor an alert", theirs.rate, theirs.rss>>10, theirs.cost)
	t.Logf("plexor:       %.0f alerts a second, %d MB, %.0f µs of processor an alert", ours.rate, ours.rss>>10, ours.cost)
	if ours.failed {
		t.Error("the bot refused some")
	}
	if ours.rate < theirs.rate {
		t.Errorf("%.0f alerts a second, want at least Alertmanager's %.0f", ours.rate, theirs.rate)
	}
	if ours.rss > theirs.rss/4 {
		t.Errorf("%d MB, want at most a quarter of Alertmanager's %d", ours.rss>>10, theirs.rss>>10)
	}
}

type loadResult struct {
	rate   float64
	rss    int     // KB
	cost   float64 // µs of processor time an alert
	failed bool
}

func loadAlertmanager(t *testing.T, span time.Duration) loadResult {
	dir, address := t.TempDir(), freeAddress(t)
	config := filepath.Join(dir, "am.yml")
	if err := os.WriteFile(config, []byte("route: {receiver: none}\nreceivers: [{name: none}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("prometheus-alertmanager", "--config.file="+config, "--storage.path="+dir, "--web.listen-address="+address, "--cluster.listen-address=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	awaitHTTP(t, "http://"+address+"/-/ready")
	return wrk(t, span, cmd.Process.Pid, load{"http://" + address, "/api/v2/alerts", `[{%s"labels":{%s},"annotations":{"summary":"the probe failed"},"startsAt":"2026-11-30T10:00:00Z"}]`, ""})
}

func loadBot(t *testing.T, span time.Duration) loadResult {
	b := newBed(t, workspace.Config{})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "serve", "--config", b.config)
	cmd.Env = append(os.Environ(), "PLEXOR_TEST_MAIN=1", "PLEXOR_TOKEN=token")
	cmd.Stdout, cmd.Stderr = b.log, b.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	awaitHTTP(t, b.api+"/healthz")
	return wrk(t, span, cmd.Process.Pid, load{b.api, "/alerts/alertmanager",
		`{"version":"4","alerts":[{"status":"firing",%s"labels":{%s},"annotations":{"summary":"the probe failed"},"startsAt":"2026-11-30T10:00:00Z","fingerprint":""}]}`, "Bearer token"})
}

func awaitHTTP(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(url)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer", url)
		}
	}
}

var wrkRate = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

// load is what wrk sends; body takes nothing and the labels.
type load struct{ base, path, body, auth string }

// wrk loads an address.
func wrk(t *testing.T, span time.Duration, pid int, l load) loadResult {
	labels := `"alertname":"BackendDown","severity":"critical","job":"blackbox","n":"%d","instance":"http://10.%d.%d.%d:8080/healthz"`
	script := fmt.Sprintf(`local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function init(args) n = id * 100000000 end
local headers = {["Content-Type"] = "application/json", ["Authorization"] = %q}
function request()
  n = n + 1
  return wrk.format("POST", %q, headers, string.format(%q, n, n %% 250, math.floor(n / 250) %% 250, math.floor(n / 62500) %% 250))
end
`, l.auth, l.path, fmt.Sprintf(l.body, "", labels))
	file := filepath.Join(t.TempDir(), "load.lua")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	before := processorTime(t, pid)
	out, err := exec.Command("wrk", "-t2", "-c256", "-d"+span.String(), "-s", file, l.base).CombinedOutput()
	m := wrkRate.FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("wrk: %v\n%s", err, out)
	}
	rate, _ := strconv.ParseFloat(string(m[1]), 64)
	spent := processorTime(t, pid) - before
	return loadResult{
		rate: rate, rss: residentKB(t, pid), failed: strings.Contains(string(out), "Non-2xx"),
		cost: spent.Seconds() * 1e6 / (rate * span.Seconds()),
	}
}

// processorTime is what a process has spent of it, by /proc/PID/stat: ticks of a
// hundredth of a second, proc_pid_stat(5).
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Skip("no /proc here")
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func residentKB(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("no /proc here")
	}
	var kb int
	for l := range strings.Lines(string(text)) {
		fmt.Sscanf(l, "VmRSS: %d kB", &kb)
	}
	return kb
}
