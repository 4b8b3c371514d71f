package lab

import "testing"

// unitFaults are those of a service that is not there.
func unitFaults() []Fault {
	start := "systemctl start " + shopUnit
	return []Fault{
		{Name: "unit-stopped", Cause: "proc-not-running", On: "web", Target: shop, See: reset, Fix: start,
			Make: after(onWeb, "systemctl stop "+shopUnit)},
		{Name: "nginx-stopped", Cause: "proc-not-running", On: "web", Target: "10.77.2.2:80", See: reset,
			Fix: "systemctl start nginx",
			Make: func(t testing.TB, l *Lab) {
				l.Web.NginxServe(t, "shop", "80", "[::]:80")
				l.Web.Shell(t, "systemctl stop nginx")
			}},
		{Name: "nginx-masked", Cause: "proc-not-running", On: "web", Target: "10.77.2.2:80", See: reset,
			Fix: "systemctl unmask nginx; systemctl start nginx",
			Make: func(t testing.TB, l *Lab) {
				l.Web.NginxServe(t, "shop", "80", "[::]:80")
				l.Web.remember(t, 80)
				l.Web.Shell(t, "echo /etc/systemd/system/nginx.service >>/run/lab/new; systemctl --quiet --now mask nginx")
			}},
		{Name: "unit-stopped-ipv6", Cause: "proc-not-running", On: "web", Target: shop6, See: reset, Fix: start,
			Make: after(onWeb, "systemctl stop "+shopUnit)},
		{Name: "unit-killed", Cause: "proc-not-running", On: "web", Target: shop, See: reset, Fix: start,
			Make: after(onWeb, "systemctl kill -s KILL "+shopUnit+"; until systemctl is-failed -q "+shopUnit+"; do sleep 0.05; done")},
		// Java's programs end with 143 when they are told to, which systemd takes for a failure.
		{Name: "unit-stopped-with-143", Cause: "proc-not-running", On: "web", Target: shop, See: reset, Fix: start,
			Make: func(t testing.TB, l *Lab) {
				l.Web.Serve(t, Service{Unit: shopUnit, Lines: []string{"ExecStart=",
					"ExecStart=/usr/bin/python3 " + serveAt + " --exit=143 [::]:8080"}})
				l.Web.Shell(t, "systemctl stop "+shopUnit+"; systemctl is-failed -q "+shopUnit)
			}},
		// systemd-run's unit goes with its process: the port memory alone knows who held the port.
		{Name: "transient-unit-stopped", Cause: "proc-not-running", On: "web", Target: "10.77.2.2:8087", See: reset,
			Make: func(t testing.TB, l *Lab) {
				l.Web.Write(t, serveAt, serveProgram)
				l.Web.Shell(t, "systemd-run --quiet --unit=brief.service --service-type=notify python3 "+serveAt+" 10.77.2.2:8087")
				l.Web.remember(t, 8087)
				l.Web.Shell(t, "echo brief.service >>/run/lab/units; systemctl stop brief.service")
			}},
		{Name: "unit-no-program", Cause: "unit-exec-failed", On: "web", Target: shop, See: reset,
			Make: broken("ExecStart=", "ExecStart=/usr/local/bin/shop --listen 10.77.2.2:8080")},
		{Name: "unit-bad-file", Cause: "unit-exec-failed", On: "web", Target: shop, See: reset,
			Make: func(t testing.TB, l *Lab) {
				serveShop(t, l)
				l.Web.remember(t, 8080)
				l.Web.Shell(t, "systemctl stop "+shopUnit)
				l.Web.Install(t, Service{Unit: shopUnit, Lines: []string{"ExecStart="}})
			}},
		{Name: "unit-no-user", Cause: "unit-exec-failed", On: "web", Target: shop, See: reset,
			Make: broken("User=shop")},
		{Name: "unit-no-directory", Cause: "unit-exec-failed", On: "web", Target: shop, See: reset,
			Make: broken("WorkingDirectory=/srv/shop")},
		{Name: "unit-exits", Cause: "unit-exec-failed", On: "web", Target: shop, See: reset,
			Make: broken("ExecStart=", "ExecStart=/bin/false 10.77.2.2:8080")},
		// A unit that fails until systemd gives up keeps the result exit-code;
		// only one that ends well each time gets start-limit-hit (systemd 252).
		{Name: "unit-exits-until-limit", Cause: "unit-start-limit-hit", On: "web", Target: shop, See: reset,
			Make: givenUp("ExecStart=/bin/false 10.77.2.2:8080")},
		{Name: "unit-start-limit", Cause: "unit-start-limit-hit", On: "web", Target: shop, See: reset,
			Make: givenUp("Type=simple", "ExecStart=/bin/true 10.77.2.2:8080")},
	}
}

// broken serves the shop, then changes its unit and restarts it, as a rollout
// that goes wrong does.
func broken(lines ...string) func(testing.TB, *Lab) {
	return func(t testing.TB, l *Lab) {
		t.Helper()
		serveShop(t, l)
		l.Web.remember(t, 8080)
		l.Web.Install(t, Service{Unit: shopUnit, Listen: []string{"[::]:8080"}, Lines: lines})
		l.Web.Shell(t, "systemctl restart "+shopUnit+" || :")
	}
}

// givenUp is broken with restarts, until systemd makes no more of them.
func givenUp(lines ...string) func(testing.TB, *Lab) {
	return func(t testing.TB, l *Lab) {
		t.Helper()
		broken(append([]string{"ExecStart=", "Restart=always", "RestartSec=10ms"}, lines...)...)(t, l)
		l.Web.Shell(t, "until systemctl is-failed -q "+shopUnit+"; do sleep 0.05; done")
	}
}
