package lab

import (
	"testing"

	"golang.org/x/sys/unix"
)

// pairFaults are two faults at once: a verdict that names one of them only
// would have a person mend it in vain.
func pairFaults() []Fault {
	const stopped, prohibited = "proc-not-running", "3/13 from 10.77.2.2"
	port := icmp(unix.ECONNREFUSED, "3/3 from 10.77.2.2")
	stop := "\nsystemctl stop " + shopUnit
	pair := func(name, cause, also string, see Sight, make func(testing.TB, *Lab)) Fault {
		return Fault{Name: name, Cause: cause, On: "web", Also: []string{also}, Target: shop, See: see, Make: make}
	}
	behind := func(name, also string, see Sight, script string) Fault {
		return pair("stopped-behind-"+name, stopped, also+" on web", see, after(onWeb, script+stop))
	}
	elsewhere := func(name, also string, see Sight, make func(testing.TB, *Lab)) Fault {
		return pair("stopped-behind-"+name, stopped, also, see, then(make, onWeb, stop))
	}
	loopback := listening("127.0.0.1:8080")
	return []Fault{
		behind("tcp-reset", "fw-reject-tcp-reset", reset, inputTable("accept", "tcp dport 8080 reject with tcp reset")),
		behind("legacy-tcp-reset", "fw-reject-tcp-reset", reset,
			"iptables-legacy -A INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset"),
		behind("reject", "fw-reject-icmp-port", port, inputTable("accept", "tcp dport 8080 reject")),
		behind("drop", "fw-drop", silence, inputTable("drop")),
		behind("firewalld", "fw-admin-prohibited", icmp(unix.EHOSTUNREACH, prohibited), startFirewalld),
		elsewhere("output-reject", "lb-output-fw on lb", icmp(unix.ECONNREFUSED, "3/3 from 10.77.1.2"),
			after(onLB, outputTable("tcp dport 8080 reject"))),
		elsewhere("router-reset", "middlebox-rst on between lb and web", reset,
			forwarding("tcp dport 8080 reject with tcp reset")),
		elsewhere("router-drop", "path-drop on between lb and web", silence, forwarding("tcp dport 8080 drop")),
		elsewhere("lost-answer", "answer-lost on between web and lb", silence, forwarding("ip saddr 10.77.2.2 tcp sport 8080 drop")),
		pair("exits-behind-drop", "unit-exec-failed", "fw-drop on web", silence,
			then(broken("ExecStart=", "ExecStart=/bin/false 10.77.2.2:8080"), onWeb, inputTable("drop"))),
		pair("wrong-port-behind-reject", "wrong-port", "fw-reject-icmp-port on web", port,
			then(moved, onWeb, inputTable("accept", "tcp dport 8080 reject"))),
		pair("loopback-behind-tcp-reset", "bound-loopback", "fw-reject-tcp-reset on web", reset,
			then(loopback, onWeb, inputTable("accept", "tcp dport 8080 reject with tcp reset"))),
		pair("loopback-behind-reject", "bound-loopback", "fw-reject-icmp-port on web", port,
			then(loopback, onWeb, inputTable("accept", "tcp dport 8080 reject"))),
		pair("loopback-behind-drop", "bound-loopback", "fw-drop on web", silence, then(loopback, onWeb, inputTable("drop"))),
		{Name: "two-servers-two-faults", Cause: stopped, On: "web", Also: []string{"fw-drop on web2"},
			Target: "pair.test:8080", Address: shop, See: reset, Make: func(t testing.TB, l *Lab) {
				servePair(t, l)
				l.Web.Shell(t, stop)
				l.Web2.Shell(t, inputTable("drop"))
			}},
		{Name: "two-servers-one-stopped", Cause: stopped, On: "web", Target: "pair.test:8080", Address: shop, See: reset,
			Fix: "systemctl start " + shopUnit, Make: func(t testing.TB, l *Lab) { servePair(t, l); l.Web.Shell(t, stop) }},
	}
}

// then makes a fault of another, and of a script that runs on a host after it.
func then(make func(testing.TB, *Lab), host func(*Lab) *Host, script string) func(testing.TB, *Lab) {
	return func(t testing.TB, l *Lab) {
		t.Helper()
		make(t, l)
		host(l).Shell(t, script)
	}
}

// moved serves the shop on its port, and then on another.
func moved(t testing.TB, l *Lab) {
	t.Helper()
	serveShop(t, l)
	l.Web.remember(t, 8080)
	listening("[::]:8081")(t, l)
}

// servePair serves the shop on both servers, under one name.
func servePair(t testing.TB, l *Lab) {
	t.Helper()
	serveShop(t, l)
	l.Web2.Serve(t, Service{Unit: shopUnit, Listen: []string{"[::]:8080"}})
	l.DNS.Set("pair.test", "10.77.2.2", "10.77.2.3")
}
