package workspace

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Fault makes the next calls of a Web API method fail.
type Fault struct {
	Method     string `json:"method"`                // "*" is every method
	Error      string `json:"error,omitempty"`       // Slack's error word, with status 200
	Status     int    `json:"status,omitempty"`      // or an HTTP status, with a body that is no JSON
	RetryAfter int    `json:"retry_after,omitempty"` // seconds, sent as Retry-After; without Status and Error it means 429
	Times      int    `json:"times,omitempty"`       // calls that fail; 0 is one, negative is all from now on
	// After "apply" carries the call out and then loses the answer: the connection is cut, or Error or Status is
	// answered where one is named. "drop" cuts the connection and does nothing. Empty: answered, nothing done.
	After string `json:"after,omitempty"`
	// DelayMS waits so long first; alone it makes the call slow, and the call is carried out even if the app does not
	// wait for it. With After "apply" the call is carried out first, and what becomes of the answer comes late.
	DelayMS int `json:"delay_ms,omitempty"`
}

func (f *Fault) check() error {
	if f.Method == "" {
		return fmt.Errorf("a fault names a method")
	}
	if f.After != "" && f.After != "apply" && f.After != "drop" {
		return fmt.Errorf("after is %q; it is apply or drop", f.After)
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("status is %d; it is 400 to 599", f.Status)
	}
	return nil
}

// takeFault returns a copy of the fault that this call meets, nil for none.
func (s *Server) takeFault(method string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Method != method && f.Method != "*" {
			continue
		}
		taken := *f
		if f.Times > 0 {
			f.Times--
		}
		if f.Times == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return &taken
	}
	return nil
}

// wait is the fault's delay; false where ctx ended meanwhile.
func (f *Fault) wait(ctx context.Context) bool {
	if f.DelayMS <= 0 {
		return true
	}
	t := time.NewTimer(time.Duration(f.DelayMS) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// onlySlow is a fault that answers normally, late.
func (f *Fault) onlySlow() bool {
	return f.DelayMS > 0 && f.Error == "" && f.Status == 0 && f.RetryAfter == 0 && f.After == ""
}

// write answers as the fault says.
func (f *Fault) write(w http.ResponseWriter) {
	if f.After == "drop" || (f.Error == "" && f.Status == 0 && f.RetryAfter == 0) {
		cut(w)
		return
	}
	status := f.Status
	if status == 0 && f.RetryAfter > 0 {
		status = http.StatusTooManyRequests
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(f.RetryAfter))
	}
	switch {
	case f.Error != "" || status == http.StatusTooManyRequests:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if status != 0 {
			w.WriteHeader(status)
		}
		word := f.Error
		if word == "" {
			word = "ratelimited"
		}
		fmt.Fprintf(w, `{"ok":false,"error":%q}`, word)
	default:
		http.Error(w, http.StatusText(status), status)
	}
}

// cut closes the connection without an answer.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2: net/http resets the stream
	}
	conn.Close()
}
