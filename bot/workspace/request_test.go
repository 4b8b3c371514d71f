package workspace

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

// httpApp is an app in HTTP mode; it notes what it gets.
type httpApp struct {
	got  chan posted
	fail atomic.Int32 // how many requests are refused yet
}

type posted struct {
	path   string
	header http.Header
	body   []byte
}

func (a *httpApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.got <- posted{r.URL.Path, r.Header, body}
	if a.fail.Add(-1) >= 0 {
		http.Error(w, "no", http.StatusInternalServerError)
		return
	}
	var e struct{ Type, Challenge string }
	json.Unmarshal(body, &e)
	switch {
	case e.Type == "url_verification":
		io.WriteString(w, e.Challenge)
	case r.URL.Path == "/slack/commands":
		io.WriteString(w, "plain words")
	}
}

func newHTTPBed(t *testing.T, cfg Config) (*bed, *httpApp) {
	a := &httpApp{got: make(chan posted, 100)}
	web := httptest.NewServer(a)
	t.Cleanup(web.Close)
	cfg.RequestURL, cfg.SigningSecret = web.URL+"/", "s3cret"
	return newBed(t, cfg), a
}

func TestHTTPMode(t *testing.T) {
	b, a := newHTTPBed(t, Config{})
	if err := b.ctl.Verify(ctx(t)); err != nil {
		t.Fatalf("Verify = %v", err)
	}
	<-a.got
	ack, err := b.ctl.Command(ctx(t), "ops", "U1", "/diagnose web:8080 plan=x")
	if err != nil || string(ack.Body) != `"plain words"` {
		t.Fatalf("Command = %s, %v, want the body", ack.Body, err)
	}
	p := <-a.got
	form, _ := url.ParseQuery(string(p.body))
	if p.path != "/slack/commands" || form.Get("text") != "web:8080 plan=x" || form.Get("response_url") == "" {
		t.Errorf("command = %s %v", p.path, form)
	}
	stamp := p.header.Get("X-Slack-Request-Timestamp")
	if got, want := p.header.Get("X-Slack-Signature"), sign("s3cret", stamp, p.body); got != want || stamp == "" {
		t.Errorf("signature = %q, want %q", got, want)
	}
	if mine, _ := b.ctl.Ephemeral(ctx(t), "U1"); len(mine) != 1 || mine[0].Text != "plain words" {
		t.Errorf("the person saw %v", mine)
	}
	m := b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "text": {"x"}, "blocks": {buttons}}))
	if p := <-a.got; p.path != "/slack/events" || !json.Valid(p.body) {
		t.Errorf("event = %s %s", p.path, p.body)
	}
	if _, err := b.ctl.Action(ctx(t), Press{Channel: "ops", TS: m.TS, ActionID: "rerun"}); err != nil {
		t.Fatal(err)
	}
	p = <-a.got
	form, _ = url.ParseQuery(string(p.body))
	if p.path != "/slack/interactions" || !json.Valid([]byte(form.Get("payload"))) {
		t.Errorf("interaction = %s %s", p.path, p.body)
	}
}

// TestSignature holds sign against the example in Slack's "Verifying requests from Slack".
func TestSignature(t *testing.T) {
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	const want = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	if got := sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", []byte(body)); got != want {
		t.Errorf("sign = %q, want %q", got, want)
	}
}

func TestHTTPRedelivery(t *testing.T) {
	b, a := newHTTPBed(t, Config{Retries: []time.Duration{0, 0, 0}})
	a.fail.Store(2)
	if _, err := b.ctl.Message(ctx(t), NewMessage{Channel: "ops", Text: "x"}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "1", "2"} {
		select {
		case p := <-a.got:
			if got := p.header.Get("X-Slack-Retry-Num"); got != want {
				t.Errorf("request %d has X-Slack-Retry-Num %q, want %q", i, got, want)
			}
		case <-time.After(patience):
			t.Fatalf("request %d did not come", i)
		}
	}
}
