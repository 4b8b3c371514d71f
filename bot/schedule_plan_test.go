package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// TestFixedBy tells what mended a service from what is only running.
func TestFixedBy(t *testing.T) {
	down := store.Watch{State: stateFailing, Cause: "unit-exec-failed", DownFrom: noon}
	for name, test := range map[string]struct{ facts, want string }{
		"started since":    {`{"unit": "nginx.service", "state": "active", "since": "2026-11-30T12:10:00Z"}`, "fixed by a start of nginx.service at 2026-11-30T12:10:00Z"},
		"started before":   {`{"unit": "nginx.service", "state": "active", "since": "2026-11-30T11:59:30Z"}`, ""},
		"still failed":     {`{"unit": "nginx.service", "state": "failed", "since": "2026-11-30T12:10:00Z"}`, ""},
		"not known when":   {`{"unit": "nginx.service", "state": "active"}`, ""},
		"a process of its": {`{"state": "active", "since": "2026-11-30T12:10:00Z"}`, "fixed by a start of the service at 2026-11-30T12:10:00Z"},
		"no facts":         {``, ""},
	} {
		inv := investigations.Investigation{Endpoints: []investigations.Endpoint{{Steps: []investigations.Step{{
			Checks: []investigations.Check{{Probe: "service.status", Facts: []byte(test.facts)}},
		}}}}}
		if got := fixedBy(inv, down); got != test.want {
			t.Errorf("%s: fixedBy = %q, want %q", name, got, test.want)
		}
	}
}

// TestRecoveryWords tells a recovery as a person would: how long, why, what
// mended it and when, in the schedule's zone, with the day where it is another.
func TestRecoveryWords(t *testing.T) {
	e := &store.Episode{What: "web:80", When: "Every minute, Europe/Berlin", Zone: "Europe/Berlin", Opened: noon, Of: 1}
	addLine(e, store.EpisodeLine{Kind: stateFailing, Target: "web:80", At: noon, Since: noon, Cause: "unit-exec-failed", Headline: "nginx.service failed"})
	addLine(e, store.EpisodeLine{Kind: stateHealthy, Target: "web:80", At: noon.Add(12 * time.Minute), Since: noon, Cause: "unit-exec-failed", Fixed: "fixed by a start of nginx.service at 2026-11-30T12:11:00Z"})
	want := "web:80 is healthy again since 13:12 CET: down 12 min, cause: nginx.service failed (unit-exec-failed), fixed by a start of nginx.service at 13:11 CET."
	if got := lineText(e, e.Lines[1]); got != want {
		t.Errorf("the recovery is told as %q, want %q", got, want)
	}
	late := lineText(e, store.EpisodeLine{Kind: stateUnknown, Target: "web:80", At: noon.Add(48 * time.Hour), Since: noon})
	if !strings.Contains(late, "since Mon 30 Nov 13:00 CET") {
		t.Errorf("two days later it is told as %q, want the day", late)
	}
}

// TestReminderIsMuted says nothing of a failure that goes on while all that fails
// is muted.
func TestReminderIsMuted(t *testing.T) {
	b := newBench(t, noon)
	backend := newBackend(t)
	b.add(ScheduleRequest{When: "@every 5m", Targets: []string{backend.address}, Remind: "10m"})
	backend.down()
	lines := func() int {
		dirty, err := b.store.Dirty()
		if err != nil || len(dirty) != 1 {
			t.Fatalf("to be said: %v, %v; want one thread", dirty, err)
		}
		v, err := b.store.Speech(dirty[0].Subject)
		if err != nil {
			t.Fatal(err)
		}
		return len(v.Episode.Lines)
	}
	b.until(noon.Add(21 * time.Minute))
	if n := lines(); n != 2 {
		t.Errorf("%d lines after 15 minutes of failure, want the failure and a reminder", n)
	}
	b.s.Muted = func(string, time.Time) bool { return true }
	b.until(noon.Add(61 * time.Minute))
	if n := lines(); n != 2 {
		t.Errorf("%d lines after 40 minutes of silence, want no more", n)
	}
}
