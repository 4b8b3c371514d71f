package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// stands has the n-th investigation find what its target stands for: addresses,
// each with what was found of it, in turn.
func (d *desk) stands(n int, endpoints ...string) {
	d.t.Helper()
	inv := &d.started[n]
	inv.Resolution, inv.Endpoints = &investigations.Resolution{On: "lb"}, nil
	for _, text := range endpoints {
		address, kind, judged := strings.Cut(text, " ")
		ep := investigations.Endpoint{Address: address}
		if judged {
			ep.Verdict = &investigations.Verdict{Kind: investigations.VerdictKind(kind)}
		}
		inv.Resolution.Addresses = append(inv.Resolution.Addresses, address)
		inv.Endpoints = append(inv.Endpoints, ep)
	}
	d.resolved(*inv, d.now)
	d.pass(0)
}

// TestOneEndpointTwoNames has a load balancer log a server by its name, and a
// monitoring system alert about its address a little later: one thread, one look,
// over when both are.
func TestOneEndpointTwoNames(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.balancer("bk/web1", true)
	d.stands(0, "10.0.3.12:8080 cause")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.pass(time.Minute)
	d.balancer("10.0.3.12:8080", true)
	d.wantStarted(1)
	d.wantOpen(1)
	tr := d.open()[0]
	if e := tr.Entries[0]; len(tr.Entries) != 1 || e.Firing != 2 || tr.Firing != 2 || tr.Alerts != 2 {
		t.Fatalf("%d entries, %d fire of %d alerts: %+v; want 2 about one", len(tr.Entries), tr.Firing, tr.Alerts, e)
	}
	if text := fmt.Sprint(renderTrouble(*tr, nil)); !strings.Contains(text, "Alerts about 10.0.3.12:8080 are counted here too: bk/web1 was found to stand for it") {
		t.Errorf("the thread does not say so: %s", text)
	}
	d.balancer("10.0.3.12:8080", true) // it repeats
	d.balancer("10.0.3.12:8080", false)
	d.wantStarted(1)
	d.balancer("bk/web1", false)
	d.wantStarted(2)
	d.end(1, investigations.VerdictHealthy, "")
	if !tr.Closed || tr.Firing != 0 {
		t.Errorf("closed %v, %d fire; want that it is over", tr.Closed, tr.Firing)
	}
}

// TestOtherEndpointsStayApart joins nothing that a look did not find just so.
func TestOtherEndpointsStayApart(t *testing.T) {
	for _, c := range []struct {
		name, first, found, then string
		later                    time.Duration
	}{
		{"another port", "bk/web1", "10.0.3.12:8080 cause", "10.0.3.12:8081", time.Minute},
		{"another address", "bk/web1", "10.0.3.12:8080 cause", "10.0.3.13:8080", time.Minute},
		{"found too long ago", "bk/web1", "10.0.3.12:8080 cause", "10.0.3.12:8080", 16 * time.Minute},
		{"a loopback is another on each host", "bk/web1", "127.0.0.1:8080 cause", "127.0.0.1:8080", time.Minute},
		{"a name is no address", "bk/web1", "10.0.3.12:8080 cause", "web-1.test:8080", time.Minute},
	} {
		d := newDesk(t, TriageLimits{})
		d.balancer(c.first, true)
		d.stands(0, c.found)
		d.end(0, investigations.VerdictCause, "proc-not-running")
		d.pass(c.later)
		d.open()[0].Last = d.now // alerts go on
		d.balancer(c.then, true)
		if last := d.started[len(d.started)-1].Target; last != c.then || len(d.open()) != 2 {
			t.Errorf("%s: the last look is at %s, %d threads; want one more of each", c.name, last, len(d.open()))
		}
	}
}

// TestWellServerOfGroup has a group found to have one server that is broken and
// one that is well: an alert about the second joins, and is looked into.
func TestWellServerOfGroup(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.balancer("bk", true)
	d.stands(0, "10.0.3.12:8080 cause", "10.0.3.13:8080 healthy")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	d.balancer("10.0.3.13:8080", true)
	d.wantOpen(1)
	d.wantStarted(2)
	d.balancer("10.0.3.12:8080", true)
	d.wantStarted(2)
	words := sameEndpoints(d.open()[0].Entries)
	if want := "bk stands for 10.0.3.13:8080: both are about one endpoint"; !slices.Contains(words, want) {
		t.Errorf("the thread says %q, want %q", words, want)
	}
}

