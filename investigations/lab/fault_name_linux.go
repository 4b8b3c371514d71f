package lab

import "testing"

const (
	shopName = "shop.test:8080"
	// dnsmasqConf is a resolver on the host itself that asks the server on ops.
	dnsmasqConf = "port=53\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nserver=10.77.3.2\n"
)

// nameFaults are those of the way from the target's name to its address.
func nameFaults() []Fault {
	return []Fault{
		{Name: "stale-hosts-file", Cause: "wrong-dns", On: "lb", Target: shopName, See: reset,
			Make: func(t testing.TB, l *Lab) {
				serveShop(t, l)
				l.LB.Write(t, "/etc/hosts", l.LB.etcHosts()+"10.77.2.3 shop.test\n")
			}},
		{Name: "stale-resolver", Cause: "wrong-dns", On: "lb", Target: shopName, See: reset,
			Make: func(t testing.TB, l *Lab) {
				serveShop(t, l)
				l.LB.LocalResolver(t, "address=/shop.test/10.77.2.3\n")
			}},
		{Name: "resolver-stopped", Cause: "resolver-down", On: "lb", Target: shopName, See: Sight{Unresolved: true},
			Fix: "systemctl start dnsmasq",
			Make: func(t testing.TB, l *Lab) {
				serveShop(t, l)
				l.LB.LocalResolver(t, "")
				l.LB.remember(t, 53)
				l.LB.Shell(t, "systemctl stop dnsmasq")
			}},
		{Name: "name-server-stopped", Cause: "resolver-down", On: "lb", Target: shopName, See: Sight{Unresolved: true},
			Make: func(t testing.TB, l *Lab) { serveShop(t, l); l.DNS.Stop() }},
		{Name: "name-server-silent", Cause: "resolver-down", On: "lb", Target: shopName, See: Sight{Unresolved: true},
			Make: func(t testing.TB, l *Lab) {
				serveShop(t, l)
				l.Ops.Shell(t, `nft add table inet dns
					nft 'add chain inet dns input { type filter hook input priority 0; }'
					nft 'add rule inet dns input meta l4proto { tcp, udp } th dport 53 drop'`)
			}},
		{Name: "no-such-name", Cause: "dns-failure", On: "lb", Target: "gone.test:8080", See: Sight{Unresolved: true},
			Make: serveShop},
	}
}

// upstreamFaults are those of servers that the load balancer's own configuration
// names; what a person asks about is the name of its group of them.
func upstreamFaults() []Fault {
	const group = "shop"
	fault := func(name, cause, on string, see Sight, make func(testing.TB, *Lab)) Fault {
		return Fault{Name: name, Cause: cause, On: on, Target: group, Address: shop, See: see, Make: make}
	}
	stopped := fault("nginx-upstream-stopped", "proc-not-running", "web", reset, func(t testing.TB, l *Lab) {
		serveShop(t, l)
		l.LB.NginxBalance(t, group, shopName)
		l.Web.Shell(t, "systemctl stop "+shopUnit)
	})
	stopped.Fix = "systemctl start " + shopUnit
	return []Fault{
		stopped,
		fault("haproxy-backend-loopback", "bound-loopback", "web", reset, func(t testing.TB, l *Lab) {
			listening("127.0.0.1:8080")(t, l)
			l.LB.HAProxyBalance(t, group, shopName)
		}),
		fault("nginx-server-down", "lb-admin-disabled", "lb", connected, func(t testing.TB, l *Lab) {
			serveShop(t, l)
			l.LB.NginxBalance(t, group, shop+" down", "10.77.2.3:8080")
		}),
		fault("haproxy-server-disabled", "lb-admin-disabled", "lb", connected, func(t testing.TB, l *Lab) {
			serveShop(t, l)
			l.LB.HAProxyBalance(t, group, shopName+" disabled")
		}),
	}
}

// LocalResolver starts dnsmasq on the host, with more lines of dnsmasq.conf,
// and has the host resolve through it.
func (h *Host) LocalResolver(t testing.TB, lines string) {
	t.Helper()
	h.Write(t, "/etc/dnsmasq.d/lab.conf", dnsmasqConf+lines)
	h.Write(t, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n")
	h.Shell(t, "systemctl start dnsmasq")
}
