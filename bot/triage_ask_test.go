package bot

import (
	"slices"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

const shopGroup = "arn:aws:elasticloadbalancing:eu-west-1:210987654321:targetgroup/shop/73e2d6bc24d8a067"

// alarm takes an alarm that names a target group.
func (d *desk) alarm(name string, firing bool) {
	d.arrived(arrival{alert: alerts.Alert{
		Source: "sns", Title: name, Fingerprint: name, Firing: firing, Lookup: []string{shopGroup}, Labels: map[string]string{"alarm": name}, Why: "names only the group",
	}})
}

// answer gives AWS's answer to the question that waits longest.
func (d *desk) answer(about string, targets ...string) {
	d.t.Helper()
	if len(d.asks) == 0 {
		d.t.Fatal("AWS is not asked")
	}
	var places []place
	for _, text := range targets {
		host, _, _ := cutPort(text)
		places = append(places, place{target: text, host: host})
	}
	q := d.asks[0]
	d.asks = d.asks[1:]
	d.answered(q, places, about, d.now)
	d.pass(0)
}

// TestTargetGroup has AWS name the targets of an alarm, which then resolves.
func TestTargetGroup(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.lookup = true
	d.alarm("unhealthy", true)
	d.pass(time.Second)
	tr := d.open()[0]
	if d.wantStarted(0); tr.Posted || tr.Closed {
		t.Errorf("while AWS is asked: posted %v, closed %v; want neither", tr.Posted, tr.Closed)
	}
	d.alarm("unhealthy", true) // it asks no second time
	d.answer("2 of 3 unhealthy", "10.40.3.8:7070", "10.40.3.9:7070")
	d.wantStarted(2)
	if d.pass(time.Second); !tr.Posted || len(tr.Entries) != 2 || len(d.asks) != 0 {
		t.Errorf("posted %v with %d entries, %d questions; want a thread of 2 and none", tr.Posted, len(tr.Entries), len(d.asks))
	}
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.end(1, investigations.VerdictCause, "proc-not-running")
	d.alarm("unhealthy", false)
	d.wantStarted(4)
	for i := 2; i < 4; i++ {
		d.end(i, investigations.VerdictHealthy, "")
	}
	if !tr.Closed || tr.Firing != 0 {
		t.Errorf("closed %v, %d fire; want that it is over", tr.Closed, tr.Firing)
	}
}

// TestTargetGroupKnownHost has another sender's thread about the same target: AWS's answer joins it, and makes none of its own.
func TestTargetGroupKnownHost(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.lookup = true
	d.alert("probe", true, "10.40.3.8:7070")
	d.alarm("unhealthy", true)
	d.pass(500 * time.Millisecond)
	d.answer("1 of 1 unhealthy", "10.40.3.8:7070")
	d.wantStarted(1)
	d.wantOpen(1)
	e := &d.open()[0].Entries[0]
	if e.Firing != 2 || d.open()[0].Firing != 2 {
		t.Errorf("%d alerts fire for the target, %d in all; want 2", e.Firing, d.open()[0].Firing)
	}
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.alarm("unhealthy", false)
	if d.wantStarted(1); e.Firing != 1 {
		t.Errorf("%d alerts fire after one of two is over, want 1", e.Firing)
	}
	d.alert("probe", false, "10.40.3.8:7070")
	d.wantStarted(2)
}

// TestTargetGroupUnanswered has AWS name nothing, and asks again when the alarm comes back.
func TestTargetGroupUnanswered(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.lookup = true
	d.alarm("unhealthy", true)
	d.alarm("unhealthy", false)
	d.answer("AWS refused DescribeTargetHealth: AccessDenied")
	tr := d.open()[0]
	if e := tr.Entries[0]; e.State != store.EntryUntargeted || e.Why != "AWS refused DescribeTargetHealth: AccessDenied" || !tr.Closed {
		t.Errorf("entry = %s, %q, closed %v; want untargeted, and what AWS said", e.State, e.Why, tr.Closed)
	}
	d.alarm("unhealthy", true)
	d.answer("1 of 1", "10.40.3.8:7070")
	d.wantStarted(1)
}

// TestTargetGroupMovesUp has an entry go from before one that runs.
func TestTargetGroupMovesUp(t *testing.T) {
	d := newDesk(t, TriageLimits{StormTargets: 1})
	d.lookup = true
	d.alert("a", true, "10.40.3.1:80")
	d.alert("b", true, "10.40.3.2:80")
	d.alarm("unhealthy", true)
	d.alert("c", true, "10.40.3.3:80")
	d.answer("1 of 1", "10.40.3.8:7070")
	d.wantOpen(1)
	for i, inv := range slices.Clone(d.started) {
		d.end(i, investigations.VerdictCause, "cause-of-"+inv.Target)
	}
	for _, tr := range d.open() {
		for _, e := range tr.Entries {
			if e.Cause != "cause-of-"+e.Target {
				t.Errorf("%s has %s, want its own", e.Target, e.Cause)
			}
		}
	}
}

// TestTargetGroupMuted has AWS name nothing but what is muted: nobody sees it until the mute ends.
func TestTargetGroupMuted(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.lookup = true
	d.mutes = []store.Mute{{Target: "10.40.3.*", Until: d.now.Add(time.Hour)}}
	d.alarm("unhealthy", true)
	d.answer("1 of 1", "10.40.3.8:7070")
	d.pass(10 * time.Second)
	if d.wantStarted(0); d.open()[0].Posted {
		t.Error("the thread stands in Slack under a mute")
	}
	d.pass(time.Hour)
	d.wantStarted(1)
}
