package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// TestBrokenAfterABlip has a log tell of a moment's failure, after which the
// target is well, and tell of more minutes later: what is broken then is looked
// into, and not at the pace of the lines.
func TestBrokenAfterABlip(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.balancer("web-1:80", true)
	d.end(0, investigations.VerdictHealthy, "")
	d.pass(5 * time.Minute)
	d.balancer("web-1:80", true)
	d.wantStarted(2)
	d.end(1, investigations.VerdictCause, "proc-not-running")
	e := &d.open()[0].Entries[0]
	if line := nowLine(*e); !strings.HasPrefix(line, "The alert fires; checked again: ") || e.Cause != "proc-not-running" {
		t.Errorf("the thread says %q of %+v, want the cause", line, e)
	}
	for range 14 * 60 {
		d.pass(time.Second)
		d.balancer("web-1:80", true)
	}
	d.wantStarted(2)
	d.pass(2 * time.Minute) // another cause may have taken its place
	d.balancer("web-1:80", true)
	d.wantStarted(3)
}

// TestWellAndLogged has lines go on for a day about a target that is well each
// time: it is looked at ever more seldom.
func TestWellAndLogged(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	done := 0
	for range 14 * 360 {
		d.pass(10 * time.Second)
		d.balancer("web-1:80", true)
		for ; done < len(d.started); done++ {
			d.end(done, investigations.VerdictHealthy, "")
		}
	}
	if n := len(d.started); n < 50 || n > 80 {
		t.Errorf("%d looks in 14 hours, want one in 16 minutes", n)
	}
	if head := nowHead(d.open()[0].Entries[0]); head != "🟢 Accepts connections, though the alert fires: web-1:80" {
		t.Errorf("nowHead = %q, want no word of an end", head)
	}
}

// from takes a line that the runner on a load balancer raised.
func (d *desk) from(lb, target string) {
	d.t.Helper()
	a := arrival{route: Routing{Channel: "ops", Plan: DefaultPlan, Inputs: map[string]string{"lb": lb}}}
	a.alert = alerts.Alert{Source: "log", Title: target, Fingerprint: target, Firing: true}
	a.places = []place{anywhere(d.t).place(target)}
	d.arrive(a, d.now)
	d.pass(0)
}

// anywhere is an intake that may diagnose everything.
func anywhere(t *testing.T) *Intake {
	t.Helper()
	allow, err := investigations.NewAllowList([]string{"0.0.0.0/0", "::/0", "*"})
	if err != nil {
		t.Fatal(err)
	}
	return &Intake{engine: &investigations.Engine{Allow: allow}}
}

// TestTwoBalancers has two load balancers log one name or address: what only one
// of them sees is not taken for what both do.
func TestTwoBalancers(t *testing.T) {
	for _, c := range []struct {
		target, cause, on string
		again             bool
	}{
		{"10.0.3.12:80", "proc-not-running", "web-1", false},
		{"10.0.3.12:80", "lb-output-fw", "lb-1", true},
		{"10.0.3.12:80", "", "", true},
		{"app/web1", "proc-not-running", "web-1", true},
		{"127.0.0.1:80", "proc-not-running", "lb-1", true},
	} {
		d := newDesk(t, TriageLimits{})
		var looks []store.Entry
		begin := d.begin
		d.begin = func(tr *store.Trouble, e *store.Entry, now time.Time) (investigations.Investigation, error) {
			looks = append(looks, *e)
			return begin(tr, e, now)
		}
		d.from("lb-1", c.target)
		kind := investigations.VerdictCause
		if c.cause == "" {
			kind = investigations.VerdictHealthy
		}
		d.end(0, kind, c.cause)
		d.open()[0].Entries[0].On = c.on
		d.from("lb-2", c.target)
		d.pass(recheckGap)
		if again := len(looks) == 2; again != c.again || looks[len(looks)-1].Inputs["lb"] != map[bool]string{true: "", false: "lb-1"}[again] {
			t.Errorf("%s with %q on %q: %d looks, the last from %q; again = %v, want %v", c.target, c.cause, c.on, len(looks), looks[len(looks)-1].Inputs["lb"], again, c.again)
		}
	}
}
