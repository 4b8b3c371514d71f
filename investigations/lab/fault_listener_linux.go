package lab

import "testing"

// listenerFaults are those of a service that listens, but not there.
func listenerFaults() []Fault {
	return []Fault{
		{Name: "wrong-port", Cause: "wrong-port", On: "web", Target: shop, See: reset, Inputs: []string{"unit=" + shopUnit},
			Make: listening("[::]:8081")},
		{Name: "wrong-port-moved", Cause: "wrong-port", On: "web", Target: shop, See: reset,
			Make: func(t testing.TB, l *Lab) { serveShop(t, l); l.Web.remember(t, 8080); listening("[::]:8081")(t, l) }},
		{Name: "bound-loopback", Cause: "bound-loopback", On: "web", Target: shop, See: reset,
			Make: listening("127.0.0.1:8080")},
		{Name: "bound-loopback-nginx", Cause: "bound-loopback", On: "web", Target: "10.77.2.2:80", See: reset,
			Make: func(t testing.TB, l *Lab) { l.Web.NginxServe(t, "shop", "127.0.0.1:80") }},
		{Name: "bound-loopback-ipv6", Cause: "bound-loopback", On: "web", Target: shop6, See: reset,
			Make: listening("[::1]:8080")},
		{Name: "bound-other-ip", Cause: "bound-other-ip", On: "web", Target: shop, See: reset,
			Make: listening("10.77.3.21:8080")},
		{Name: "ipv6-only-bind", Cause: "ipv6-only-bind", On: "web", Target: shop, See: reset,
			Make: func(t testing.TB, l *Lab) {
				l.Web.Install(t, Service{Unit: shopUnit, Listen: []string{"[::]:8080"}, V6Only: true})
				l.Web.Shell(t, "systemctl restart "+shopUnit)
			}},
		{Name: "ipv6-only-bind-nginx", Cause: "ipv6-only-bind", On: "web", Target: "10.77.2.2:80", See: reset,
			Make: func(t testing.TB, l *Lab) { l.Web.NginxServe(t, "shop", "[::]:80") }},
		{Name: "ipv4-only-bind", Cause: "ipv4-only-bind", On: "web", Target: shop6, See: reset,
			Make: listening("0.0.0.0:8080")},
	}
}

// listening serves the shop on these addresses.
func listening(addresses ...string) func(testing.TB, *Lab) {
	return func(t testing.TB, l *Lab) {
		t.Helper()
		l.Web.Install(t, Service{Unit: shopUnit, Listen: addresses})
		l.Web.Shell(t, "systemctl restart "+shopUnit)
	}
}

// queueFaults are those of a service that listens there and takes nothing.
func queueFaults() []Fault {
	return []Fault{
		{Name: "hung-accept", Cause: "app-hung-accept", On: "web", Target: shop, See: silence,
			Fix: "systemctl restart " + shopUnit, Make: hang},
	}
}
