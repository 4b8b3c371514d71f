package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/bot/workspace"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// configure adds to the bot's configuration before it is started.
func (b *bed) configure(text string) {
	b.t.Helper()
	f, err := os.OpenFile(b.config, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
		f.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// post sends an alert with the API's token and returns the answer.
func (b *bed) post(source, body string) (int, string) {
	b.t.Helper()
	status, text, err := b.tryPost(source, "Bearer token", body)
	if err != nil {
		b.t.Fatal(err)
	}
	return status, text
}

func (b *bed) tryPost(source, auth, body string) (int, string, error) {
	req, err := http.NewRequest(http.MethodPost, b.api+"/alerts/"+source, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// fired is one alert of Alertmanager's about a target.
func fired(status, target string, more ...string) string {
	labels := fmt.Sprintf(`"alertname":"BackendDown","severity":"critical","target":%q`, target)
	for i := 0; i+1 < len(more); i += 2 {
		labels += fmt.Sprintf(",%q:%q", more[i], more[i+1])
	}
	return fmt.Sprintf(`{"status":%q,"labels":{%s},"startsAt":"2026-11-30T10:00:00Z"}`, status, labels)
}

func webhook(alerts ...string) string {
	return `{"version":"4","alerts":[` + strings.Join(alerts, ",") + `]}`
}

// refusing returns an address on which nobody listens. Its port is not one of
// those that the kernel hands out (ip_local_port_range): no other test comes to
// listen on it by chance.
func refusing(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.N(12_000)))
		if err != nil {
			continue
		}
		defer l.Close()
		return l.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}

// said waits for a message that contains text, and returns it.
func (b *bed) said(text string) (found workspace.Message) {
	b.t.Helper()
	defer func() {
		if b.t.Failed() || found.TS == "" {
			for _, m := range b.messages() {
				b.t.Logf("%s %s", keyOf(m), m.Text)
			}
		}
	}()
	b.eventually("somebody says "+text, func() bool {
		for _, m := range b.messages() {
			if strings.Contains(m.Text, text) || bytes.Contains(m.Blocks, []byte(text)) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// roots are the top-level messages that the bot wrote.
func (b *bed) roots() (list []workspace.Message) {
	for _, m := range b.messages() {
		if keyOf(m) != "" && (m.ThreadTS == "" || m.ThreadTS == m.TS) {
			list = append(list, m)
		}
	}
	return list
}

func lenient() workspace.Config {
	return workspace.Config{Limits: workspace.Limits{PostPerSecond: -1, UpdatePerMinute: -1, OtherPerMinute: -1}}
}

// TestAlertLoop has a backend that refuses, which then is there again.
func TestAlertLoop(t *testing.T) {
	b := newBed(t, lenient())
	b.start()
	b.ready()
	target := refusing(t)
	for range 3 {
		if status, text := b.post("alertmanager", webhook(fired("firing", target))); status != http.StatusAccepted {
			t.Fatalf("POST /alerts/alertmanager = %d %s, want 202", status, text)
		}
	}
	b.said("No cause proved for " + target)
	b.said("seen 3 times")
	l, err := net.Listen("tcp", target)
	if err != nil {
		t.Skipf("the port was taken meanwhile: %v", err)
	}
	defer l.Close()
	b.post("alertmanager", webhook(fired("resolved", target)))
	b.said("checked again: " + target + " accepts connections")
	if n := len(b.roots()); n != 1 {
		t.Errorf("there are %d threads, want 1", n)
	}
}

// TestAlertStillBroken resolves an alert whose target is as broken as before.
func TestAlertStillBroken(t *testing.T) {
	b := newBed(t, lenient())
	b.start()
	b.ready()
	target := refusing(t)
	b.post("alertmanager", webhook(fired("firing", target)))
	b.said("No cause proved for " + target)
	b.post("alertmanager", webhook(fired("resolved", target)))
	b.said("but " + target + " is still not well")
}

// metricLines are the lines "name value" of Prometheus's text.
func metricLines(text string) map[string]string {
	m := map[string]string{}
	for l := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(l), " "); ok && name != "#" {
			m[name] = value
		}
	}
	return m
}

// TestAlertRefusals sends what must not be taken.
func TestAlertRefusals(t *testing.T) {
	b := newBed(t, lenient())
	b.start()
	b.ready()
	good := webhook(fired("firing", refusing(t)))
	for name, test := range map[string]struct {
		source, auth, body string
		status             int
		says               string
	}{
		"no proof":       {"alertmanager", "", good, 401, "Authorization"},
		"wrong proof":    {"alertmanager", "Bearer nonsense", good, 401, "Authorization"},
		"wrong scheme":   {"alertmanager", "Token token", good, 401, "Authorization"},
		"unknown source": {"nagios", "Bearer token", good, 401, "source"},
		"sns unsigned":   {"sns", "Bearer token", good, 401, "Signature"},
		"no JSON":        {"alertmanager", "Bearer token", "{", 400, "body"},
		"empty":          {"alertmanager", "Bearer token", "", 400, "body"},
		"wrong type":     {"alertmanager", "Bearer token", `{"version":"4","alerts":[{"status":7,"labels":[]}]}`, 400, "labels"},
		"no status":      {"alertmanager", "Bearer token", `{"version":"4","alerts":[{"labels":{"a":"b"}}]}`, 400, "alerts[0].status"},
		"deep":           {"alertmanager", "Bearer token", strings.Repeat("[", 10_000), 400, "nested"},
		"large":          {"alertmanager", "Bearer token", strings.Repeat(" ", 5<<20), 413, "body"},
	} {
		status, text, err := b.tryPost(test.source, test.auth, test.body)
		if err != nil || status != test.status || !strings.Contains(text, test.says) {
			t.Errorf("%s: POST = %d %s %v, want %d and %q", name, status, text, err, test.status, test.says)
		}
	}
	var kept []store.Alert
	if b.get("/api/v1/alerts", &kept); len(kept) != 0 {
		t.Errorf("%d alerts are kept of what was refused: %v", len(kept), kept)
	}
}

// TestAlertKept sends what can't be diagnosed: it is kept and shown.
func TestAlertKept(t *testing.T) {
	b := newBed(t, lenient())
	b.start()
	b.ready()
	b.post("alertmanager", webhook(fired("firing", "192.0.2.7:80")))
	b.said("Not diagnosed: 192.0.2.7:80")
	b.post("alertmanager", webhook(`{"status":"firing","labels":{"alertname":"<!channel> *bold* <http://evil.test|click>"}}`))
	m := b.said("names nothing to diagnose")
	if strings.Contains(m.Text, "<!channel>") || strings.Contains(m.Text, "<http") {
		t.Errorf("text = %q, in which a stranger's markup works", m.Text)
	}
	if bytes.Contains(m.Blocks, []byte("mrkdwn")) {
		t.Errorf("blocks = %s, which hold mrkdwn", m.Blocks)
	}
	var list []investigations.Investigation
	if b.get("/api/v1/investigations", &list); len(list) != 0 {
		t.Errorf("%d investigations ran, want none", len(list))
	}
}

// TestAlertStorm sends many alerts at once: one thread has them all.
func TestAlertStorm(t *testing.T) {
	b := newBed(t, lenient())
	b.start()
	b.ready()
	var all []string
	for i := range 34 {
		all = append(all, fired("firing", fmt.Sprintf("127.0.7.%d:9", i+1), "n", fmt.Sprint(i)))
	}
	b.post("alertmanager", webhook(all...))
	b.said("34 alerts on 34 targets")
	b.eventually("the storm is over", b.idle)
	if roots := b.roots(); len(roots) != 1 {
		t.Errorf("there are %d threads, want 1", len(roots))
	}
	var list []investigations.Investigation
	if b.get("/api/v1/investigations?limit=100", &list); len(list) != 34 {
		t.Errorf("%d investigations ran, want 34", len(list))
	}
}

// TestAlertMute mutes a target from Slack, and lets it go again.
func TestAlertMute(t *testing.T) {
	b := newBed(t, lenient())
	b.start()
	b.ready()
	target := refusing(t)
	if _, err := b.control.Command(t.Context(), "ops", "U1", "/diagnose mute "+target+" 2h being replaced"); err != nil {
		t.Fatal(err)
	}
	b.post("alertmanager", webhook(fired("firing", target)))
	var kept []store.Alert
	if b.get("/api/v1/alerts", &kept); len(kept) != 1 || !kept[0].Muted || !strings.Contains(kept[0].Why, "being replaced") {
		t.Fatalf("alerts = %+v, want one that is muted and says why", kept)
	}
	if n := len(b.roots()); n != 0 {
		t.Errorf("there are %d threads, want none", n)
	}
	if _, err := b.control.Command(t.Context(), "ops", "U1", "/diagnose unmute "+target); err != nil {
		t.Fatal(err)
	}
	b.post("alertmanager", webhook(fired("firing", target)))
	b.said("No cause proved for " + target)
}

// TestAlertInSlack has an integration post an alert: the bot answers under it,
// never to itself or to a person, and an edit with nothing new changes nothing.
func TestAlertInSlack(t *testing.T) {
	b := newBed(t, lenient())
	b.start()
	b.ready()
	target := refusing(t)
	text := "[FIRING:1] HAProxyServerDown: connect to " + target + " refused"
	ts, err := b.control.Message(t.Context(), workspace.NewMessage{Channel: "ops", Bot: "Alertmanager", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	if m := b.said("No cause proved for " + target); m.ThreadTS != ts {
		t.Errorf("the answer is in thread %q, want %q", m.ThreadTS, ts)
	}
	if _, err := b.control.Message(t.Context(), workspace.NewMessage{Channel: "ops", Bot: "Alertmanager", Text: text + " ", TS: ts}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.control.Message(t.Context(), workspace.NewMessage{Channel: "ops", User: "U1", Text: text}); err != nil {
		t.Fatal(err)
	}
	b.eventually("everything was said", b.idle)
	var list []investigations.Investigation
	if b.get("/api/v1/investigations", &list); len(list) != 1 {
		t.Errorf("%d investigations ran, want 1", len(list))
	}
}