// TestNameOfKnownEndpoint has the address alert first: what turns out to be its
// name joins, unless it stands for more.
func TestNameOfKnownEndpoint(t *testing.T) {
	for _, c := range []struct {
		found []string
		open  int
	}{
		{[]string{"10.0.3.12:8080"}, 1},
		{[]string{"10.0.3.12:8081"}, 2},
		{[]string{"10.0.3.12:8080", "10.0.3.13:8080"}, 2},
	} {
		d := newDesk(t, TriageLimits{})
		d.balancer("10.0.3.12:8080", true)
		d.stands(0, "10.0.3.12:8080 cause")
		d.end(0, investigations.VerdictCause, "proc-not-running")
		d.pass(time.Minute)
		d.balancer("bk/web1", true)
		d.wantStarted(2)
		d.stands(1, c.found...)
		d.wantOpen(c.open)
		d.end(1, investigations.VerdictCause, "proc-not-running")
		for _, tr := range d.open() {
			for _, e := range tr.Entries {
				if e.State != store.EntryDone || e.Firing != 1 {
					t.Errorf("%s: entry %+v, want it done", c.found, e)
				}
			}
		}
		if c.open == 1 && d.open()[0].Firing != 2 {
			t.Errorf("%d fire, want 2", d.open()[0].Firing)
		}
	}
}

// TestNameAndAddressAtOnce has both come before anything is found.
func TestNameAndAddressAtOnce(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	d.balancer("bk/web1", true)
	d.pass(time.Second)
	d.balancer("10.0.3.12:8080", true)
	d.pass(time.Second)
	d.stands(0, "10.0.3.12:8080")
	d.wantOpen(1)
	d.end(1, investigations.VerdictCause, "proc-not-running")
	d.end(0, investigations.VerdictCause, "proc-not-running")
	for _, e := range d.open()[0].Entries {
		if e.State != store.EntryDone {
			t.Errorf("entry %+v, want it done", e)
		}
	}
	for _, tr := range d.troubles {
		if tr.Into == "" {
			continue
		}
		if m := renderTrouble(*tr, nil); len(m) != 1 || m[0].Text != "Part of another thread: bk/web1 stands for 10.0.3.12:8080." {
			t.Errorf("the thread that stood in Slack says %+v, want where it went", m)
		}
	}
}

// TestNameMovesOn has a name stand for another address at the second look: the
// alert about the first is looked into by itself.
func TestNameMovesOn(t *testing.T) {
	for _, found := range []string{"10.0.3.14:8080 cause", "10.0.3.12:8080 healthy/10.0.3.13:8080 cause"} {
		d := newDesk(t, TriageLimits{})
		d.alert("name", true, "bk/web1")
		d.stands(0, "10.0.3.12:8080 cause")
		d.end(0, investigations.VerdictCause, "proc-not-running")
		d.alert("address", true, "10.0.3.12:8080")
		for range 2 {
			d.pass(8 * time.Minute)
			d.alert("name", true, "bk/web1")
		}
		d.wantStarted(2)
		d.stands(1, strings.Split(found, "/")...)
		d.end(1, investigations.VerdictCause, "proc-not-running")
		d.wantOpen(1)
		d.wantStarted(3)
		if got := d.started[2].Target; got != "10.0.3.12:8080" {
			t.Errorf("the third look is at %s, want the address that alerts name", got)
		}
		d.end(2, investigations.VerdictCause, "proc-not-running")
		d.alert("name", false, "bk/web1")
		d.alert("address", false)
		d.pass(time.Minute)
		d.wantStarted(5)
		if tr := d.open()[0]; tr.Firing != 0 || tr.Entries[0].Firing != 0 || tr.Entries[1].Firing != 0 {
			t.Errorf("%d fire, %+v; want none", tr.Firing, tr.Entries)
		}
	}
}
