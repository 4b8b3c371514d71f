package bot

import (
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
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
