package bot

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// schedules are the routes about schedules and what they found.
func (a *API) schedules() map[string]http.HandlerFunc {
	if a.Bot.Schedules == nil {
		return nil
	}
	return map[string]http.HandlerFunc{
		"GET /api/v1/schedules":              a.listSchedules,
		"POST /api/v1/schedules":             a.addSchedule,
		"GET /api/v1/schedules/{id}":         a.showSchedule,
		"DELETE /api/v1/schedules/{id}":      a.removeSchedule,
		"POST /api/v1/schedules/{id}/pause":  a.pauseSchedule(true),
		"POST /api/v1/schedules/{id}/resume": a.pauseSchedule(false),
		"POST /api/v1/schedules/{id}/run":    a.runSchedule,
		"POST /api/v1/schedules/{id}/digest": a.digestSchedule,
		"GET /api/v1/history":                a.targetHistory,
		"GET /api/v1/history.png":            a.historyPicture,
	}
}

func (a *API) listSchedules(w http.ResponseWriter, _ *http.Request) {
	WriteJSON(w, http.StatusOK, a.Bot.Schedules.List())
}

func (a *API) addSchedule(w http.ResponseWriter, r *http.Request) {
	var req ScheduleRequest
	if !ReadJSON(w, r, &req) {
		return
	}
	req.By = "api"
	var err error
	if req.Channel, err = a.Bot.channelFor(r.Context(), orElse(req.Channel, a.Bot.Channel)); err != nil {
		writeScheduleError(w, err)
		return
	}
	c, err := a.Bot.Schedules.prepare(req)
	if err == nil {
		err = a.Bot.Schedules.judge(r.Context(), c)
	}
	if err != nil {
		writeScheduleError(w, err)
		return
	}
	st, err := a.Bot.Schedules.Add(req, "")
	if err != nil {
		writeScheduleError(w, err)
		return
	}
	WriteJSON(w, http.StatusCreated, st)
}

// writeScheduleError answers with what was wrong and what would be right.
func writeScheduleError(w http.ResponseWriter, err error) {
	if bad, ok := errors.AsType[*schedules.Error](err); ok {
		WriteError(w, http.StatusBadRequest, "bad_request", bad.Reason, bad.Hint)
		return
	}
	writeStartError(w, err)
}

func (a *API) showSchedule(w http.ResponseWriter, r *http.Request) {
	st, err := a.Bot.Schedules.Get(r.PathValue("id"))
	if err != nil {
		noSchedule(w, err)
		return
	}
	WriteJSON(w, http.StatusOK, st)
}

// noSchedule answers where there is none, or where it may not be changed.
func noSchedule(w http.ResponseWriter, err error) {
	if _, ok := errors.AsType[*UsageError](err); ok {
		WriteError(w, http.StatusNotFound, "not_found", err.Error(), "plexor schedule list shows them")
		return
	}
	WriteError(w, http.StatusConflict, "conflict", err.Error(), "")
}

