package bot

import (
	"encoding/json"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/workspace"
)

// TestHistoryCommand shows a target's history with its picture.
func TestHistoryCommand(t *testing.T) {
	o := newWatchRoom(t, time.Now().Add(-30*time.Minute).UTC())
	b := newBackend(t)
	o.command(`/diagnose schedule add @every 5m ` + b.address)
	o.run("s1", 5*time.Minute, 1)
	if got := o.command("/diagnose history " + b.address + " 24h"); !strings.Contains(got, "uptime 100 %") {
		t.Errorf("history says %s, want its uptime", got)
	}
	eventually(t, "the picture is shown to who asked", func() bool {
		all, err := o.control.Ephemeral(t.Context(), "U1")
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(all)
		return strings.Contains(string(text), "slack_file") && strings.Contains(string(text), "alt_text")
	})
}

// TestHistoryInHome presses History in App Home, where there is no channel: a
// modal shows the words, and then the picture.
func TestHistoryInHome(t *testing.T) {
	o := newWatchRoom(t, time.Now().Add(-30*time.Minute).UTC())
	first, second := newBackend(t), newBackend(t)
	o.command(`/diagnose schedule add @every 5m ` + first.address + `,` + second.address)
	o.run("s1", 5*time.Minute, 1)
	if err := o.control.OpenHome(t.Context(), "U1"); err != nil {
		t.Fatal(err)
	}
	var v *workspace.View
	eventually(t, "home shows the schedule's uptime", func() (ok bool) {
		var err error
		v, err = o.control.Home(t.Context(), "U1")
		return err == nil && v != nil && strings.Contains(string(v.Blocks), "uptime 100 % and 0 incidents in 7 days")
	})
	if _, err := o.control.Action(t.Context(), workspace.Press{User: "U1", ViewID: v.ID, ActionID: actionHistory, Value: "schedule:s1"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a modal shows the picture", func() bool {
		all, err := o.control.Modals(t.Context(), "U1")
		text, _ := json.Marshal(all)
		return err == nil && strings.Contains(string(text), "slack_file") && strings.Contains(string(text), first.address) && strings.Contains(string(text), second.address)
	})
}

// TestTurns has publications cross: what was asked for last is done last, and no
// two are done at once.
func TestTurns(t *testing.T) {
	var all turns
	var now, most, done, wanted atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			wanted.Add(1)
			all.take("U1", func() {
				at := wanted.Load() // what a publication would read
				if now.Add(1) > 1 {
					most.Store(2)
				}
				runtime.Gosched()
				now.Add(-1)
				done.Store(at)
			})
		})
	}
	wg.Wait()
	if most.Load() > 1 || done.Load() != 50 {
		t.Errorf("%d at once at most, the last one saw %d of 50; want one at once, and all seen", most.Load(), done.Load())
	}
}
