package lab

import (
	"testing"

	"golang.org/x/sys/unix"
)

// pathFaults are those between the load balancer and the server.
func pathFaults() []Fault {
	const firstHop = "3/1 from 10.77.1.1"
	return []Fault{
		{Name: "router-tcp-reset", Cause: "middlebox-rst", On: "between lb and web", Target: shop, See: reset,
			Make: forwarding("tcp dport 8080 reject with tcp reset")},
		{Name: "router-tcp-reset-ipv6", Cause: "middlebox-rst", On: "between lb and web", Target: shop6, See: reset,
			Make: forwarding("tcp dport 8080 reject with tcp reset")},
		{Name: "router-admin-prohibited", Cause: "path-acl-icmp", On: "10.77.1.1", Target: shop,
			See:  icmp(unix.EHOSTUNREACH, "3/13 from 10.77.1.1"),
			Make: forwarding("tcp dport 8080 reject with icmpx admin-prohibited")},
		{Name: "router-admin-prohibited-ipv6", Cause: "path-acl-icmp", On: "fd77:1::1", Target: shop6,
			See:  icmp(unix.EACCES, "1/1 from fd77:1::1"),
			Make: forwarding("tcp dport 8080 reject with icmpx admin-prohibited")},
		{Name: "router-net-prohibited", Cause: "path-acl-icmp", On: "10.77.1.1", Target: shop,
			See:  icmp(unix.ENETUNREACH, "3/9 from 10.77.1.1"),
			Make: forwarding("ip protocol tcp tcp dport 8080 reject with icmp net-prohibited")},
		// Before those that make the router say "unreachable" often: it does so about once a second to one
		// address (icmp_ratelimit), and after a burst not at all for a while.
		{Name: "router-unreachable-route", Cause: "router-unreachable", On: "10.77.1.1", Target: shop,
			See:  icmp(unix.EHOSTUNREACH, "3/1 from 10.77.1.1"),
			Make: after(onRtr, "ip route add unreachable 10.77.2.2/32")},
		{Name: "router-drop", Cause: "path-drop", On: "between lb and web", Target: shop, See: silence,
			Make: forwarding("tcp dport 8080 drop")},
		{Name: "router-drops-answer", Cause: "answer-lost", On: "between web and lb", Target: shop, See: silence,
			Make: forwarding("ip saddr 10.77.2.2 tcp sport 8080 drop")},
		{Name: "host-off", Cause: "host-down", On: "web", Target: shop, See: icmp(unix.EHOSTUNREACH, firstHop),
			Make: func(t testing.TB, l *Lab) { serveShop(t, l); l.Web.PowerOff(t); l.forget(t) }},
		{Name: "switch-port-blocked", Cause: "arp-failure", On: "web", Target: shop, See: icmp(unix.EHOSTUNREACH, firstHop),
			Make: func(t testing.TB, l *Lab) { serveShop(t, l); l.BlockPort(t, l.Web); l.forget(t) }},
		{Name: "link-down", Cause: "arp-failure", On: "web", Target: shop, See: icmp(unix.EHOSTUNREACH, firstHop),
			Make: func(t testing.TB, l *Lab) { serveShop(t, l); l.Web.NetworkDown(t); l.forget(t) }},
	}
}

// forwarding serves the shop behind a router with one rule.
func forwarding(rule string) func(testing.TB, *Lab) {
	return func(t testing.TB, l *Lab) {
		t.Helper()
		serveShop(t, l)
		l.Rtr.Shell(t, `nft add table inet acl
			nft 'add chain inet acl forward { type filter hook forward priority 0; policy accept; }'
			nft 'add rule inet acl forward `+rule+`'`)
	}
}

// forget empties the router's neighbours, so that what is gone is gone at once.
func (l *Lab) forget(t testing.TB) {
	t.Helper()
	l.Rtr.Shell(t, "ip neigh flush all; ip -6 neigh flush all")
}

// PowerOff takes the host's power; Reset boots it again.
func (h *Host) PowerOff(t testing.TB) {
	t.Helper()
	if err := h.powerOff(t.Context()); err != nil {
		t.Fatalf("power off %s: %v", h.Name, err)
	}
}

// NetworkDown takes the data link down; mgmt0, and with it the host's runner,
// goes on.
func (h *Host) NetworkDown(t testing.TB) {
	t.Helper()
	h.Shell(t, "ip link set "+h.addresses[0].link+" down")
}

// BlockPort makes the switch in front of a server's data link pass nothing on,
// while both sides see the link up; "disabled" is state 0 of ip-link(8)'s
// bridge_slave.
func (l *Lab) BlockPort(t testing.TB, h *Host) {
	t.Helper()
	l.Rtr.Shell(t, "bridge link set dev "+h.Name+" state 0")
}
