package hub_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/plexorbot/plexor/investigations/runner"
	"github.com/plexorbot/plexor/investigations/runner/hub"
)

// TestCutOff floods the bot with large answers to what nobody asked: the runner
// that does is cut off and stays out for a minute, and the others' answers come.
func TestCutOff(t *testing.T) {
	var later atomic.Int64
	h := open(t, func(c *hub.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	join(t, h, "web", nil, nil)
	r, dir := join(t, h, "evil", nil, nil)
	r.stop()
	waitAlive(t, h, "evil", false)
	id := identity(t, dir, "")
	c, err := dialRaw(t, id)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := json.Marshal(strings.Repeat("x", 200_000))
	if err != nil {
		t.Fatal(err)
	}
	data := frame(t, 1, runner.Frame{Kind: runner.KindAnswer, ID: "nobody's", Investigation: "I1", Check: "c1", Answer: &runner.Answer{Facts: facts}})
	for sent := 0; c.Publish("plexor.v1.answer.evil", data) == nil && !c.IsClosed(); sent++ {
		if sent == 20_000 {
			t.Fatalf("after %d answers that nobody asked for it is still connected", sent)
		}
	}
	waitFor(t, "it is cut off", func() bool { return h.Count("evil", hub.CutOff) == 1 })
	if a, err := h.Probe(t.Context(), "web", request("say", `{"n":1}`)); err != nil || string(a.Facts) != `{"n":1}` {
		t.Errorf("Probe of another runner = %s, %v", a.Facts, err)
	}
	if _, err := dialRaw(t, id); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("right after that it is let in: %v", err)
	}
	later.Store(int64(2 * time.Minute))
	if _, err := dialRaw(t, id); err != nil {
		t.Errorf("after two minutes it is not let in: %v", err)
	}
}
