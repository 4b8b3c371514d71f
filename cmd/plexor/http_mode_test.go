package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/workspace"
)

// signedRequest is a request of Slack's as it went over the wire.
type signedRequest struct {
	path   string
	header http.Header
	body   []byte
}

// wire stands between the workspace and the bot, and keeps what passes.
type wire struct {
	bot string
	mu  sync.Mutex
	all []signedRequest
}

func (w *wire) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	body, _ := io.ReadAll(in.Body)
	r := signedRequest{in.URL.Path, in.Header.Clone(), body}
	w.mu.Lock()
	w.all = append(w.all, r)
	w.mu.Unlock()
	status, text, err := w.send(r)
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadGateway)
		return
	}
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(status)
	io.WriteString(out, text)
}

func (w *wire) send(r signedRequest) (status int, text string, err error) {
	req, err := http.NewRequest(http.MethodPost, w.bot+r.path, bytes.NewReader(r.body))
	if err != nil {
		return 0, "", err
	}
	req.Header = r.header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(answer), err
}

// first is the first request to a path.
func (w *wire) first(path string) (signedRequest, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.all {
		if r.path == path {
			return r, true
		}
	}
	return signedRequest{}, false
}

const testSigningSecret = "a signing secret"

// sign signs r anew, as of a time.
func (r signedRequest) sign(at time.Time) signedRequest {
	stamp := fmt.Sprint(at.Unix())
	mac := hmac.New(sha256.New, []byte(testSigningSecret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, r.body)
	r.header = r.header.Clone()
	r.header.Set("X-Slack-Request-Timestamp", stamp)
	r.header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return r
}

// newHTTPBed is a bed in HTTP mode: `plexor workspace` as a process of its own,
// what it sends on a wire, and a bot that is not started yet.
func newHTTPBed(t *testing.T) (*bed, *wire) {
	t.Helper()
	b := newBed(t, workspace.Config{})
	w := &wire{bot: b.api}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "workspace", "--listen", "127.0.0.1:0", "--request-url", server.URL, "--signing-secret", testSigningSecret)
	cmd.Env, cmd.Stderr = append(os.Environ(), "PLEXOR_TEST_MAIN=1"), b.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	said, err := bufio.NewReader(out).ReadString('\n') // page:    http://127.0.0.1:PORT/
	page := strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(said, "page:")), "/")
	if err != nil || !strings.HasPrefix(page, "http://") {
		t.Fatalf("plexor workspace says %q, %v", said, err)
	}
	text, err := os.ReadFile(b.config)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "api_url: '"+b.control.URL+"/api/'", "mode: http, api_url: '"+page+"/api/'", 1)
	if err := os.WriteFile(b.config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	b.control = workspace.Control{URL: page}
	return b, w
}

// TestHTTPMode has no Socket Mode: commands, events, presses and modals come as
// signed requests. What is not signed, old, or sent again does nothing.
func TestHTTPMode(t *testing.T) {
	b, w := newHTTPBed(t)
	kill := b.start()
	b.ready()
	target := refusing(t)
	if err := b.control.Verify(t.Context()); err != nil {
		t.Errorf("url_verification: %v", err)
	}
	if ack, err := b.control.Command(t.Context(), "ops", "U1", "/diagnose web:0"); err != nil || !bytes.Contains(ack.Body, []byte("1 to 65535")) {
		t.Errorf("a bad command is answered %s, %v", ack.Body, err)
	}
	if ack, err := b.control.Command(t.Context(), "ops", "U1", "/diagnose "+target); err != nil || bytes.Contains(ack.Body, []byte("text")) {
		t.Fatalf("a command = %s, %v; want it taken", ack.Body, err)
	}
	parent := b.ended(1)[0]
	b.press(workspace.Press{Channel: "ops", TS: parent.TS, ActionID: "investigation_rerun"})
	b.ended(2)
	b.modal(target)
	b.ended(3)
	if _, err := b.control.Message(t.Context(), workspace.NewMessage{Channel: "ops", User: "U1", Text: "<@UB1> diagnose " + target}); err != nil {
		t.Fatal(err)
	}
	all := b.ended(4)
	b.refused(w)
	kill()
	b.start() // what it has seen of signatures is gone; what it did is not
	b.ready()
	for _, path := range []string{"/slack/commands", "/slack/interactions", "/slack/events"} {
		r, _ := w.first(path)
		if _, _, err := w.send(r); err != nil {
			t.Error(err)
		}
	}
	if again := b.ended(4); len(again) != len(all) {
		t.Errorf("after replays there are %d threads, want %d", len(again), len(all))
	}
}

