package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// TestMuteEnds has an alert fire under a mute, and its sender say nothing more:
// it is looked into once the mute ends.
func TestMuteEnds(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.mutes = []store.Mute{{Target: "web-*", Until: d.now.Add(20 * time.Hour), By: "U1"}}
	d.alert("a", true, "web-1:80")
	d.alert("b", true, "web-2:80")
	d.alert("over", true, "web-3:80")
	d.pass(time.Hour)
	d.alert("over", false, "web-3:80")
	d.pass(18 * time.Hour)
	for _, tr := range d.open() {
		if tr.Posted {
			t.Errorf("the thread of %s stands in Slack under a mute", tr.Entries[0].Target)
		}
	}
	d.wantStarted(0)
	d.pass(2 * time.Hour)
	d.pass(time.Second)
	d.wantStarted(2)
	for _, tr := range d.open() {
		if e := tr.Entries[0]; tr.Posted != (e.Target != "web-3:80") || tr.Posted && !strings.Contains(e.About, "fires since 10:00:00 UTC, when it was muted until") {
			t.Errorf("%s: posted %v, %q; want the two that still fire, and since when", e.Target, tr.Posted, e.About)
		}
	}
}

// TestUnmute has what was held join the thread that its host has by now.
func TestUnmute(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.mutes = []store.Mute{{Labels: map[string]string{"name": "held"}, Until: d.now.Add(time.Hour)}}
	d.alert("held", true, "web-1:80")
	d.alert("seen", true, "web-1:81")
	d.wantStarted(1)
	d.mutes = nil
	d.pass(2 * time.Second)
	d.wantStarted(2)
	d.wantOpen(1)
	if tr := d.open()[0]; tr.Firing != 2 || len(tr.Entries) != 2 {
		t.Errorf("%d alerts fire on %d targets, want 2 on 2", tr.Firing, len(tr.Entries))
	}
	d.alert("held", false)
	d.alert("seen", false)
	if tr := d.open()[0]; tr.Firing != 0 {
		t.Errorf("%d alerts fire after both are over, want none", tr.Firing)
	}
}

// TestMutedStorm has a window end over many alerts: they are one storm.
func TestMutedStorm(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.windows = []Window{{Name: "patching", Target: "*", Begin: d.now, End: d.now.Add(time.Hour)}}
	for i := range 20 {
		d.alert("a"+string(rune('a'+i)), true, "web-"+string(rune('a'+i))+":80")
	}
	d.pass(59 * time.Minute)
	d.wantStarted(0)
	d.pass(2 * time.Minute)
	d.wantOpen(1)
	if tr := d.open()[0]; !tr.Storm || len(tr.Entries) != 20 {
		t.Errorf("storm %v of %d targets, want one of 20", tr.Storm, len(tr.Entries))
	}
}

// TestMutedTargetOfThread mutes a target that waits its turn: it is looked at once the mute ends.
func TestMutedTargetOfThread(t *testing.T) {
	d := newDesk(t, TriageLimits{AtOnce: 1})
	d.alert("a", true, "web-1:80", "web-1:81")
	d.mutes = []store.Mute{{Target: "web-1:81", Until: d.now.Add(time.Hour)}}
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.wantStarted(1)
	d.pass(time.Hour)
	d.wantStarted(2)
}

// line takes a line of a log about a target.
func (d *desk) line(key, target string) {
	d.arrived(arrival{once: true, alert: alerts.Alert{Source: "log", Fingerprint: "log " + target, Firing: true, DedupKey: key}}, target)
}

// TestQuietTarget has one target of a thread recover while another goes on being logged.
func TestQuietTarget(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.line("1", "web-1:80")
	d.line("2", "web-1:81")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.end(1, investigations.VerdictCause, "proc-not-running")
	for i := range 15 {
		d.pass(time.Minute)
		d.line("3"+string(rune('a'+i)), "web-1:81")
	}
	d.wantStarted(3)
	if got := d.started[2].Target; got != "web-1:80" {
		t.Errorf("checked again: %s, want web-1:80", got)
	}
	if tr := d.open()[0]; tr.Firing != 1 {
		t.Errorf("%d fire, want the one that is logged", tr.Firing)
	}
}

// TestQuietLogBesideAlert has a monitoring system and a log tell of one target: it is over when both are.
func TestQuietLogBesideAlert(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.alert("a", true, "web-1:80")
	d.line("1", "web-1:80")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.alert("a", false, "web-1:80")
	d.wantStarted(1)
	d.pass(16 * time.Minute)
	d.wantStarted(2)
	d.end(1, investigations.VerdictHealthy, "")
	if tr := d.open()[0]; !tr.Closed {
		t.Errorf("closed = false, %d fire; want that it is over", tr.Firing)
	}
}

// TestRecheck has a target stay broken after its alert was resolved: it is
// looked at again, ever more seldom, until it is well.
func TestRecheck(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.alert("a", true, "web-1:80")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.alert("a", false, "web-1:80")
	d.end(1, investigations.VerdictCause, "proc-not-running")
	for n, after := range []time.Duration{15 * time.Minute, time.Hour} {
		d.pass(after - time.Second)
		d.wantStarted(2 + n)
		d.pass(2 * time.Second)
		d.wantStarted(3 + n)
		kind := investigations.VerdictCause
		if n == 1 {
			kind = investigations.VerdictHealthy
		}
		d.end(2+n, kind, "")
	}
	d.pass(30 * time.Hour)
	d.pass(time.Second)
	d.wantStarted(4)
	d.wantOpen(0)
}

// TestUnheard has a sender never say that its alert is over.
func TestUnheard(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.alert("a", true, "web-1:80")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.pass(11 * time.Hour)
	d.wantStarted(1)
	d.pass(time.Hour)
	d.wantStarted(2)
	d.end(1, investigations.VerdictHealthy, "")
	if e := d.open()[0].Entries[0]; !strings.HasPrefix(nowLine(e), "Nothing more was heard of it up to") {
		t.Errorf("nowLine = %q, want that nothing was heard", nowLine(e))
	}
}

// TestRepeatAfterSilence has a sender repeat, a day later, what still fires: it
// is looked into again.
func TestRepeatAfterSilence(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	daily := arrival{alert: alerts.Alert{Source: "alertmanager", Fingerprint: "a", Firing: true, DedupKey: "begin"}}
	d.arrived(daily, "web-1:80")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.pass(12 * time.Hour)
	d.end(1, investigations.VerdictHealthy, "")
	d.pass(12 * time.Hour)
	d.arrived(daily, "web-1:80")
	d.wantStarted(3)
}
