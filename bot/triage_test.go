package bot

import (
	"fmt"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// desk is a board with a clock that the test moves, and the investigations
// that it began.
type desk struct {
	*board
	t       *testing.T
	now     time.Time
	started []investigations.Investigation
}

func newDesk(t *testing.T, l TriageLimits) *desk {
	d := &desk{board: newBoard(l), t: t, now: time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)}
	d.begin = func(tr *store.Trouble, e *store.Entry, now time.Time) (investigations.Investigation, error) {
		inv := investigations.Investigation{ID: investigations.NewID(now), Target: e.Target, State: investigations.Running}
		d.started = append(d.started, inv)
		return inv, nil
	}
	return d
}

// alert takes one alert about targets; its fingerprint is name.
func (d *desk) alert(name string, firing bool, targets ...string) {
	d.arrived(arrival{alert: alerts.Alert{Source: "alertmanager", Title: name, Fingerprint: name, Firing: firing, Labels: map[string]string{"name": name}, Severity: "error"}}, targets...)
}

func (d *desk) arrived(a arrival, targets ...string) {
	a.route = Routing{Channel: "ops", Plan: DefaultPlan}
	a.alert.Targets = targets
	for _, text := range targets {
		host, _, _ := cutPort(text)
		a.places = append(a.places, place{target: text, host: host})
	}
	d.arrive(a, d.now)
	d.pass(0)
}

// pass lets time go by and does what is due.
func (d *desk) pass(by time.Duration) store.AlertChange {
	d.now = d.now.Add(by)
	d.tick(d.now)
	d.dispatch(d.now)
	return d.changes()
}

// end ends the n-th investigation that was begun.
func (d *desk) end(n int, kind investigations.VerdictKind, cause string) {
	d.t.Helper()
	if n >= len(d.started) {
		d.t.Fatalf("only %d investigations were begun; number %d can't end", len(d.started), n)
	}
	inv := d.started[n]
	inv.State = investigations.Concluded
	inv.Verdict = &investigations.Verdict{Kind: kind, Headline: "it is " + string(kind)}
	if cause != "" {
		inv.Verdict.Causes = []investigations.Cause{{ID: cause, Headline: inv.Target + ": " + cause}}
	}
	d.ended(inv, d.now)
	d.pass(0)
}

// open are the troubles that went up in no other.
func (d *desk) open() (list []*store.Trouble) {
	for _, t := range d.troubles {
		if t.Into == "" {
			list = append(list, t)
		}
	}
	return list
}

func (d *desk) wantStarted(n int) {
	d.t.Helper()
	if len(d.started) != n {
		d.t.Errorf("%d investigations were begun, want %d", len(d.started), n)
	}
}

func (d *desk) wantOpen(n int) {
	d.t.Helper()
	if list := d.open(); len(list) != n {
		d.t.Errorf("there are %d troubles, want %d", len(list), n)
	}
}

func TestRepetitionOnlyCounts(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	for range 14 {
		d.alert("a", true, "web-1:80")
		d.pass(time.Minute)
	}
	d.wantStarted(1)
	d.wantOpen(1)
	if got := d.open()[0].Seen; got != 14 {
		t.Errorf("seen = %d, want 14", got)
	}
}

func TestOneTargetOneInvestigation(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.alert("a", true, "web-1:80")
	d.alert("b", true, "web-1:80")
	d.alert("c", true, "web-1:81") // another port of the host: the same thread
	d.alert("d", true, "web-2:80")
	d.wantStarted(3)
	d.wantOpen(2)
}

// TestHostIsDown has one target of a host prove what the others need not.
func TestHostIsDown(t *testing.T) {
	d := newDesk(t, TriageLimits{AtOnce: 1})
	for port := range 5 {
		d.alert(fmt.Sprint("a", port), true, fmt.Sprintf("web-2:%d", 80+port))
	}
	d.wantStarted(1)
	d.end(0, investigations.VerdictCause, "host-down")
	d.wantStarted(1)
	if head := manyHeadline(*d.open()[0]); head != "🔴 5 alerts on 5 targets, one cause: web-2:80: host-down" {
		t.Errorf("headline = %q", head)
	}
}

func TestResolvedIsCheckedAgain(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.alert("a", true, "web-1:80")
	d.alert("b", true, "web-1:80")
	d.alert("a", false, "web-1:80")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.wantStarted(1) // b still fires
	d.alert("b", false)
	d.wantStarted(2)
	d.end(1, investigations.VerdictHealthy, "")
	if tr := d.open()[0]; !tr.Closed {
		t.Errorf("closed = false after all was resolved and checked: %+v", tr)
	}
}

// TestResolvedWhileRunning checks again what was still being looked into.
func TestResolvedWhileRunning(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.alert("a", true, "web-1:80")
	d.alert("a", false, "web-1:80")
	d.wantStarted(1)
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.wantStarted(2)
}

// TestFlapping has an alert come and go: it stays in its thread and is not
// checked at its pace.
func TestFlapping(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	done := 0
	for range 40 {
		d.alert("a", true, "web-1:80")
		d.alert("a", false, "web-1:80")
		d.pass(3 * time.Second)
		for ; done < len(d.started); done++ {
			d.end(done, investigations.VerdictHealthy, "")
		}
	}
	d.wantOpen(1)
	if len(d.started) > 8 {
		t.Errorf("%d checks in two minutes, want at most 8", len(d.started))
	}
}