// refused sends what passed the wire again in each way that must do nothing.
func (b *bed) refused(w *wire) {
	b.t.Helper()
	for _, path := range []string{"/slack/commands", "/slack/interactions", "/slack/events"} {
		r, ok := w.first(path)
		if !ok {
			b.t.Fatalf("nothing went to %s", path)
		}
		forged, unsigned, changed := r.sign(time.Now()), r.sign(time.Now()), r.sign(time.Now())
		forged.header.Set("X-Slack-Signature", "v0="+strings.Repeat("0", 64))
		unsigned.header.Del("X-Slack-Signature")
		changed.body = append(bytes.Clone(r.body), ' ')
		for what, test := range map[string]struct {
			request signedRequest
			status  int
		}{
			"sent again":         {r, http.StatusConflict},
			"five minutes old":   {r.sign(time.Now().Add(-5*time.Minute - 10*time.Second)), http.StatusUnauthorized},
			"from the future":    {r.sign(time.Now().Add(5*time.Minute + 10*time.Second)), http.StatusUnauthorized},
			"signed by a guess":  {forged, http.StatusUnauthorized},
			"not signed":         {unsigned, http.StatusUnauthorized},
			"changed on its way": {changed, http.StatusUnauthorized},
		} {
			if status, text, err := w.send(test.request); err != nil || status != test.status {
				b.t.Errorf("a request to %s %s = %d %s %v, want %d", path, what, status, text, err, test.status)
			}
		}
	}
}

// ended waits until so many threads end in a verdict and nothing is to be said,
// and returns their parents.
func (b *bed) ended(threads int) []workspace.Message {
	b.t.Helper()
	verdicts := 0
	b.eventually(fmt.Sprintf("%d threads have their verdict", threads), func() bool {
		verdicts = 0
		for _, m := range b.messages() {
			if strings.HasSuffix(keyOf(m), "#verdict") {
				verdicts++
			}
		}
		return verdicts >= threads && b.idle()
	})
	if verdicts != threads {
		b.t.Errorf("%d verdicts, want %d", verdicts, threads)
	}
	return b.roots()
}

// press uses a button with the value that stands in its message.
func (b *bed) press(p workspace.Press) {
	b.t.Helper()
	if _, err := b.control.Action(b.t.Context(), p); err != nil {
		b.t.Fatalf("press %s: %v", p.ActionID, err)
	}
}

// modal asks for a target in the modal of the global shortcut.
func (b *bed) modal(target string) {
	b.t.Helper()
	if _, err := b.control.Shortcut(b.t.Context(), "ask", "", "", "U1"); err != nil {
		b.t.Fatal(err)
	}
	b.eventually("the modal opens", func() bool {
		open, err := b.control.Modals(b.t.Context(), "U1")
		return err == nil && len(open) == 1
	})
	sub := workspace.Submission{User: "U1", Values: map[string]any{"target": "web:0", "channel": "C1"}}
	if s, _ := b.control.Submit(b.t.Context(), sub); !strings.Contains(s.Errors["target"], "1 to 65535") {
		b.t.Errorf("a bad target in the modal is told %q", s.Errors)
	}
	sub.Values["target"] = target
	if _, err := b.control.Submit(b.t.Context(), sub); err != nil {
		b.t.Fatal(err)
	}
}
