package hub_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/plexorbot/plexor/investigations/runner/hub"
)

func TestRaise(t *testing.T) {
	var mu sync.Mutex
	var got, ids []string
	fail := 2
	h := open(t, func(c *hub.Config) {
		c.OnRaise = func(_ context.Context, name, id string, payload []byte) error {
			mu.Lock()
			defer mu.Unlock()
			ids = append(ids, id)
			if fail--; fail >= 0 {
				return errors.New("disk full")
			}
			got = append(got, name+" "+string(payload))
			return nil
		}
	})
	r, _ := join(t, h, "lb", nil, nil)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.Raise(ctx, []byte(`{"line":"refused"}`)); err != nil {
		t.Fatalf("Raise = %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 1 || got[0] != `lb {"line":"refused"}` {
		t.Errorf("OnRaise took %q", got)
	}
	if len(ids) != 3 || ids[0] != ids[2] || ids[1] != ids[2] {
		t.Errorf("ids of one raise = %q, want one id three times", ids)
	}
	for _, bad := range [][]byte{nil, []byte("rubbish"), make([]byte, 100_000)} {
		if err := r.Raise(ctx, bad); err == nil {
			t.Errorf("Raise(%.20q) = nil", bad)
		}
	}
}

// TestRaiseAckLost cuts the connection after the raise was taken over and before
// the runner hears of it: it repeats it, and it is not taken over twice.
func TestRaiseAckLost(t *testing.T) {
	var times atomic.Int64
	var w *wire
	ready := make(chan struct{})
	h := open(t, func(c *hub.Config) {
		c.OnRaise = func(context.Context, string, string, []byte) error {
			<-ready
			times.Add(1)
			w.cut(false)
			return nil
		}
	})
	var r run
	w, r = joinOver(t, h, "lb", nil)
	close(ready)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.Raise(ctx, []byte(`{}`)); err != nil {
		t.Errorf("Raise = %v", err)
	}
	if n := times.Load(); n != 1 {
		t.Errorf("taken over %d times, want once", n)
	}
}

// TestRaiseWhileAway raises while the bot is down.
func TestRaiseWhileAway(t *testing.T) {
	store, dir, address := &hub.Memory{}, t.TempDir(), "127.0.0.1:0"
	var times atomic.Int64
	reopen := func() *hub.Hub {
		return open(t, func(c *hub.Config) {
			c.Store, c.Dir, c.Listen = store, dir, address
			c.OnRaise = func(context.Context, string, string, []byte) error { times.Add(1); return nil }
		})
	}
	h := reopen()
	address = h.Addr().String()
	r, _ := join(t, h, "lb", nil, nil)
	h.Close()
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() { done <- r.Raise(ctx, []byte(`{}`)) }()
	reopen()
	if err := <-done; err != nil || times.Load() != 1 {
		t.Errorf("Raise = %v, taken over %d times, want once", err, times.Load())
	}
}
