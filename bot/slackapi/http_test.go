package slackapi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// ears keeps what it was told.
type ears struct {
	mu       sync.Mutex
	commands []Command
	events   []Event
	pressed  []Interaction
	fail     error
	panics   bool
}

func (e *ears) Command(_ context.Context, c Command) Reply {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.panics {
		panic("a bug")
	}
	e.commands = append(e.commands, c)
	return Reply{Text: "heard " + c.Text}
}

func (e *ears) Interaction(_ context.Context, i Interaction) Reply {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pressed = append(e.pressed, i)
	return Reply{}
}

func (e *ears) Event(_ context.Context, v Event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, v)
	return e.fail
}

const testSecret = "8f742231b10e8888abcd99yyyzzz85a5"

// sign signs a body as Slack does:
// https://docs.slack.dev/authentication/verifying-requests-from-slack
func sign(secret, body string, at time.Time) http.Header {
	ts := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + ts + ":" + body))
	return http.Header{"X-Slack-Request-Timestamp": {ts}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))}}
}

// httpMode is a receiver on localhost.
type httpMode struct {
	t    *testing.T
	url  string
	ears *ears
}

func newHTTPMode(t *testing.T) *httpMode {
	t.Helper()
	e := new(ears)
	c := New(Config{BotToken: "xoxb-test", SigningSecret: testSecret, Log: slog.New(slog.DiscardHandler)})
	s := httptest.NewServer(c.HTTP(e))
	t.Cleanup(s.Close)
	return &httpMode{t: t, url: s.URL, ears: e}
}

func (m *httpMode) post(path, body string, h http.Header) (status int, answer string) {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, m.url+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header = h.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestHTTPCommand(t *testing.T) {
	m := newHTTPMode(t)
	body := url.Values{"command": {"/diagnose"}, "text": {"web:80"}, "user_id": {"U1"}, "channel_id": {"C1"}, "trigger_id": {"1.2"}}.Encode()
	status, answer := m.post("/slack/commands", body, sign(testSecret, body, time.Now()))
	if status != http.StatusOK || !strings.Contains(answer, "heard web:80") {
		t.Errorf("a signed command = %d %s, want it heard", status, answer)
	}
	if c := m.ears.commands; len(c) != 1 || c[0].Text != "web:80" || c[0].User != "U1" || c[0].Channel != "C1" || c[0].Trigger != "1.2" {
		t.Errorf("heard %+v", c)
	}
}

// TestHTTPRefuses sends what Slack did not sign, not now, or not for the first
// time: nothing of it is handled.
func TestHTTPRefuses(t *testing.T) {
	m := newHTTPMode(t)
	body := "command=%2Fdiagnose&text=web%3A80"
	now := time.Now()
	for name, h := range map[string]http.Header{
		"no signature":  {},
		"other secret":  sign("other", body, now),
		"other body":    sign(testSecret, body+"0", now),
		"six minutes":   sign(testSecret, body, now.Add(-6*time.Minute)),
		"of the future": sign(testSecret, body, now.Add(6*time.Minute)),
		"no number":     {"X-Slack-Request-Timestamp": {"soon"}, "X-Slack-Signature": sign(testSecret, body, now)["X-Slack-Signature"]},
	} {
		for _, path := range []string{"/slack/commands", "/slack/events", "/slack/interactions"} {
			if status, _ := m.post(path, body, h); status != http.StatusUnauthorized {
				t.Errorf("%s to %s = %d, want 401", name, path, status)
			}
		}
	}
	h := sign(testSecret, body, now.Add(-4*time.Minute))
	if status, _ := m.post("/slack/commands", body, h); status != http.StatusOK {
		t.Errorf("four minutes old = %d, want it taken", status)
	}
	if status, _ := m.post("/slack/commands", body, h); status != http.StatusConflict {
		t.Errorf("a replay = %d, want 409", status)
	}
	h.Set("X-Slack-Signature", "v0="+strings.ToUpper(strings.TrimPrefix(h.Get("X-Slack-Signature"), "v0=")))
	if status, _ := m.post("/slack/commands", body, h); status != http.StatusConflict {
		t.Errorf("a replay whose signature is spelt in capitals = %d, want 409", status)
	}
	if n := len(m.ears.commands); n != 1 {
		t.Errorf("%d commands were handled, want 1", n)
	}
}

func TestHTTPBounds(t *testing.T) {
	m := newHTTPMode(t)
	body := "text=" + strings.Repeat("x", bodyLimit)
	if status, _ := m.post("/slack/commands", body, sign(testSecret, body, time.Now())); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body over the bound = %d, want 413", status)
	}
	resp, err := http.Get(m.url + "/slack/commands")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET = %d, want 405", resp.StatusCode)
	}
}

