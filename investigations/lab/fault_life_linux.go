package lab

import "testing"

// lifeFaults are those of a service that is neither stopped nor failed.
func lifeFaults() []Fault {
	fault := func(name, cause string, make func(testing.TB, *Lab)) Fault {
		return Fault{Name: name, Cause: cause, On: "web", Target: shop, See: reset, Make: make}
	}
	return []Fault{
		fault("crash-loop", "proc-crashloop", func(t testing.TB, l *Lab) {
			broken("ExecStart=", "ExecStart=/bin/false 10.77.2.2:8080", "Restart=always", "RestartSec=1",
				"[Unit]", "StartLimitIntervalSec=0")(t, l)
			l.Web.Shell(t, "until [ $(systemctl show -P NRestarts "+shopUnit+") -ge 2 ]; do sleep 0.05; done")
		}),
		fault("crashes-before-listening", "proc-crashloop", func(t testing.TB, l *Lab) {
			broken("ExecStart=", "Type=exec", "ExecStart=/bin/sh -c 'sleep 4; exit 1'", "Restart=always", "RestartSec=100ms",
				"[Unit]", "StartLimitIntervalSec=0")(t, l)
			l.Web.Shell(t, "until [ $(systemctl show -P NRestarts "+shopUnit+") -ge 2 ]; do sleep 0.05; done")
		}),
		fault("still-starting", "starting-up-race", start),
		fault("listens-nowhere", "not-listening", broken("ExecStart=", "Type=exec", "ExecStart=/bin/sleep 1000")),
		fault("keeps-metrics-port", "not-listening", func(t testing.TB, l *Lab) {
			listening("[::]:8080", "[::]:9100")(t, l)
			l.Web.remember(t, 8080)
			l.Web.remember(t, 9100)
			listening("[::]:9100")(t, l)
		}),
		fault("private-network", "other-netns", broken("PrivateNetwork=yes")),
		{Name: "socket-stopped", Cause: "socket-activation-failed", On: "web", Target: shop, See: reset,
			Fix: "systemctl start shop.socket", Make: stopSocket},
		{Name: "nginx-not-reloaded", Cause: "config-not-reloaded", On: "web", Target: "10.77.2.2:8085", See: reset,
			Fix: "systemctl reload nginx",
			Make: func(t testing.TB, l *Lab) {
				l.Web.NginxServe(t, "shop", "80")
				l.Web.Write(t, "/etc/nginx/conf.d/new.conf", "server {\n  listen 8085;\n  return 200;\n}\n")
			}},
		{Name: "flapping", Cause: "proc-crashloop", On: "web", Target: "10.77.2.2:8088", See: Sight{Varies: true}, Make: flap},
	}
}

// start serves the shop and restarts it with a program that never says that it
// is ready.
func start(t testing.TB, l *Lab) {
	t.Helper()
	serveShop(t, l)
	l.Web.remember(t, 8080)
	l.Web.Install(t, Service{Unit: shopUnit, Lines: []string{"ExecStart=", "ExecStart=/bin/sleep 1000", "TimeoutStartSec=600"}})
	l.Web.Shell(t, "systemctl restart --no-block "+shopUnit+`
		until [ "$(systemctl show -P SubState `+shopUnit+`)" = start ]; do sleep 0.05; done`)
}

// stopSocket stops the socket that would start the shop.
func stopSocket(t testing.TB, l *Lab) {
	t.Helper()
	l.Web.Write(t, "/etc/systemd/system/shop.socket", "[Socket]\nListenStream=8080\n[Install]\nWantedBy=sockets.target\n")
	l.Web.Install(t, Service{Unit: shopUnit, Lines: []string{"Type=notify", "ExecStart=",
		"ExecStart=/lib/systemd/systemd-socket-proxyd 127.0.0.1:80"}})
	l.Web.Shell(t, `echo shop.socket >>/run/lab/units
		echo /etc/systemd/system/sockets.target.wants/shop.socket >>/run/lab/new
		systemctl --quiet enable --now shop.socket; systemctl stop shop.socket`)
}

// flap serves for half a second, and again half a second later, for ever.
func flap(t testing.TB, l *Lab) {
	t.Helper()
	l.Web.Serve(t, Service{Unit: "flap.service", Listen: []string{"10.77.2.2:8088"}, Lines: []string{
		"Restart=always", "RestartSec=500ms", "RuntimeMaxSec=500ms", "SuccessExitStatus=SIGTERM",
		"[Unit]", "StartLimitIntervalSec=0"}})
}
