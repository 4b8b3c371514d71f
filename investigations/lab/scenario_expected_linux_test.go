package lab

// expectation is what the bot must say of a fault besides its cause.
type expectation struct {
	// names are texts of the remedies' commands and explanations: the file, the
	// directive, the address or the hop where it is to be mended.
	names []string
	// fix is which of several fixes is carried out, 0 the first.
	fix int
	// candidates are the causes that stay open, where none is proved.
	candidates []string
}

const shopUnitFile = "/etc/systemd/system/" + shopUnit

// expected has what remedies must name where they are no fix, and what stays
// open where nothing is proved.
var expected = map[string]expectation{
	"transient-unit-stopped":    names("web: sudo systemd-run --unit=brief.service --uid=0 -- /usr/bin/python3 "+serveAt+" 10.77.2.2:8087", "web: sudo journalctl -u brief.service"),
	"memory-runs-out":           names("web: sudo journalctl -k -g oom"),
	"unit-no-program":           names("web: sudo journalctl -u shop.service", "ExecStart=", shopUnitFile),
	"unit-bad-file":             names("web: systemd-analyze verify shop.service", shopUnitFile),
	"unit-no-user":              names("web: sudo journalctl -u shop.service", "User=", shopUnitFile),
	"unit-no-directory":         names("web: sudo journalctl -u shop.service", shopUnitFile),
	"unit-exits":                names("web: sudo journalctl -u shop.service", "/bin/false 10.77.2.2:8080"),
	"unit-exits-until-limit":    names("web: sudo journalctl -u shop.service", shopUnitFile, "systemctl reset-failed shop.service"),
	"unit-start-limit":          names("web: sudo journalctl -u shop.service", shopUnitFile, "systemctl reset-failed shop.service"),
	"crashes-before-listening":  names("web: sudo journalctl -u shop.service", shopUnitFile),
	"crash-loop":                names("web: sudo journalctl -u shop.service", shopUnitFile),
	"flapping":                  names("web: sudo journalctl -u flap.service", "/etc/systemd/system/flap.service"),
	"still-starting":            names("web: systemctl status --no-pager shop.service", "Type=notify in "+shopUnitFile),
	"listens-nowhere":           names("web: sudo journalctl -u shop.service"),
	"keeps-metrics-port":        names("web: sudo journalctl -u shop.service"),
	"no-source-port-left":       names("lb: ss -tanp dst 10.77.2.2", "ip_local_port_range", "keepalive"),
	"published-to-closed-port":  names("172.30.0.2:80", "web: sudo nft list ruleset"),
	"redirected-to-closed-port": names("10.77.2.2:8099", "web: sudo nft list ruleset"),
	"private-network":           names("web: PrivateNetwork= in " + shopUnitFile),

	"wrong-port":               names("lb: ", "server 10.77.2.2:8081 in place of 10.77.2.2:8080", shopUnitFile),
	"wrong-port-moved":         names("lb: ", "server 10.77.2.2:8081 in place of 10.77.2.2:8080", shopUnitFile),
	"bound-loopback":           names("listen on 10.77.2.2 in place of 127.0.0.1", shopUnitFile),
	"bound-loopback-nginx":     names("in /etc/nginx/conf.d/shop.conf:2 listen on 10.77.2.2:80 in place of 127.0.0.1:80"),
	"bound-loopback-ipv6":      names("listen on fd77:2::2 in place of ::1", shopUnitFile),
	"bound-other-ip":           names("listen on 10.77.2.2 in place of 10.77.3.21", shopUnitFile),
	"ipv6-only-bind":           names("listen on 10.77.2.2 in place of ::", shopUnitFile),
	"ipv6-only-bind-nginx":     names("in /etc/nginx/conf.d/shop.conf:2 listen on 10.77.2.2:80 in place of [::]:80"),
	"ipv4-only-bind":           names("listen on fd77:2::2 in place of 0.0.0.0", shopUnitFile),
	"haproxy-backend-loopback": names("listen on 10.77.2.2 in place of 127.0.0.1", shopUnitFile),

	// The second of these fixes takes the rule away.
	"nft-reject-ipv6":           {fix: 1},
	"iptables-nft-tcp-reset":    {fix: 1},
	"iptables-legacy-tcp-reset": {fix: 1},
	"nft-tcp-reset-set":         {fix: 1},
	"ip6tables-legacy-drop":     {fix: 1},
	"nft-drop-vmap":             {fix: 1},
	"iptables-host-prohibited":  {fix: 1},
	"output-tcp-reset":          {fix: 1},

	"router-tcp-reset":             names("between lb and web: ", "between 10.77.1.2 and 10.77.2.2", "resets port 8080"),
	"router-tcp-reset-ipv6":        names("between lb and web: ", "between fd77:1::2 and fd77:2::2", "resets port 8080"),
	"router-admin-prohibited":      names("10.77.1.1: on 10.77.1.1 permit TCP from 10.77.1.2 to 10.77.2.2 port 8080"),
	"router-admin-prohibited-ipv6": names("fd77:1::1: on fd77:1::1 permit TCP from fd77:1::2 to fd77:2::2 port 8080"),
	"router-net-prohibited":        names("10.77.1.1: on 10.77.1.1 permit TCP from 10.77.1.2 to 10.77.2.2 port 8080"),
	"router-drop":                  names("between lb and web: ", "TCP port 8080 from 10.77.1.2 to 10.77.2.2", "traceroute -n -T -p 8080 10.77.2.2"),
	"router-drops-answer":          names("between web and lb: ", "the way back from 10.77.2.2 to 10.77.1.2"),
	"host-off":                     names("switch web on", "lb: ping -c 3 10.77.2.2"),
	"switch-port-blocked":          names("web: ip -br address", "10.77.2.2", "switch port"),
	"link-down":                    names("web: ip -br address", "10.77.2.2"),

	"no-default-route":         names("lb: give lb a route to 10.77.2.2", "ip -4 route show"),
	"no-default-route-ipv6":    names("lb: give lb a route to fd77:2::2", "ip -6 route show"),
	"router-unreachable-route": names("10.77.1.1: look at the route to 10.77.2.2 on 10.77.1.1"),
	"gateway-silent":           names("lb: look at the router 10.77.1.1", "ip neigh show 10.77.1.1"),
	"no-way-back":              names("web: give web a route to 10.77.1.2"),

	"stale-hosts-file":    names("lb: on lb, /etc/hosts has 10.77.2.3 for shop.test: put 10.77.2.2 there"),
	"stale-resolver":      names("127.0.0.1:53", "10.77.2.3 for shop.test: mend the record there to 10.77.2.2"),
	"name-server-stopped": names("start the DNS server at 10.77.3.2:53", "/etc/resolv.conf"),
	"name-server-silent":  names("start the DNS server at 10.77.3.2:53", "/etc/resolv.conf"),
	"no-such-name":        names("mend the record of gone.test"),

	"nginx-server-down":       names(`lb: take "down"`, "/etc/nginx/conf.d/shop.conf:2", "reload nginx"),
	"haproxy-server-disabled": names(`or "disabled" from /etc/haproxy/haproxy.cfg:`, "reload haproxy"),

	"no-runner-behind-firewalld": names("10.77.2.2: sudo firewall-cmd --list-all"),
	"no-runner-on-backend":       {candidates: closedOrForged},
	"runner-lost":                {candidates: closedOrForged},
	"no-runner-behind-drop": {candidates: []string{"fw-drop", "path-drop", "host-down", "no-return-route", "answer-lost",
		"app-hung-accept"}},
	"misspelt-unit": {candidates: []string{"proc-not-running", "unit-start-limit-hit", "oom-killed", "unit-exec-failed", "proc-crashloop",
		"starting-up-race", "not-listening"}},
	"no-runner-behind-reject": {candidates: []string{"fw-reject-icmp-port"}},
	"plain-runner-stopped": {candidates: []string{"proc-not-running", "bound-loopback", "bound-other-ip", "ipv6-only-bind",
		"ipv4-only-bind", "other-netns", "docker-proxy-dead-container", "fw-reject-tcp-reset", "middlebox-rst"}},
	"plain-runner-tcp-reset":          {candidates: []string{"docker-proxy-dead-container", "fw-reject-tcp-reset", "middlebox-rst"}},
	"plain-runner-drop":               {candidates: []string{"answer-lost", "fw-drop", "path-drop"}},
	"unknown-owner":                   {candidates: closed},
	"container-on-unknown-port":       {candidates: append([]string{"other-netns"}, closed...)},
	"nginx-stopped-beside-loopback":   {candidates: []string{"bound-loopback"}},
	"check-names-port":                {candidates: closed},
	"client-names-port":               {candidates: closed},
	"output-redirected":               names("lb: ", "127.0.0.1:15001"),
	"output-led-to-another":           names("lb: ", "10.77.2.3:8080"),
	"output-led-to-nobody":            names("lb: ", "10.77.2.3:8080"),
	"unknown-owner-other-unit-failed": {candidates: closed},
}

// What a port that the kernel refuses comes from, as long as nobody knows who
// should hold it, and what a reset comes from that nobody saw at the backend.
var (
	closed = []string{"unit-start-limit-hit", "oom-killed", "unit-exec-failed", "proc-crashloop", "starting-up-race",
		"socket-activation-failed", "proc-not-running", "wrong-port", "config-not-reloaded", "not-listening"}
	closedOrForged = append([]string{"bound-loopback", "bound-other-ip", "ipv6-only-bind", "ipv4-only-bind", "other-netns",
		"docker-proxy-dead-container", "fw-reject-tcp-reset", "middlebox-rst"}, closed...)
)

func names(texts ...string) expectation { return expectation{names: texts} }
