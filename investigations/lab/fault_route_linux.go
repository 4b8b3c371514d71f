package lab

import (
	"testing"

	"golang.org/x/sys/unix"
)

// routeFaults are those of the route tables, and of the first hop.
func routeFaults() []Fault {
	noRoute := Sight{Errno: unix.ENETUNREACH}
	return []Fault{
		{Name: "no-default-route", Cause: "no-route-lb", On: "lb", Target: shop, See: noRoute,
			Make: after(onLB, "ip route del default")},
		{Name: "no-default-route-ipv6", Cause: "no-route-lb", On: "lb", Target: shop6, See: noRoute,
			Make: after(onLB, "ip -6 route del default")},
		{Name: "blackhole-route", Cause: "blackhole-route", On: "lb", Target: shop, See: Sight{Errno: unix.EINVAL},
			Fix: "ip route del blackhole 10.77.2.0/24", Make: after(onLB, "ip route add blackhole 10.77.2.0/24")},
		{Name: "blackhole-route-ipv6", Cause: "blackhole-route", On: "lb", Target: shop6, See: Sight{Errno: unix.EINVAL},
			Fix: "ip -6 route del blackhole fd77:2::/64", Make: after(onLB, "ip -6 route add blackhole fd77:2::/64")},
		{Name: "unreachable-route", Cause: "blackhole-route", On: "lb", Target: shop, See: Sight{Errno: unix.EHOSTUNREACH},
			Fix: "ip route del unreachable 10.77.2.2/32", Make: after(onLB, "ip route add unreachable 10.77.2.2/32")},
		{Name: "prohibit-route", Cause: "blackhole-route", On: "lb", Target: shop, See: Sight{Errno: unix.EACCES},
			Fix: "ip route del prohibit 10.77.2.0/24", Make: after(onLB, "ip route add prohibit 10.77.2.0/24")},
		{Name: "gateway-silent", Cause: "gateway-down", On: "lb", Target: shop,
			See: icmp(unix.EHOSTUNREACH, "3/1 from 10.77.1.2"),
			Make: func(t testing.TB, l *Lab) {
				serveShop(t, l)
				l.Rtr.Shell(t, "ip link set lb arp off")
				l.LB.Shell(t, "ip neigh flush all")
			}},
		{Name: "no-way-back", Cause: "no-return-route", On: "web", Target: shop, See: silence,
			Make: after(onWeb, "ip route del default")},
	}
}
