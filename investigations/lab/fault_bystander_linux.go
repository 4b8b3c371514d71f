package lab

import "testing"

// bystanders are programs and rules that have to do with the port, and are not
// what is wrong; and rules that lead the connection where nobody looks for it.
func bystanders() []Fault {
	return []Fault{
		// A container listens on the same port, in its own network namespace.
		{Name: "stopped-beside-container", Cause: "proc-not-running", On: "web", Target: shop, See: reset,
			Fix: "systemctl start " + shopUnit, Make: func(t testing.TB, l *Lab) {
				serveShop(t, l)
				l.Web.remember(t, 8080)
				l.Web.contain(t, "[::]:8080")
				l.Web.Shell(t, "systemctl stop "+shopUnit)
			}},
		{Name: "container-on-unknown-port", Target: "10.77.2.2:9096", See: reset, Make: func(t testing.TB, l *Lab) {
			l.Web.contain(t, "[::]:9096")
		}},
		// nginx should hold the port and is stopped; somebody else has it on loopback.
		{Name: "nginx-stopped-beside-loopback", Target: "10.77.2.2:80", See: reset, Make: func(t testing.TB, l *Lab) {
			l.Web.NginxServe(t, "shop", "80")
			l.Web.Shell(t, "systemctl stop nginx")
			l.Web.Serve(t, Service{Unit: "other.service", Listen: []string{"127.0.0.1:80"}})
		}},
		// Units that speak to the port, and never held it.
		{Name: "check-names-port", Target: "10.77.2.2:9097", See: reset, Make: func(t testing.TB, l *Lab) {
			l.Web.Install(t, Service{Unit: "check.service", Lines: []string{"Type=oneshot", "ExecStart=",
				"ExecStart=/bin/echo http://10.77.2.2:9097/health"}})
			l.Web.Shell(t, "systemctl start check.service")
		}},
		{Name: "client-names-port", Target: "10.77.2.2:9097", See: reset, Make: func(t testing.TB, l *Lab) {
			l.Web.Install(t, Service{Unit: "agent.service", Lines: []string{"Type=exec", "ExecStart=",
				"ExecStart=/usr/bin/python3 -c 'import time; time.sleep(1000)' --upstream=10.77.2.2:9097"}})
			l.Web.Shell(t, "systemctl start agent.service")
		}},
		// What comes in on one interface is answered over another, of which the rules say otherwise.
		{Name: "answers-over-mgmt", Cause: "fw-reject-tcp-reset", On: "web", Target: shop, See: reset,
			Fix: "nft insert rule inet filter input tcp dport 8080 accept",
			Make: after(onWeb, inputTable("accept", "tcp dport 8080 reject with tcp reset")+
				"ip route replace default via 10.77.3.1 dev mgmt0")},
		// The load balancer's own rules lead the connection elsewhere, as a sidecar's do.
		{Name: "output-redirected", Cause: "lb-output-nat", On: "lb", Target: shop, See: reset,
			Make: after(onLB, outputNAT("redirect to :15001"))},
		{Name: "output-led-to-another", Cause: "lb-output-nat", On: "lb", Target: shop, See: reset,
			Make: after(onLB, outputNAT("dnat ip to 10.77.2.3:8080"))},
		{Name: "output-led-to-nobody", Cause: "lb-output-nat", On: "lb", Target: shop, See: silence,
			Make: func(t testing.TB, l *Lab) {
				after(onLB, outputNAT("dnat ip to 10.77.2.3:8080"))(t, l)
				l.Web2.Shell(t, inputTable("drop"))
			}},
	}
}

// outputNAT leads what the host itself sends to the shop elsewhere.
func outputNAT(where string) string {
	return `nft add table inet sidecar
		nft 'add chain inet sidecar output { type nat hook output priority -100; }'
		nft 'add rule inet sidecar output ip daddr 10.77.2.2 tcp dport 8080 ` + where + `'`
}

// contain listens in a network namespace of its own, in a unit of which no file
// tells, as a container does.
func (h *Host) contain(t testing.TB, address string) {
	t.Helper()
	h.Write(t, serveAt, serveProgram)
	h.Shell(t, "echo pod.service >>/run/lab/units; systemd-run --quiet --unit=pod.service --service-type=notify"+
		" --property=PrivateNetwork=yes python3 "+serveAt+" "+address)
}
