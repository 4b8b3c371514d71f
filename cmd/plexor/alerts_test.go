package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/bot/workspace"
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

// refusing returns an address on which nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
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
