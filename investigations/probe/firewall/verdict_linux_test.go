package firewall

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/investigations/probe"
	"golang.org/x/sys/unix"
)

func TestVerdictArgs(t *testing.T) {
	for want, a := range map[string]probe.FirewallArgs{
		"hook":                {Hook: "prerouting", Source: "10.0.0.1", Destination: "10.0.0.2", Port: 80},
		"source":              {Hook: "input", Source: "web", Destination: "10.0.0.2", Port: 80},
		"destination":         {Hook: "input", Source: "10.0.0.1", Destination: "", Port: 80},
		"different families":  {Hook: "input", Source: "10.0.0.1", Destination: "::1", Port: 80},
		"port 0":              {Hook: "input", Source: "10.0.0.1", Destination: "10.0.0.2"},
		"source port 70000":   {Hook: "input", Source: "10.0.0.1", Destination: "10.0.0.2", Port: 80, SourcePort: 70000},
		"port 65536 is not i": {Hook: "input", Source: "10.0.0.1", Destination: "10.0.0.2", Port: 65536},
	} {
		if _, err := Verdict(context.Background(), a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Verdict(%+v) error = %v, want one with %q", a, err, want)
		}
	}
	src, _, err := checkArgs(probe.FirewallArgs{Hook: "input", Source: "::ffff:10.0.0.1", Destination: "10.0.0.2", Port: 80})
	if err != nil || src.String() != "10.0.0.1" {
		t.Errorf("a mapped source = %v, %v, want 10.0.0.1", src, err)
	}
}

// withoutCapabilities runs a function on a thread of its own that has none.
func withoutCapabilities(t *testing.T, do func()) {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		err := unix.Capset(&hdr, &none[0])
		if err == nil {
			do()
		}
		done <- err
	}()
	check(t, "drop capabilities", <-done)
}

func TestVerdictNotPermitted(t *testing.T) {
	needRoot(t)
	withoutCapabilities(t, func() {
		f, err := Verdict(context.Background(), probe.FirewallArgs{Hook: "input", Source: "10.0.0.1", Destination: "10.0.0.2", Port: 80})
		if err != nil || text(f.NotPermitted) != "needs CAP_NET_ADMIN" || f.Decided != nil {
			t.Errorf("without capabilities: %+v, %v, want not permitted and nothing decided", f, err)
		}
		if _, err := RuleCounters(context.Background()); !errors.Is(err, unix.EPERM) {
			t.Errorf("RuleCounters without capabilities: %v, want EPERM", err)
		}
	})
}

// TestRuleCounters sends a packet and sees which rules counted it.
func TestRuleCounters(t *testing.T) {
	needRoot(t, "nft", "iptables-nft-restore")
	l := newLab(t)
	var before, after []probe.RuleCount
	l.in(l.box, func() {
		load(t, "testdata/rules/compat-basic.iptables")
		check(t, "load", run("table inet x { chain input { type filter hook input priority -5; tcp dport 8080 counter; tcp dport 22 counter; }; }", "nft", "-f", "-"))
		before = counters(t)
	})
	var a *attempt
	l.in(l.client, func() { a = begin(t, client4[0], 0, box4, 8080) })
	settle(t, []*attempt{a}, answerTime)
	l.in(l.box, func() { after = counters(t) })
	var texts []string
	for _, r := range CountersRisen(before, after) {
		texts = append(texts, *r.Text)
	}
	want := `tcp dport 8080 counter
-A INPUT -p tcp -j SERVICES
-A INPUT -p tcp -m multiport --dports 8080,8443 -m comment --comment "no web" -j REJECT --reject-with icmp-admin-prohibited`
	for line := range strings.SplitSeq(want, "\n") {
		if !strings.Contains(strings.Join(texts, "\n"), line) {
			t.Errorf("counters risen:\n%s\nwant\n%s", strings.Join(texts, "\n"), want)
			break
		}
	}
	if a.with != "admin-prohibited" || len(texts) != 3 {
		t.Errorf("kernel did %s %s, %d counters rose, want admin-prohibited and 3", a.action, a.with, len(texts))
	}
}

func counters(t *testing.T) []probe.RuleCount {
	t.Helper()
	c, err := RuleCounters(context.Background())
	check(t, "counters", err)
	return c
}