func (a *API) removeSchedule(w http.ResponseWriter, r *http.Request) {
	if err := a.Bot.Schedules.Remove(r.PathValue("id"), "api"); err != nil {
		noSchedule(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) pauseSchedule(paused bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		st, err := a.Bot.Schedules.SetPaused(r.PathValue("id"), "api", "", paused)
		if err != nil {
			noSchedule(w, err)
			return
		}
		WriteJSON(w, http.StatusOK, st)
	}
}

func (a *API) runSchedule(w http.ResponseWriter, r *http.Request) {
	if err := a.Bot.Schedules.RunNow(r.PathValue("id"), "api"); err != nil {
		noSchedule(w, err)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func (a *API) digestSchedule(w http.ResponseWriter, r *http.Request) {
	if err := a.Bot.Schedules.DigestNow(r.PathValue("id")); err != nil {
		noSchedule(w, err)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// TargetHistory is a target's history as JSON.
type TargetHistory struct {
	Target    string           `json:"target"`
	From      time.Time        `json:"from"`
	To        time.Time        `json:"to"`
	Uptime    *float64         `json:"uptime"` // of the looks at it, from 0 to 1; absent where nobody looked
	Checks    uint64           `json:"checks"`
	Up        uint64           `json:"up"`
	Down      uint64           `json:"down"`
	Unknown   uint64           `json:"unknown"`
	Connect   ConnectTimes     `json:"connect"`
	Cause     string           `json:"cause,omitempty"` // the one proved most often
	Incidents []store.Incident `json:"incidents"`
	Bins      []HistoryBin     `json:"bins"` // those in which somebody looked
}

// ConnectTimes are connect times in milliseconds; 0 where none is known.
// Percentiles are within 9 %.
type ConnectTimes struct {
	Median  float64 `json:"median_ms"`
	P95     float64 `json:"p95_ms"`
	P99     float64 `json:"p99_ms"`
	Slowest float64 `json:"slowest_ms"`
}

// HistoryBin is a stretch of a history.
type HistoryBin struct {
	From    time.Time    `json:"from"`
	To      time.Time    `json:"to"`
	Up      uint64       `json:"up"`
	Down    uint64       `json:"down"`
	Unknown uint64       `json:"unknown,omitempty"`
	Cause   string       `json:"cause,omitempty"`
	Connect ConnectTimes `json:"connect"`
}

// HistoryJSON gives a history its JSON form.
func HistoryJSON(h store.History) TargetHistory {
	t := TargetHistory{
		Target: h.Target, From: h.From.UTC(), To: h.To.UTC(), Checks: h.Total.Checks(), Up: h.Total.Up, Down: h.Total.Down, Unknown: h.Total.Unknown,
		Connect: connectTimes(h.Total), Cause: h.Total.Cause, Incidents: h.Incidents, Bins: []HistoryBin{},
	}
	if up, ok := h.Total.Uptime(); ok {
		t.Uptime = &up
	}
	for _, b := range h.Bins {
		if b.Checks() > 0 {
			t.Bins = append(t.Bins, HistoryBin{From: b.From.UTC(), To: b.To.UTC(), Up: b.Up, Down: b.Down, Unknown: b.Unknown, Cause: b.Cause, Connect: connectTimes(b.Sum)})
		}
	}
	return t
}

func connectTimes(s store.Sum) ConnectTimes {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return ConnectTimes{Median: ms(s.Percentile(0.5)), P95: ms(s.Percentile(0.95)), P99: ms(s.Percentile(0.99)), Slowest: ms(s.Most)}
}

func (a *API) targetHistory(w http.ResponseWriter, r *http.Request) {
	if h, ok := a.readHistory(w, r); ok {
		WriteJSON(w, http.StatusOK, HistoryJSON(h))
	}
}

func (a *API) readHistory(w http.ResponseWriter, r *http.Request) (store.History, bool) {
	h, err := ReadHistory(a.Bot.Store, r.URL.Query().Get("target"), r.URL.Query().Get("period"), a.Bot.now())
	if err == nil {
		return h, true
	}
	_, usage := errors.AsType[*UsageError](err)
	_, target := errors.AsType[*investigations.TargetError](err)
	if usage || target {
		writeStartError(w, err)
		return h, false
	}
	a.missing(w, err, "no such target")
	return h, false
}

// ReadHistory reads a target's history over a period that ends now: 24h, 7d, 52w;
// a week where period is empty.
func ReadHistory(s *store.Store, target, period string, now time.Time) (store.History, error) {
	t, err := investigations.ParseTarget(target)
	if err != nil {
		return store.History{}, err
	}
	back := historyPeriod
	if period != "" {
		if back, err = parsePeriod(period); err != nil {
			return store.History{}, err
		}
	}
	return s.History(t.Text, now.Add(-back), now, binWidth(now.Add(-back), now))
}

// HistoryPNG draws a target's history.
func HistoryPNG(h store.History) (png []byte, alt string, err error) {
	title := h.Target + ", " + stampIn(h.From, "UTC") + " to " + stampIn(h.To, "UTC")
	png, err = drawHistory(title, "UTC", []store.History{h})
	return png, altText([]store.History{h}), err
}

func (a *API) historyPicture(w http.ResponseWriter, r *http.Request) {
	h, ok := a.readHistory(w, r)
	if !ok {
		return
	}
	png, _, err := HistoryPNG(h)
	if err != nil {
		a.missing(w, err, "")
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(len(png)))
	w.Write(png)
}
