package lab

import "golang.org/x/sys/unix"

// innocents look like faults, or are ones that nothing proves: a verdict must
// not name a cause.
func innocents() []Fault {
	whole := func(name, script string) Fault {
		return Fault{Name: name, Target: shop, See: connected, Make: after(onWeb, script)}
	}
	return []Fault{
		{Name: "healthy", Target: shop, See: connected, Make: serveShop},
		{Name: "healthy-ipv6", Target: shop6, See: connected, Make: serveShop},
		whole("strict-firewall-lets-through", inputTable("drop", "ip saddr 10.77.1.0/24 tcp dport 8080 accept")),
		whole("firewalld-lets-through", startFirewalld+"firewall-cmd --quiet --add-port=8080/tcp"),
		whole("drops-other-port", inputTable("accept", "tcp dport 8081 drop", "tcp dport 80 reject with tcp reset")),
		whole("drops-other-source", inputTable("accept", "ip saddr 192.0.2.0/24 tcp dport 8080 drop")),
		whole("other-unit-failed", `systemd-run --quiet --unit=batch.service --property=RemainAfterExit=no false
			until systemctl is-failed -q batch.service; do sleep 0.05; done`),
		{Name: "router-resets-other-port", Target: shop, See: connected,
			Make: forwarding("tcp dport 8081 reject with tcp reset")},
		{Name: "no-runner-on-backend", Target: shop, See: reset, NoRunner: "web",
			Make: after(onWeb, "systemctl stop "+shopUnit)},
		{Name: "no-runner-behind-drop", Target: shop, See: silence, NoRunner: "web",
			Make: after(onWeb, inputTable("accept", "tcp dport 8080 drop"))},
		{Name: "no-runner-behind-reject", Target: shop, See: icmp(unix.ECONNREFUSED, "3/3 from 10.77.2.2"), NoRunner: "web",
			Make: after(onWeb, inputTable("accept", "tcp dport 8080 reject"))},
		{Name: "runner-lost", Target: shop, See: reset, LostRunner: "web",
			Make: after(onWeb, "systemctl stop "+shopUnit)},
		{Name: "misspelt-unit", Target: shop, See: reset, Inputs: []string{"unit=shpo.service"},
			Make: after(onWeb, "systemctl stop "+shopUnit)},
		{Name: "unknown-owner", Target: "10.77.2.2:9099", See: reset, Make: serveShop},
		{Name: "unknown-owner-other-unit-failed", Target: "10.77.2.2:9098", See: reset,
			Make: after(onWeb, "systemd-run --quiet --unit=batch.service false; until systemctl is-failed -q batch.service; do sleep 0.05; done")},
	}
}
