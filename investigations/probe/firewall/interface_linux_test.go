package firewall

import (
	"context"
	"testing"

	"github.com/plexorbot/plexor/investigations/probe"
	"github.com/vishvananda/netlink"
)

// TestInterface: where routes are not the same there and back, the rules of the
// interface at which the packet came in decide, and none where that is not known.
func TestInterface(t *testing.T) {
	needRoot(t, "nft")
	l := newLab(t)
	l.in(l.box, func() {
		check(t, "load", run(`table inet f {
			chain in { type filter hook input priority 0; iifname "eth1" tcp dport 8080 drop; }
		}`, "nft", "-f", "-"))
		bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}}
		port := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "port0"}, PeerName: "port1"}
		check(t, "make bridge", netlink.LinkAdd(bridge))
		check(t, "make port", netlink.LinkAdd(port))
		check(t, "add port", netlink.LinkSetMaster(port, bridge))
		for _, c := range []struct{ from, to, seen, want string }{
			{client4[0], box4, "eth0", "accept"},
			{client4[0], box4, "", "accept"},
			{server4, box4, "eth0", "accept"}, // goes back by eth1
			{server4, box4, "eth1", "drop"},
			{server4, box4, "", ""},
			{server4, boxOut4, "", "drop"},
			{client4[0], boxOut4, "", ""},
			{client4[0], box4, "eth1", "drop"},
			{client4[0], box4, "port0", ""}, // the rules see it on the bridge
			{box4, box4, "", "accept"},
			{client4[0], box4, "eth9", ""},
		} {
			f, err := Verdict(context.Background(), probe.FirewallArgs{Hook: hookInput, Source: c.from, Destination: c.to, Port: 8080, Interface: c.seen})
			check(t, "verdict", err)
			got := ""
			if f.Action != nil {
				got = *f.Action
			}
			if got != c.want {
				t.Errorf("verdict on %+v = %q %q, want %q", c, got, f.Why, c.want)
			}
		}
	})
}
