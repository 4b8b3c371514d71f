package bot

import (
	"testing"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
)

// balancer takes a line of HAProxy about a server of a group, or the group.
func (d *desk) balancer(target string, firing bool) {
	a := arrival{route: Routing{Channel: "ops", Plan: DefaultPlan}, alert: alerts.Alert{Source: "log", Title: target, Fingerprint: target, Firing: firing}}
	a.places = []place{anywhere(d.t).place(target)}
	d.arrive(a, d.now)
	d.pass(0)
}

// TestGroupWithoutServers has HAProxy say that a server is down and that its
// group has none left: that is one thing to look into.
func TestGroupWithoutServers(t *testing.T) {
	d := newDesk(t, TriageLimits{AtOnce: 1})
	d.balancer("bk/web1", true)
	d.balancer("bk", true)
	d.balancer("bk/web2", true)
	d.wantOpen(1)
	d.wantStarted(1)
	d.end(0, investigations.VerdictCause, "host-down")
	d.wantStarted(2) // web2 is another host
	d.end(1, investigations.VerdictCause, "proc-not-running")
	d.balancer("bk/web1", false)
	d.end(2, investigations.VerdictHealthy, "")
	d.balancer("bk/web2", false)
	d.end(3, investigations.VerdictHealthy, "")
	d.wantStarted(4)
	if tr := d.open()[0]; len(tr.Entries) != 2 {
		t.Errorf("%d entries, want the two servers", len(tr.Entries))
	}
}

// TestURLHostIsDown has a whole host explain its URL too, and no other host.
func TestURLHostIsDown(t *testing.T) {
	d := newDesk(t, TriageLimits{AtOnce: 1})
	d.balancer("web-2:80", true)
	d.balancer("http://web-2:8080", true)
	d.balancer("[fd40::2]:80", true)
	d.end(0, investigations.VerdictCause, "host-down")
	d.wantStarted(2)
	d.end(1, investigations.VerdictCause, "host-down")
	d.balancer("[fd40::2]:81", true)
	d.wantStarted(3)
}
