package hub_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations/runner/hub"
)

// TestAwaited is a bot that restarts: the runner that was here until then is
// expected back for a moment, the one that was lost before is not.
func TestAwaited(t *testing.T) {
	var ahead atomic.Int64
	store, dir, address := &hub.Memory{}, t.TempDir(), "127.0.0.1:0"
	reopen := func() *hub.Hub {
		return open(t, func(c *hub.Config) {
			c.Store, c.Dir, c.Listen, c.Grace = store, dir, address, 50*time.Millisecond
			c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
	}
	awaited := func(h *hub.Hub, name string) bool {
		r, ok := find(t, h, name)
		if !ok {
			t.Fatalf("%s is not known", name)
		}
		return r.Awaited
	}
	h := reopen()
	address = h.Addr().String()
	dead, _ := join(t, h, "dead", nil, nil)
	web, _ := join(t, h, "web", nil, nil)
	dead.stop()
	waitFor(t, "that it is lost is on disk", func() bool { return kept(t, store, "dead", `"lost":`) })
	h.Close()
	web.stop()

	h = reopen()
	if !awaited(h, "web") || awaited(h, "dead") {
		t.Errorf("awaited: web %t, dead %t; want web alone", awaited(h, "web"), awaited(h, "dead"))
	}
	ahead.Store(int64(time.Minute))
	waitFor(t, "that it stayed away is on disk", func() bool { return kept(t, store, "web", `"lost":`) })
	if awaited(h, "web") {
		t.Error("web is awaited a minute after the start")
	}
	h.Close()

	if h = reopen(); awaited(h, "web") {
		t.Error("web is awaited by the bot after it had stayed away")
	}
}

// kept reports whether a word stands in the record of a runner.
func kept(t *testing.T, s hub.Store, name, word string) bool {
	t.Helper()
	all, err := s.Records()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(all[name]), word)
}
