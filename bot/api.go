package bot

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// API serves what programs ask of the bot. Everything under /api/ needs the
// bearer token; without one configured it is closed.
type API struct {
	Bot    *Bot
	Bearer string // the token
	// Token makes a join token for a runner, Revoke sends one away at once.
	Token  func(ctx context.Context, name string, labels map[string]string, ttl time.Duration) (string, error)
	Revoke func(ctx context.Context, name string) error
	// Extra is served behind the bearer token besides, by pattern.
	Extra map[string]http.HandlerFunc
}

// apiBody bounds the body of a request to the API, in bytes.
const apiBody = 64 << 10

// Handler serves /api/v1/, /healthz and /readyz.
func (a *API) Handler() http.Handler {
	a.Bot.begin.Do(a.Bot.wire)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", a.ready)
	for pattern, f := range map[string]http.HandlerFunc{
		"POST /api/v1/investigations":        a.start,
		"GET /api/v1/investigations":         a.list,
		"GET /api/v1/investigations/{id}":    a.show,
		"DELETE /api/v1/investigations/{id}": a.cancel,
		"GET /api/v1/runners":                a.runners,
		"DELETE /api/v1/runners/{name}":      a.revoke,
		"POST /api/v1/runners/tokens":        a.token,
	} {
		mux.HandleFunc(pattern, a.bearer(f))
	}
	for pattern, f := range a.schedules() {
		mux.HandleFunc(pattern, a.bearer(f))
	}
	for pattern, f := range a.Extra {
		mux.HandleFunc(pattern, a.bearer(f))
	}
	return mux
}

// apiError is what every error of the API looks like.
type apiError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// WriteJSON answers with a value.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// WriteError answers with an error in the API's form.
func WriteError(w http.ResponseWriter, status int, code, message, hint string) {
	WriteJSON(w, status, map[string]apiError{"error": {Code: code, Message: message, Hint: hint}})
}

func (a *API) bearer(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if a.Bearer == "" || !ok || subtle.ConstantTimeCompare([]byte(got), []byte(a.Bearer)) != 1 {
			WriteError(w, http.StatusUnauthorized, "unauthorized", "a bearer token is needed", "the bot's is in the file that http.token_file names, or in PLEXOR_TOKEN")
			return
		}
		next(w, r)
	}
}

func (a *API) ready(w http.ResponseWriter, _ *http.Request) {
	if err := a.Bot.Ready(); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	slack := "ok"
	if a.Bot.Slack == nil {
		slack = "ok (no Slack is configured: API, alerts and runners only)"
	}
	w.Write([]byte(slack + "\n"))
}

func (a *API) start(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Target  string            `json:"target"`
		Plan    string            `json:"plan"`
		Inputs  map[string]string `json:"inputs"`
		Channel string            `json:"channel"`
	}
	if !ReadJSON(w, r, &req) {
		return
	}
	id, joined, err := a.Bot.Runs.Start(Request{
		Target: req.Target, Plan: req.Plan, Inputs: req.Inputs, Who: "api", Silent: req.Channel == "",
		Trigger: investigations.Trigger{Kind: "api", Channel: req.Channel},
	})
	if err != nil {
		writeStartError(w, err)
		return
	}
	WriteJSON(w, http.StatusAccepted, map[string]any{"id": id, "joined": joined})
}

func writeStartError(w http.ResponseWriter, err error) {
	hint := ""
	if bad, ok := errors.AsType[*investigations.TargetError](err); ok {
		hint = bad.Hint
	}
	if bad, ok := errors.AsType[*UsageError](err); ok {
		hint = bad.Hint
	}
	WriteError(w, http.StatusBadRequest, "bad_request", err.Error(), hint)
}

// ReadJSON decodes a bounded body strictly; it answers itself if it can't.
func ReadJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, apiBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		WriteError(w, http.StatusBadRequest, "bad_request", "the body is not what is expected: "+err.Error(), "")
		return false
	}
	return true
}

// longestWait bounds ?wait=.
const longestWait = 90 * time.Second

