package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

func TestParseMute(t *testing.T) {
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		words []string
		want  string // what is muted, "" for a refusal
		until time.Duration
	}{
		{[]string{"web-1:80", "2h", "being", "replaced"}, "web-1:80", 2 * time.Hour},
		{[]string{"env=staging", "team=a", "1d"}, "env=staging team=a", 24 * time.Hour},
		{[]string{"10.0.3.*", "env=prod", "30m"}, "10.0.3.* env=prod", 30 * time.Minute},
		{[]string{"web-1:80"}, "", 0},
		{[]string{"2h"}, "", 0},
		{[]string{"web-1:80", "web-2:80", "2h"}, "", 0},
		{[]string{"web-1:80", "-2h"}, "", 0},
		{[]string{"web-1:80", "999d"}, "", 0},
		{[]string{"=", "2h"}, "", 0},
	} {
		m, err := ParseMute(test.words, "U1", now)
		if got := muteWords(m); (err == nil) != (test.want != "") || err == nil && (got != test.want || m.Until.Sub(now) != test.until) {
			t.Errorf("ParseMute(%q) = %q until %v, %v; want %q for %v", test.words, got, m.Until, err, test.want, test.until)
		}
	}
}

func TestWindow(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here")
	}
	night := Window{From: 22 * time.Hour, To: 4 * time.Hour, Days: []time.Weekday{time.Saturday}, Zone: berlin}
	for at, want := range map[string]bool{
		"2026-11-28T21:30:00Z": true,  // Saturday 22:30 there
		"2026-11-29T02:30:00Z": true,  // the night goes on
		"2026-11-29T03:30:00Z": false, // 04:30 on Sunday
		"2026-11-28T20:30:00Z": false,
		"2026-11-29T21:30:00Z": false,
	} {
		now, _ := time.Parse(time.RFC3339, at)
		if got := night.open(now); got != want {
			t.Errorf("open(%s) = %v, want %v", at, got, want)
		}
	}
}

func TestMutes(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.mutes = []store.Mute{
		{Target: "web-1*", Until: d.now.Add(time.Hour)},
		{Labels: map[string]string{"env": "stag*"}, Until: d.now.Add(time.Hour)},
		{Target: "web-9:80", Until: d.now.Add(-time.Hour)},
	}
	fire := func(name, env, target string) {
		d.arrived(arrival{alert: alerts.Alert{Fingerprint: name, Firing: true, Labels: map[string]string{"env": env}}}, target)
	}
	fire("a", "prod", "web-1:80")
	fire("b", "staging", "web-2:80")
	d.wantStarted(0)
	fire("c", "prod", "web-2:80")
	fire("d", "prod", "web-9:80") // that mute is over
	d.wantStarted(2)
	d.pass(2 * time.Hour)
	fire("a", "prod", "web-1:80")
	d.wantStarted(3)
}

// TestMuteAll has a window over everything take in what names no target.
func TestMuteAll(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.windows = []Window{{Name: "all", Target: "*", Begin: d.now, End: d.now.Add(time.Hour)}}
	d.arrived(arrival{alert: alerts.Alert{Fingerprint: "a", Title: "a", Firing: true, Why: "names none"}})
	d.pass(time.Second)
	if tr := d.open()[0]; tr.Posted {
		t.Error("an alert without a target makes a thread in a window over everything")
	}
	if d.pass(time.Hour); !d.open()[0].Posted {
		d.pass(time.Second)
		if !d.open()[0].Posted {
			t.Error("it is not shown once the window is over")
		}
	}
}

// TestMutedAgain has an alert come back under a mute: its thread is left alone until the mute ends, or the alert does.
func TestMutedAgain(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.alert("a", true, "web-1:80")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.alert("a", false, "web-1:80")
	d.end(1, investigations.VerdictHealthy, "")
	d.mutes = []store.Mute{{Target: "web-1:80", Until: d.now.Add(10 * time.Minute)}}
	d.alert("a", true, "web-1:80")
	d.pass(time.Minute)
	d.wantStarted(2)
	if e := d.open()[0].Entries[0]; nowHead(e) != "Muted: web-1:80" || !strings.HasPrefix(nowLine(e), "The alert fires; it is muted until") {
		t.Errorf("the thread says %q, %q; want that it is muted", nowHead(e), nowLine(e))
	}
	d.alert("a", false, "web-1:80")
	d.pass(time.Minute)
	d.wantStarted(3) // how it ended
	d.end(2, investigations.VerdictHealthy, "")
	d.alert("a", true, "web-1:80")
	d.pass(time.Minute)
	d.wantStarted(3)
	d.pass(10 * time.Minute)
	d.wantStarted(4)
}

func FuzzParseMute(f *testing.F) {
	for _, s := range []string{"10.0.3.12:8080 2h being replaced", "env=staging 3d", "a=b c=d *:80 90m", "x 99999999999999w", "= 1h", "10.0.3.* -1h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
		m, err := ParseMute(strings.Fields(s), "U1", now)
		if err == nil && (m.Target == "" && len(m.Labels) == 0 || !m.Until.After(now) || m.Until.Sub(now) > longestMute || len(m.Target) > 200 || len(m.Reason) > 300) {
			t.Errorf("ParseMute(%q) = %+v, want it bounded", s, m)
		}
	})
}