// TestLateRepetition has a sender repeat the beginning after the end.
func TestLateRepetition(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	begin := arrival{alert: alerts.Alert{Source: "alertmanager", Fingerprint: "a", Firing: true, DedupKey: "begin"}}
	over := arrival{alert: alerts.Alert{Source: "alertmanager", Fingerprint: "a", DedupKey: "over"}}
	d.arrived(begin, "web-1:80")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.arrived(over, "web-1:80")
	d.end(1, investigations.VerdictHealthy, "")
	d.arrived(begin, "web-1:80")
	d.pass(time.Hour)
	d.pass(time.Second)
	d.wantStarted(2)
	if tr := d.troubles; len(tr) != 0 {
		t.Errorf("%d troubles are remembered after an hour, want none", len(tr))
	}
	d.arrived(begin, "web-1:80")
	d.wantStarted(2)
}

func TestCooldown(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.alert("a", true, "web-1:80")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.pass(16 * time.Minute)
	d.alert("a", true, "web-1:80") // a new notification of a sender that gives no key
	d.wantStarted(2)
	d.wantOpen(2)
}

// TestStorm has many targets fail one after the other: those whose threads do
// not stand in Slack yet go up in one without a trace.
func TestStorm(t *testing.T) {
	d := newDesk(t, TriageLimits{AtOnce: 2})
	for i := range 34 {
		d.alert(fmt.Sprint("a", i), true, fmt.Sprintf("web-%d:80", i))
		d.now = d.now.Add(time.Millisecond)
	}
	d.wantOpen(1)
	storm := d.open()[0]
	if !storm.Storm || storm.Alerts != 34 || len(storm.Entries) != 34 || storm.Firing != 34 {
		t.Fatalf("storm = %v with %d alerts, %d entries, %d firing; want 34 of each", storm.Storm, storm.Alerts, len(storm.Entries), storm.Firing)
	}
	for i := 0; i < len(d.started); i++ {
		d.end(i, investigations.VerdictCause, "proc-not-running")
	}
	d.wantStarted(34)
	for _, tr := range d.troubles {
		if tr.Into != "" && tr.Posted {
			t.Errorf("a thread that nobody saw says that it went up in a storm")
		}
	}
}

// TestFlood has far more distinct alerts than are kept.
func TestFlood(t *testing.T) {
	d := newDesk(t, TriageLimits{Kept: 1000})
	for i := range 5000 {
		d.arrive(arrival{alert: alerts.Alert{Source: "generic", Title: fmt.Sprint(i), Fingerprint: fmt.Sprint(i), Firing: true, Why: "x"}, route: Routing{Channel: "ops"}}, d.now)
		d.now = d.now.Add(time.Millisecond)
		d.changes()
	}
	if len(d.notes) > 1000 || len(d.troubles) > 12 || len(d.groups) > 120 || len(d.recent) > 200 {
		t.Errorf("%d fingerprints, %d troubles, %d groups, %d marks are kept; want it bounded", len(d.notes), len(d.troubles), len(d.groups), len(d.recent))
	}
}

// TestSeverityFirst has the most severe of what waits go first.
func TestSeverityFirst(t *testing.T) {
	d := newDesk(t, TriageLimits{AtOnce: 1})
	for _, severity := range []string{"info", "warning", "critical"} {
		d.arrived(arrival{alert: alerts.Alert{Fingerprint: severity, Firing: true, Severity: severity}}, severity+":80")
	}
	d.end(0, investigations.VerdictHealthy, "")
	if got := d.started[1].Target; got != "critical:80" {
		t.Errorf("the second that was looked into is %s, want critical:80", got)
	}
}

// TestQuietLog has log lines stop: the target is checked again.
func TestQuietLog(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.arrived(arrival{once: true, alert: alerts.Alert{Source: "log", Fingerprint: "l", Firing: true, DedupKey: "1"}}, "web-1:80")
	d.arrived(arrival{once: true, alert: alerts.Alert{Source: "log", Fingerprint: "l", Firing: true, DedupKey: "1"}}, "web-1:80")
	if seen := d.open()[0].Seen; seen != 1 {
		t.Errorf("seen = %d after one line came twice under one id, want 1", seen)
	}
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.pass(16 * time.Minute)
	d.wantStarted(2)
}

func TestSlackThreadsShareAnInvestigation(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.alert("a", true, "web-1:80")
	d.arrived(arrival{thread: "1.5", once: true, alert: alerts.Alert{Source: "slack", Fingerprint: "s", Firing: true}}, "web-1:80")
	d.wantStarted(1)
	d.wantOpen(2)
	d.end(0, investigations.VerdictCause, "proc-not-running")
	for _, tr := range d.open() {
		if e := tr.Entries[0]; e.State != store.EntryDone || e.Cause != "proc-not-running" {
			t.Errorf("entry = %+v, want the shared cause", e)
		}
	}
}