func (a *API) show(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if text := r.URL.Query().Get("wait"); text != "" {
		wait, err := time.ParseDuration(text)
		if err != nil || wait < 0 {
			WriteError(w, http.StatusBadRequest, "bad_request", "wait is a duration", "for example wait=30s")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), min(wait, longestWait))
		defer cancel()
		a.Bot.Runs.Wait(ctx, id)
	}
	inv, err := a.Bot.Store.Investigation(id)
	if err != nil {
		a.missing(w, err, "no such investigation")
		return
	}
	WriteJSON(w, http.StatusOK, inv)
}

func (a *API) missing(w http.ResponseWriter, err error, message string) {
	if errors.Is(err, store.ErrNotFound) {
		WriteError(w, http.StatusNotFound, "not_found", message, "")
		return
	}
	a.Bot.Log.Error("api", "error", err)
	WriteError(w, http.StatusInternalServerError, "internal", "that went wrong inside plexor; its log says why", "")
}

var states = []investigations.State{investigations.Running, investigations.Concluded, investigations.Cancelled, investigations.Failed}

func (a *API) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if q.Get("limit") != "" && (err != nil || limit < 1) {
		WriteError(w, http.StatusBadRequest, "bad_request", "limit is a number above 0", "")
		return
	}
	f := store.Filter{State: investigations.State(q.Get("state")), Before: q.Get("before"), Limit: limit}
	if f.State != "" && !slices.Contains(states, f.State) {
		WriteError(w, http.StatusBadRequest, "bad_request", "there is no such state", "running, concluded, cancelled or failed")
		return
	}
	if text := q.Get("target"); text != "" {
		t, err := investigations.ParseTarget(text)
		if err != nil {
			writeStartError(w, err)
			return
		}
		f.Target = t.Text
	}
	list, err := a.Bot.Store.Investigations(f)
	if err != nil {
		a.missing(w, err, "")
		return
	}
	WriteJSON(w, http.StatusOK, list)
}

func (a *API) cancel(w http.ResponseWriter, r *http.Request) {
	if _, err := a.Bot.Store.Investigation(r.PathValue("id")); err != nil {
		a.missing(w, err, "no such investigation")
		return
	}
	if !a.Bot.Runs.Cancel(r.PathValue("id"), "the API") {
		WriteError(w, http.StatusConflict, "not_running", "that investigation does not run any more", "")
		return
	}
	a.Bot.audit(who{user: "api"}, "cancel", r.PathValue("id"))
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) runners(w http.ResponseWriter, r *http.Request) {
	all, err := a.Bot.Engine.Dispatcher.Runners(r.Context())
	if err != nil {
		a.missing(w, err, "")
		return
	}
	if all == nil {
		all = []investigations.Runner{}
	}
	WriteJSON(w, http.StatusOK, all)
}

func (a *API) revoke(w http.ResponseWriter, r *http.Request) {
	if err := a.Revoke(r.Context(), r.PathValue("name")); err != nil {
		WriteError(w, http.StatusNotFound, "not_found", err.Error(), "plexor runner list shows their names")
		return
	}
	a.Bot.audit(who{user: "api"}, "revoke", r.PathValue("name"))
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) token(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
		TTL    string            `json:"ttl"`
	}
	if !ReadJSON(w, r, &req) {
		return
	}
	ttl := time.Hour
	if req.TTL != "" {
		d, err := time.ParseDuration(req.TTL)
		if err != nil || d <= 0 || d > 30*24*time.Hour {
			WriteError(w, http.StatusBadRequest, "bad_request", "ttl is a duration of up to 30 days", "for example 1h")
			return
		}
		ttl = d
	}
	token, err := a.Token(r.Context(), req.Name, req.Labels, ttl)
	if err != nil {
		WriteError(w, http.StatusBadRequest, "bad_request", err.Error(), "")
		return
	}
	a.Bot.audit(who{user: "api"}, "token", req.Name)
	WriteJSON(w, http.StatusOK, map[string]string{"token": token})
}
