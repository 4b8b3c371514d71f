package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
)

const (
	// bodyTime is how long a sender may take for its body.
	bodyTime = 15 * time.Second
	// bodyBudgetBytes bounds the bodies that are held at once; a request counts
	// with the length that it announces.
	bodyBudgetBytes = 48 << 20
	// unprovenBudgetBytes is the same for bodies that hold the proof of who sent
	// them: strangers can't take the room of those who proved it in a header.
	unprovenBudgetBytes = 16 << 20
	// confirmTime bounds the confirmation of a subscription.
	confirmTime = 10 * time.Second
)

// bodyBudget is memory for bodies.
type bodyBudget struct{ free atomic.Int64 }

func (b *bodyBudget) take(n int64) bool {
	if b.free.Add(-n) >= 0 {
		return true
	}
	b.free.Add(n)
	return false
}

// Handler takes POST /alerts/{source}. It answers 202 once what it took is on
// disk.
func (i *Intake) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /alerts/{source}", i.post)
	return mux
}

func (i *Intake) post(w http.ResponseWriter, r *http.Request) {
	source := r.PathValue("source")
	i.coming.Add(1)
	defer i.coming.Add(-1)
	status, err := i.receive(w, r, source)
	i.metrics.answered(source, status)
	if err != nil {
		refuseAlert(w, status, err)
		return
	}
	writeAccepted(w, status)
}

// receive reads, proves and keeps one request. The status is that of the answer.
func (i *Intake) receive(w http.ResponseWriter, r *http.Request, source string) (int, error) {
	auth, ok := i.cfg.Auth[source]
	if !ok {
		return http.StatusUnauthorized, &alerts.PayloadError{Field: "Authorization", Reason: "is of no use: this source takes nothing here", Status: http.StatusUnauthorized}
	}
	auth.Now = i.now()
	auth.Check.Now = auth.Now
	if !auth.NeedsBody(source) { // before a byte of the body is read
		if err := alerts.Authenticate(source, alerts.Request{Header: r.Header, Query: r.URL.Query()}, auth); err != nil {
			return statusOf(err), err
		}
	}
	size := max(r.ContentLength, 4<<10)
	if r.ContentLength < 0 {
		size = alerts.MaxBody
	}
	if size > alerts.MaxBody {
		return http.StatusRequestEntityTooLarge, &alerts.PayloadError{Field: "body", Reason: "is larger than 4 MB", Status: http.StatusRequestEntityTooLarge}
	}
	budget := &i.bodies
	if auth.NeedsBody(source) {
		budget = &i.unproven
	}
	if !budget.take(size) {
		return http.StatusTooManyRequests, ErrFull
	}
	defer budget.free.Add(size)
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	if err := readBody(w, r, buf); err != nil {
		return statusOf(err), err
	}
	if auth.NeedsBody(source) {
		if err := alerts.Authenticate(source, alerts.Request{Header: r.Header, Query: r.URL.Query(), Body: buf.Bytes()}, auth); err != nil {
			return statusOf(err), err
		}
	}
	return i.deliver(r.Context(), source, r.Header, buf.Bytes())
}

// deliver keeps what a proven request says.
func (i *Intake) deliver(ctx context.Context, source string, header http.Header, body []byte) (int, error) {
	result, err := i.parse(source, header, body)
	if err != nil {
		return statusOf(err), err
	}
	if result.Kind == alerts.KindSubscription {
		return i.confirm(ctx, result)
	}
	list := make([]arrival, 0, len(result.Alerts))
	for _, a := range result.Alerts {
		list = append(list, i.arrival(a))
	}
	switch err := i.take(ctx, list); {
	case errors.Is(err, ErrFull):
		return http.StatusTooManyRequests, err
	case err != nil:
		return http.StatusServiceUnavailable, err
	}
	return result.Status, nil
}

func (i *Intake) confirm(ctx context.Context, result alerts.Result) (int, error) {
	if i.cfg.Confirm == nil {
		return http.StatusOK, nil
	}
	ctx, cancel := context.WithTimeout(ctx, confirmTime)
	defer cancel()
	if err := i.cfg.Confirm(ctx, result.URL); err != nil {
		i.log.Error("confirm a subscription of SNS", "error", err)
		return http.StatusServiceUnavailable, errors.New("the subscription could not be confirmed")
	}
	i.log.Info("a subscription of SNS was confirmed")
	return http.StatusOK, nil
}

// buffers hold bodies while they are read.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func release(b *bytes.Buffer) {
	if b.Cap() <= 64<<10 {
		b.Reset()
		buffers.Put(b)
	}
}

func readBody(w http.ResponseWriter, r *http.Request, into *bytes.Buffer) error {
	if r.ContentLength < 0 || r.ContentLength > 16<<10 { // a small one comes with its headers or soon after
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
	}
	_, err := into.ReadFrom(http.MaxBytesReader(w, r.Body, alerts.MaxBody))
	if err == nil {
		return nil
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &alerts.PayloadError{Field: "body", Reason: fmt.Sprintf("is larger than %d MB", large.Limit>>20), Status: http.StatusRequestEntityTooLarge}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &alerts.PayloadError{Field: "body", Reason: "ends before its length", Status: http.StatusBadRequest}
	}
	return &alerts.PayloadError{Field: "body", Reason: "did not come in time", Status: http.StatusRequestTimeout}
}

// statusOf is the answer to a request that an error ends.
func statusOf(err error) int {
	if bad, ok := errors.AsType[*alerts.PayloadError](err); ok {
		return bad.Status
	}
	return http.StatusInternalServerError
}

// codes are the API's words for the statuses that senders get.
var codes = map[int]string{
	http.StatusUnauthorized: "unauthorized", http.StatusForbidden: "forbidden", http.StatusNotFound: "not_found",
	http.StatusTooManyRequests: "full", http.StatusServiceUnavailable: "unavailable", http.StatusRequestEntityTooLarge: "too_large",
}

func refuseAlert(w http.ResponseWriter, status int, err error) {
	code, hint := codes[status], ""
	switch {
	case status == http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
		hint = "send it again after the time in Retry-After"
	case status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="plexor"`)
		hint = "plexor help alerts says how each source authenticates"
	case code == "":
		code = "bad_request"
	}
	WriteError(w, status, code, err.Error(), hint)
}

// writeAccepted answers without encoding: it is the answer to almost all.
func writeAccepted(w http.ResponseWriter, status int) {
	body := `{"status":` + strconv.Itoa(status) + "}\n"
	h := w.Header()
	h["Content-Type"] = jsonType
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	io.WriteString(w, body)
}

var jsonType = []string{"application/json"}
