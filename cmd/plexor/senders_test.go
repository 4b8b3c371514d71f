package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/workspace"
)

// startProgram starts a program of Debian's for the length of the test, or skips
// it where there is none.
func startProgram(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("needs %s", name)
	}
	var said bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, said.String())
		}
	})
}

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAlertmanager has a real one fire an alert, and resolve it.
func TestAlertmanager(t *testing.T) {
	b := newBed(t, lenient())
	dir, address := t.TempDir(), freeAddress(t)
	config := writeFile(t, filepath.Join(dir, "alertmanager.yml"), fmt.Sprintf(`route: {receiver: plexor, group_by: [alertname, instance], group_wait: 10ms, group_interval: 1s, repeat_interval: 1h}
receivers:
  - name: plexor
    webhook_configs: [{url: '%s/alerts/alertmanager', send_resolved: true, http_config: {authorization: {credentials: token}}}]
`, b.api))
	startProgram(t, "prometheus-alertmanager", "--config.file="+config, "--storage.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--cluster.listen-address=")
	b.start()
	b.ready()
	shop, err := startBackend(t.Context(), demoKind{name: "healthy", host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer shop.stop()
	target := shop.target()
	if err := shop.stop(); err != nil {
		t.Fatal(err)
	}
	alert := func(more string) bool {
		body := fmt.Sprintf(`[{"labels":{"alertname":"ProbeFailed","severity":"critical","job":"blackbox","instance":"http://%s/health"},"annotations":{"summary":"the shop does not answer"}%s}]`, target, more)
		resp, err := http.Post("http://"+address+"/api/v2/alerts", "application/json", strings.NewReader(body))
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}
	b.eventually("Alertmanager takes the alert", func() bool { return alert("") })
	b.said("No cause proved for " + target)
	again, err := startBackend(t.Context(), demoKind{name: "healthy", port: shop.port, host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer again.stop()
	if again.port != shop.port {
		t.Skip("the port was taken meanwhile")
	}
	alert(fmt.Sprintf(`,"endsAt":%q`, time.Now().UTC().Format(time.RFC3339Nano)))
	b.said("checked again: " + target + " accepts connections")
	if n := len(b.roots()); n != 1 {
		t.Errorf("there are %d threads, want 1", n)
	}
}

// nginxConfig passes /1, /2 … on to backends of their own.
func nginxConfig(dir, listen string, backends []string) string {
	var upstreams, locations strings.Builder
	for i, b := range backends {
		fmt.Fprintf(&upstreams, "  upstream shop%d { server %s; }\n", i, b)
		fmt.Fprintf(&locations, "    location /%d { proxy_pass http://shop%d; }\n", i, i)
	}
	var temporary strings.Builder
	for _, what := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temporary, "  %s_temp_path %s/%s;\n", what, dir, what)
	}
	return fmt.Sprintf("daemon off;\nmaster_process off;\npid %s/pid;\nerror_log %s/error.log;\nevents {}\nhttp {\n  access_log off;\n%s%s  server {\n    listen %s;\n%s  }\n}\n",
		dir, dir, &temporary, &upstreams, listen, &locations)
}

// startNginx runs nginx before backends; follow has the bot's runner follow its
// error log.
func (b *bed) startNginx(backends []string) (url string) {
	b.t.Helper()
	dir, listen := b.t.TempDir(), freeAddress(b.t)
	config := writeFile(b.t, filepath.Join(dir, "nginx.conf"), nginxConfig(dir, listen, backends))
	startProgram(b.t, "nginx", "-p", dir, "-c", config, "-e", filepath.Join(dir, "error.log"))
	text, err := os.ReadFile(b.config)
	if err != nil {
		b.t.Fatal(err)
	}
	const labels = "labels: {role: lb}"
	follows := strings.Replace(string(text), labels, labels+", follow: ['nginx="+filepath.Join(dir, "error.log")+"']", 1)
	writeFile(b.t, b.config, follows)
	return "http://" + listen
}

// TestNginx stops a backend behind a real nginx. There is no alert sender at all.
func TestNginx(t *testing.T) {
	b := newBed(t, lenient())
	shop, err := startBackend(t.Context(), demoKind{name: "healthy", host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer shop.stop()
	page := b.startNginx([]string{shop.target()}) + "/0"
	b.start()
	b.ready()
	b.eventually("nginx serves the backend's page", func() bool { return status(page) == http.StatusOK })
	b.eventually("the log is followed", b.follows)
	if err := shop.stop(); err != nil {
		t.Fatal(err)
	}
	if got := status(page); got != http.StatusBadGateway {
		t.Errorf("nginx answers %d without its backend, want 502", got)
	}
	b.eventually("a thread came by itself, with a verdict", func() bool {
		for _, m := range b.roots() {
			if strings.Contains(m.Text, "Cause found for "+shop.target()) || strings.Contains(m.Text, "No cause proved for "+shop.target()) {
				return true
			}
		}
		return false
	})
	for range 20 {
		status(page)
	}
	b.said("seen 21 times")
	if n := len(b.roots()); n != 1 {
		t.Errorf("there are %d threads, want 1", n)
	}
}

// status gets a page; 0 without an answer.
func status(url string) int {
	resp, err := http.Get(url)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// follows reports whether the bot has a place in its load balancer's log.
func (b *bed) follows() bool {
	text, _ := os.ReadFile(filepath.Join(filepath.Dir(b.config), "data", "follow.json"))
	return bytes.Contains(text, []byte("error.log"))
}

// waits are how many threads are timed: more targets within a minute would be one
// storm.
const waits = 7

// TestTimeToThread measures how long it takes from a webhook's bytes, and from a
// line in a load balancer's log, to the parent message. PLEXOR_TEST_COST holds
// the medians to 300 ms and to a second, on a machine that does nothing else.
func TestTimeToThread(t *testing.T) {
	for name, test := range map[string]struct {
		most  time.Duration
		start func(b *bed) (alert func(i int, target string))
	}{
		"webhook": {300 * time.Millisecond, func(b *bed) func(int, string) {
			b.start()
			return func(_ int, target string) { b.post("alertmanager", webhook(fired("firing", target))) }
		}},
		"log line": {time.Second, func(b *bed) func(int, string) {
			var all []string
			for i := range waits {
				all = append(all, timed(i))
			}
			page := b.startNginx(all)
			b.start()
			b.eventually("the log is followed", b.follows)
			return func(i int, _ string) { status(page + "/" + strconv.Itoa(i)) }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, lenient())
			alert := test.start(b)
			b.ready()
			var all []time.Duration
			for i := range waits {
				began := time.Now()
				alert(i, timed(i))
				all = append(all, b.parent(timed(i)).Sub(began))
			}
			slices.Sort(all)
			t.Logf("from %s to parent message: median %s, most %s, of %d", name, all[waits/2], all[waits-1], waits)
			if os.Getenv("PLEXOR_TEST_COST") != "" && all[waits/2] > test.most {
				t.Errorf("median %s, want at most %s", all[waits/2], test.most)
			}
		})
	}
}

// timed is a target on a host of its own, on which nobody listens.
func timed(i int) string { return fmt.Sprintf("127.0.8.%d:9", i+1) }

// parent waits for the thread about a target and returns when it was posted.
func (b *bed) parent(target string) time.Time {
	b.t.Helper()
	var m workspace.Message
	b.eventually("there is a thread about "+target, func() bool {
		for _, m = range b.roots() {
			if strings.Contains(m.Text, target) {
				return true
			}
		}
		return false
	})
	seconds, micros, _ := strings.Cut(m.TS, ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	us, err2 := strconv.ParseInt(micros, 10, 64)
	if err != nil || err2 != nil {
		b.t.Fatalf("ts = %q", m.TS)
	}
	return time.Unix(s, us*1000)
}
