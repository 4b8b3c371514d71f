package bot

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/plexorbot/plexor/store"
)

// AlertFilter chooses alerts; its zero value takes the 50 that came last.
type AlertFilter struct {
	Firing bool // only those that fire
	Limit  int  // 50 if 0
}

// List returns what f chooses, what came last first.
func (i *Intake) List(f AlertFilter) ([]store.Alert, error) { return ListAlerts(i.store, f) }

// ListAlerts reads alerts from a state.
func ListAlerts(s *store.Store, f AlertFilter) ([]store.Alert, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	all := []store.Alert{}
	err := s.EachAlert(func(a store.Alert) {
		if a.Firing || !f.Firing {
			all = append(all, a)
		}
	})
	slices.SortStableFunc(all, func(a, b store.Alert) int { return b.Last.Compare(a.Last) })
	all = all[:min(len(all), f.Limit)]
	for i := range all {
		err = errors.Join(err, stillMuted(s, &all[i]))
	}
	return all, err
}

// stillMuted takes the word off an alert that fired under a mute which is over.
func stillMuted(s *store.Store, a *store.Alert) error {
	if !a.Muted || a.Trouble == "" {
		return nil
	}
	t, err := s.Trouble(a.Trouble)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil && !t.Held {
		a.Muted, a.Why = false, ""
	}
	return err
}

// AlertRoutes are the API of alerts and mutes, by pattern; they belong behind
// the API's token.
func (b *Bot) AlertRoutes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /api/v1/alerts":        b.getAlerts,
		"GET /api/v1/mutes":         b.getMutes,
		"POST /api/v1/mutes":        b.postMute,
		"DELETE /api/v1/mutes/{id}": b.deleteMute,
	}
}

func (b *Bot) getAlerts(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if q.Get("limit") != "" && (err != nil || limit < 1) {
		WriteError(w, http.StatusBadRequest, "bad_request", "limit is a number above 0", "")
		return
	}
	list, err := b.Alerts.List(AlertFilter{Firing: q.Get("firing") == "true", Limit: limit})
	if err != nil {
		b.apiFailed(w, err)
		return
	}
	WriteJSON(w, http.StatusOK, list)
}

func (b *Bot) apiFailed(w http.ResponseWriter, err error) {
	if bad, ok := errors.AsType[*UsageError](err); ok {
		WriteError(w, http.StatusBadRequest, "bad_request", bad.Reason, bad.Hint)
		return
	}
	b.Log.Error("api", "error", err)
	WriteError(w, http.StatusInternalServerError, "internal", "that went wrong inside plexor; its log says why", "")
}

func (b *Bot) getMutes(w http.ResponseWriter, _ *http.Request) {
	all, err := b.Alerts.Mutes()
	if err != nil {
		b.apiFailed(w, err)
		return
	}
	if all == nil {
		all = []store.Mute{}
	}
	WriteJSON(w, http.StatusOK, all)
}

func (b *Bot) postMute(w http.ResponseWriter, r *http.Request) {
	var req struct {
		What   string `json:"what"` // a target, label=value, or both
		For    string `json:"for"`
		Reason string `json:"reason"`
	}
	if !ReadJSON(w, r, &req) {
		return
	}
	m, err := ParseMute(append(strings.Fields(req.What), req.For, req.Reason), "api", b.Alerts.now())
	if err == nil {
		m, err = b.Alerts.AddMute(r.Context(), m)
	}
	if err != nil {
		b.apiFailed(w, err)
		return
	}
	WriteJSON(w, http.StatusCreated, m)
}

func (b *Bot) deleteMute(w http.ResponseWriter, r *http.Request) {
	n, err := b.Alerts.Unmute(r.Context(), r.PathValue("id"), "api")
	switch {
	case err != nil:
		b.apiFailed(w, err)
	case n == 0:
		WriteError(w, http.StatusNotFound, "not_found", "there is no such mute", "plexor alerts mutes lists them")
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
