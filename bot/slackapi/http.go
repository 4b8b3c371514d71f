package slackapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

// bodyLimit bounds a request's body, in bytes; Slack's own are far smaller.
const bodyLimit = 1 << 20

// replayWindow is how long a signature is remembered: Slack's own window is
// five minutes to either side.
const replayWindow = 10 * time.Minute

// HTTP receives commands, events and interactions as signed requests: mount it
// at /slack/. A wrong or old signature is 401, one seen before 409, and nothing
// of either is handled.
func (c *Client) HTTP(h Handler) http.Handler {
	r := &receiver{client: c, handler: newDispatcher(h, c.log), seen: map[string]time.Time{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /slack/commands", r.verified(r.command))
	mux.HandleFunc("POST /slack/interactions", r.verified(r.interaction))
	mux.HandleFunc("POST /slack/events", r.verified(r.event))
	return mux
}

type receiver struct {
	client  *Client
	handler *dispatcher
	mu      sync.Mutex
	seen    map[string]time.Time // signature, as it is spelt canonically -> when
}

// verified reads the bounded raw body, holds its signature against the secret,
// and only then lets anybody parse it.
func (r *receiver) verified(next func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, bodyLimit))
		if err != nil {
			http.Error(w, "body too large or broken", http.StatusRequestEntityTooLarge)
			return
		}
		if err := Verify(req.Header, body, r.client.cfg.SigningSecret); err != nil {
			http.Error(w, "not signed by slack", http.StatusUnauthorized)
			return
		}
		if r.again(req.Header.Get("X-Slack-Signature")) {
			http.Error(w, "seen before", http.StatusConflict)
			return
		}
		next(w, req, body)
	}
}

// Verify holds a request's signature (X-Slack-Signature, v0) and its time
// against the signing secret. An empty secret verifies nothing.
func Verify(header http.Header, body []byte, secret string) error {
	if secret == "" {
		return errors.New("verify slack signature: no signing secret")
	}
	v, err := slack.NewSecretsVerifier(header, secret)
	if err != nil {
		return err
	}
	if _, err := v.Write(body); err != nil {
		return err
	}
	return v.Ensure()
}

// again remembers a signature and reports whether it was known. Events that
// Slack repeats are signed anew and told by their event_id. A signature is the
// same in any spelling of its hexadecimal digits.
func (r *receiver) again(signature string) bool {
	signature = strings.ToLower(signature)
	now := r.client.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for s, at := range r.seen {
		if now.Sub(at) > replayWindow {
			delete(r.seen, s)
		}
	}
	_, known := r.seen[signature]
	r.seen[signature] = now
	return known
}

func (r *receiver) command(w http.ResponseWriter, req *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return
	}
	c := commandOf(form)
	r.answer(w, req, delivery{command: &c})
}

func (r *receiver) interaction(w http.ResponseWriter, req *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return
	}
	d, err := decode("interactive", json.RawMessage(form.Get("payload")))
	if err != nil {
		http.Error(w, "not an interaction", http.StatusBadRequest)
		return
	}
	r.answer(w, req, d)
}

func (r *receiver) event(w http.ResponseWriter, req *http.Request, body []byte) {
	var outer struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(body, &outer) != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	if outer.Type == "url_verification" {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, outer.Challenge)
		return
	}
	d, err := decode("events_api", body)
	if err != nil {
		r.client.log.Warn("an event from slack was not understood", "error", err)
		return // 200: sending it again would not help
	}
	r.answer(w, req, d)
}

func (r *receiver) answer(w http.ResponseWriter, req *http.Request, d delivery) {
	payload, err := r.handler.one(req.Context(), d)
	switch {
	case err != nil:
		r.client.log.Error("not kept, so not acknowledged", "error", err)
		http.Error(w, "could not be kept", http.StatusServiceUnavailable)
	case payload != nil:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(payload)
	}
}
