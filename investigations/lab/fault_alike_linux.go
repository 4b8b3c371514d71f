package lab

import (
	"context"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// lookAlikes are faults that look like another one, and eyes that see less than
// it takes to tell them apart.
func lookAlikes() []Fault {
	stop := "systemctl stop " + shopUnit
	forged := inputTable("accept", "tcp dport 8080 reject with tcp reset")
	return []Fault{
		// The port that a person names is held by another program, on loopback.
		{Name: "port-held-by-another", Cause: "addr-in-use", On: "web", Target: shop, See: reset,
			Fix: "systemctl stop other.service; systemctl restart " + shopUnit, Inputs: []string{"unit=" + shopUnit}, Make: func(t testing.TB, l *Lab) {
				l.Web.Serve(t, Service{Unit: "other.service", Listen: []string{"127.0.0.1:8080"}})
				l.Web.Install(t, Service{Unit: shopUnit, Listen: []string{"[::]:8080"}})
				l.Web.Shell(t, "systemctl start "+shopUnit+" || :")
			}},
		{Name: "published-to-closed-port", Cause: "docker-proxy-dead-container", On: "web", Target: shop, See: reset,
			Inputs: []string{"unit=" + shopUnit}, Make: publish},
		{Name: "redirected-to-closed-port", Cause: "docker-proxy-dead-container", On: "web", Target: shop, See: reset,
			Make: after(onWeb, `nft add table ip nat
				nft 'add chain ip nat prerouting { type nat hook prerouting priority -100; }'
				nft add rule ip nat prerouting tcp dport 8080 redirect to :8099`)},
		{Name: "no-source-port-left", Cause: "lb-ephemeral-exhaustion", On: "lb", Target: shop,
			See: Sight{Errno: unix.EADDRNOTAVAIL}, Make: exhaust},
		{Name: "plain-runner-stopped", Target: shop, See: reset, PlainRunner: "web", Make: after(onWeb, stop)},
		{Name: "plain-runner-tcp-reset", Target: shop, See: reset, PlainRunner: "web", Make: after(onWeb, forged)},
		{Name: "plain-runner-drop", Target: shop, See: silence, PlainRunner: "web", Make: after(onWeb, inputTable("drop"))},
		{Name: "no-runner-on-lb", Cause: "proc-not-running", On: "web", Target: shop, See: reset, NoRunner: "lb",
			Fix: "systemctl start " + shopUnit, Make: after(onWeb, stop)},
		// What web drops comes from lb only; the bot's own runner, which connects in its stead, is let through.
		{Name: "no-runner-on-lb-that-is-dropped", Target: shop, See: silence, NoRunner: "lb", FromOps: true,
			Make: after(onWeb, inputTable("accept", "ip saddr 10.77.1.0/24 tcp dport 8080 drop"))},
	}
}

// publish leads the shop's port into a network namespace of its host in which
// nobody listens, as container runtimes do.
func publish(t testing.TB, l *Lab) {
	t.Helper()
	if err := l.Web.sysctl("ip_forward", "1"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = l.Web.sysctl("ip_forward", "0") // the network of a host that is gone
		_, _ = l.Web.Run(context.Background(), "ip", "netns", "del", "pod")
	})
	serveShop(t, l)
	l.Web.Shell(t, `systemctl stop `+shopUnit+`
		ip netns add pod
		ip link add pod0 type veth peer name eth0 netns pod
		ip addr add 172.30.0.1/24 dev pod0; ip link set pod0 up
		ip -n pod addr add 172.30.0.2/24 dev eth0; ip -n pod link set eth0 up; ip -n pod link set lo up
		ip -n pod route add default via 172.30.0.1
		nft add table ip nat
		nft 'add chain ip nat prerouting { type nat hook prerouting priority -100; }'
		nft add rule ip nat prerouting ip daddr 10.77.2.2 tcp dport 8080 dnat to 172.30.0.2:80`)
}

// exhaust leaves lb four source ports and takes them all for connections to the
// shop that are never closed, as a leaking balancer does.
func exhaust(t testing.TB, l *Lab) {
	t.Helper()
	serveShop(t, l)
	t.Cleanup(func() { _ = l.LB.sysctl("ip_local_port_range", "32768 60999") }) // the network of a host that is gone
	if err := l.LB.sysctl("ip_local_port_range", "40000 40003"); err != nil {
		t.Fatal(err)
	}
	l.LB.Write(t, "/usr/local/lib/lab/leak.py", `import signal, socket
held = []
try:
    while True:
        held.append(socket.create_connection(("10.77.2.2", 8080)))
except OSError as e:
    print(len(held), e, flush=True)
signal.pause()
`)
	l.LB.Shell(t, `systemd-run --quiet --unit=leak.service python3 /usr/local/lib/lab/leak.py
		echo leak.service >>/run/lab/units
		until [ "$(ss -tanH dst 10.77.2.2:8080 | wc -l)" -ge 4 ]; do sleep 0.05; done`)
}

// sysctl sets one of net.ipv4 in the host's network namespace; on the host
// itself it cannot be written.
func (h *Host) sysctl(name, value string) error {
	return within(h.netns, func() error {
		return os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0o644)
	})
}
