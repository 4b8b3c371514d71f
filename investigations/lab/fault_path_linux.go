package lab

import (
	"testing"

	"golang.org/x/sys/unix"
)

// pathFaults are those between the load balancer and the server.
func pathFaults() []Fault {
	const firstHop = "3/1 from 10.77.1.1"
	noRoute := Sight{Errno: unix.ENETUNREACH}
	return []Fault{
		{Name: "router-tcp-reset", Cause: "middlebox-rst", On: "rtr", Target: shop, See: reset,
			Make: forwarding("tcp dport 8080 reject with tcp reset")},
		{Name: "router-admin-prohibited", Cause: "path-acl-icmp", On: "rtr", Target: shop,
			See:  icmp(unix.EHOSTUNREACH, "3/13 from 10.77.1.1"),
			Make: forwarding("tcp dport 8080 reject with icmpx admin-prohibited")},
		{Name: "router-net-prohibited", Cause: "path-acl-icmp", On: "rtr", Target: shop,
			See:  icmp(unix.ENETUNREACH, "3/9 from 10.77.1.1"),
			Make: forwarding("ip protocol tcp tcp dport 8080 reject with icmp net-prohibited")},
		{Name: "host-off", Cause: "host-down", On: "web", Target: shop, See: icmp(unix.EHOSTUNREACH, firstHop),
			Make: func(t testing.TB, l *Lab) { serveShop(t, l); l.Web.PowerOff(t); l.forget(t) }},
		{Name: "switch-port-blocked", Cause: "arp-failure", On: "web", Target: shop, See: icmp(unix.EHOSTUNREACH, firstHop),
			Make: func(t testing.TB, l *Lab) { serveShop(t, l); l.BlockPort(t, l.Web); l.forget(t) }},
		{Name: "link-down", Cause: "arp-failure", On: "web", Target: shop, See: icmp(unix.EHOSTUNREACH, firstHop),
			Make: func(t testing.TB, l *Lab) { serveShop(t, l); l.Web.NetworkDown(t); l.forget(t) }},
		{Name: "no-default-route", Cause: "no-route-lb", On: "lb", Target: shop, See: noRoute,
			Make: after(onLB, "ip route del default")},
		{Name: "no-default-route-ipv6", Cause: "no-route-lb", On: "lb", Target: shop6, See: noRoute,
			Make: after(onLB, "ip -6 route del default")},
		{Name: "blackhole-route", Cause: "blackhole-route", On: "lb", Target: shop, See: Sight{Errno: unix.EINVAL},
			Fix: "ip route del blackhole 10.77.2.0/24", Make: after(onLB, "ip route add blackhole 10.77.2.0/24")},
		{Name: "unreachable-route", Cause: "blackhole-route", On: "lb", Target: shop, See: Sight{Errno: unix.EHOSTUNREACH},
			Fix: "ip route del unreachable 10.77.2.2/32", Make: after(onLB, "ip route add unreachable 10.77.2.2/32")},
		{Name: "prohibit-route", Cause: "blackhole-route", On: "lb", Target: shop, See: Sight{Errno: unix.EACCES},
			Fix: "ip route del prohibit 10.77.2.0/24", Make: after(onLB, "ip route add prohibit 10.77.2.0/24")},
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