func TestHTTPEvents(t *testing.T) {
	m := newHTTPMode(t)
	send := func(body string) (int, string) {
		t.Helper()
		return m.post("/slack/events", body, sign(testSecret, body, time.Now()))
	}
	if status, answer := send(`{"type":"url_verification","challenge":"3eZbrw1a"}`); status != http.StatusOK || answer != "3eZbrw1a" {
		t.Errorf("url_verification = %d %q, want its challenge", status, answer)
	}
	if status, _ := send(`{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention","channel":"C1","user":"U1","text":"hi","ts":"1.1"}}`); status != http.StatusOK {
		t.Errorf("an event = %d, want 200", status)
	}
	if e := m.ears.events; len(e) != 1 || e[0].ID != "Ev1" || e[0].Kind.Type != "app_mention" || e[0].Kind.Text != "hi" {
		t.Errorf("heard %+v", e)
	}
	if status, _ := send(`{"type":"event_callback","event":7}`); status != http.StatusOK {
		t.Errorf("an event that nobody understands = %d, want 200: sending it again would not help", status)
	}
	if status, _ := send(`{`); status != http.StatusBadRequest {
		t.Errorf("no JSON = %d, want 400", status)
	}
	m.ears.fail = errors.New("disk full")
	if status, _ := send(`{"type":"event_callback","event_id":"Ev2","event":{"type":"app_mention"}}`); status != http.StatusServiceUnavailable {
		t.Errorf("an event that could not be kept = %d, want 503, so that it comes again", status)
	}
}

func TestHTTPInteraction(t *testing.T) {
	m := newHTTPMode(t)
	payload, err := json.Marshal(map[string]any{
		"type": "block_actions", "user": map[string]string{"id": "U1"}, "container": map[string]string{"message_ts": "1.1", "channel_id": "C1"},
		"actions": []map[string]string{{"action_id": "go", "value": "v", "type": "button"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	body := url.Values{"payload": {string(payload)}}.Encode()
	if status, answer := m.post("/slack/interactions", body, sign(testSecret, body, time.Now())); status != http.StatusOK || answer != "" {
		t.Errorf("a press = %d %q, want an empty 200", status, answer)
	}
	if p := m.ears.pressed; len(p) != 1 || p[0].User.ID != "U1" || p[0].Actions[0].ActionID != "go" || p[0].Actions[0].Value.Value != "v" {
		t.Errorf("heard %+v", p)
	}
	for _, bad := range []string{"payload=%7B", "payload=", "%zz"} {
		if status, _ := m.post("/slack/interactions", bad, sign(testSecret, bad, time.Now())); status != http.StatusBadRequest {
			t.Errorf("%q = %d, want 400", bad, status)
		}
	}
}

func TestHTTPPanic(t *testing.T) {
	m := newHTTPMode(t)
	m.ears.panics = true
	body := "text=web%3A80"
	if status, answer := m.post("/slack/commands", body, sign(testSecret, body, time.Now())); status != http.StatusOK || !strings.Contains(answer, "went wrong") {
		t.Errorf("a panic = %d %s, want a word to the person", status, answer)
	}
}

// FuzzVerify holds the signature check: what passes was signed with the secret,
// and what was signed passes, whatever the body and the header look like.
func FuzzVerify(f *testing.F) {
	now := time.Now()
	f.Add([]byte("text=web"), "v0=00", strconv.FormatInt(now.Unix(), 10), false)
	f.Add([]byte(""), "", "", true)
	f.Add([]byte("\x00\xff"), "v0=zz", "-9223372036854775808", true)
	f.Add([]byte("x"), "v1="+strings.Repeat("a", 64), "99999999999999999999", false)
	f.Fuzz(func(t *testing.T, body []byte, signature, ts string, honest bool) {
		h := http.Header{"X-Slack-Request-Timestamp": {ts}, "X-Slack-Signature": {signature}}
		if honest {
			h = sign(testSecret, string(body), time.Now())
		}
		err := Verify(h, body, testSecret)
		if honest && err != nil {
			t.Fatalf("Verify of what was signed = %v", err)
		}
		mac := hmac.New(sha256.New, []byte(testSecret))
		mac.Write([]byte("v0:" + ts + ":" + string(body)))
		if !honest && err == nil && signature != "v0="+hex.EncodeToString(mac.Sum(nil)) {
			t.Fatalf("Verify took %q for a body that it does not sign", signature)
		}
		if Verify(h, body, "") == nil || Verify(sign("other", string(body), time.Now()), body, testSecret) == nil {
			t.Fatal("Verify took no secret, or another")
		}
	})
}
