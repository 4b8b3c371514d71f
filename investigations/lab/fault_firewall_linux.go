package lab

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// inputTable makes an input chain with a policy; ssh, what answers, and the
// network of ops stay open: a runner's connection that conntrack begins to see
// in the middle is new to it.
func inputTable(policy string, rules ...string) string {
	script := fmt.Sprintf(`nft add table inet filter
		nft 'add chain inet filter input { type filter hook input priority 0; policy %s; }'
		nft add rule inet filter input ct state established,related accept
		nft 'add rule inet filter input iifname { lo, mgmt0 } accept'
		nft add rule inet filter input meta l4proto ipv6-icmp accept
		nft add rule inet filter input tcp dport 22 accept
	`, policy)
	for _, rule := range rules {
		script += "nft 'add rule inet filter input " + rule + "'\n"
	}
	return script
}

// firewallFaults are those of web's own firewall.
func firewallFaults() []Fault {
	port := icmp(unix.ECONNREFUSED, "3/3 from 10.77.2.2")
	var faults []Fault
	add := func(name, cause, target string, see Sight, script string) {
		faults = append(faults, Fault{Name: name, Cause: cause, On: "web", Target: target, See: see,
			Fix: opening(script, "input", "INPUT"), Make: after(onWeb, script)})
	}
	const icmpPort, tcpReset, drop, admin = "fw-reject-icmp-port", "fw-reject-tcp-reset", "fw-drop", "fw-admin-prohibited"
	add("nft-reject", icmpPort, shop, port, inputTable("accept", "tcp dport 8080 reject"))
	add("nft-reject-ipv6", icmpPort, shop6, icmp(unix.ECONNREFUSED, "1/4 from fd77:2::2"),
		inputTable("accept", "tcp dport 8080 reject"))
	add("iptables-nft-reject", icmpPort, shop, port, "iptables -A INPUT -p tcp --dport 8080 -j REJECT")
	add("iptables-legacy-reject", icmpPort, shop, port, "iptables-legacy -A INPUT -p tcp --dport 8080 -j REJECT")

	add("nft-tcp-reset", tcpReset, shop, reset, inputTable("accept", "tcp dport 8080 reject with tcp reset"))
	add("nft-tcp-reset-ipv6", tcpReset, shop6, reset, inputTable("accept", "tcp dport 8080 reject with tcp reset"))
	add("nft-tcp-reset-set", tcpReset, shop, reset, inputTable("accept")+
		"nft 'add set inet filter closed { type inet_service; flags interval; elements = { 8000-8100 }; }'\n"+
		"nft add rule inet filter input tcp dport @closed reject with tcp reset")
	add("iptables-nft-tcp-reset", tcpReset, shop, reset,
		"iptables -A INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset")
	add("iptables-legacy-tcp-reset", tcpReset, shop, reset,
		"iptables-legacy -A INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset")

	add("nft-drop", drop, shop, silence, inputTable("accept", "tcp dport 8080 drop"))
	add("nft-drop-ipv6", drop, shop6, silence, inputTable("accept", "tcp dport 8080 drop"))
	add("nft-drop-policy", drop, shop, silence, inputTable("drop", "tcp dport { 80, 443 } accept"))
	add("nft-drop-source", drop, shop, silence, inputTable("accept", "ip saddr 10.77.1.0/24 tcp dport 8080 drop"))
	add("nft-drop-vmap", drop, shop, silence, inputTable("accept")+`
		nft add chain inet filter services
		nft add rule inet filter services drop
		nft 'add rule inet filter input tcp dport vmap { 80 : accept, 8080 : goto services }'`)
	add("iptables-nft-drop", drop, shop, silence, "iptables -A INPUT -p tcp --dport 8080 -j DROP")
	add("iptables-nft-policy", drop, shop, silence, `iptables -A INPUT -i lo -j ACCEPT
		iptables -A INPUT -i mgmt0 -j ACCEPT
		iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
		iptables -A INPUT -p tcp --dport 22 -j ACCEPT
		iptables -P INPUT DROP`)
	add("iptables-legacy-drop", drop, shop, silence, `iptables-legacy -N SERVICES
		iptables-legacy -A SERVICES -p tcp --dport 8080 -j DROP
		iptables-legacy -A INPUT -s 10.77.0.0/16 -j SERVICES`)
	add("ip6tables-legacy-drop", drop, shop6, silence, "ip6tables-legacy -A INPUT -p tcp --dport 8080 -j DROP")

	add("firewalld", admin, shop, icmp(unix.EHOSTUNREACH, "3/13 from 10.77.2.2"), startFirewalld)
	add("firewalld-ipv6", admin, shop6, icmp(unix.EACCES, "1/1 from fd77:2::2"), startFirewalld)
	add("iptables-host-prohibited", admin, shop, icmp(unix.EHOSTUNREACH, "3/10 from 10.77.2.2"),
		"iptables -A INPUT -p tcp --dport 8080 -j REJECT --reject-with icmp-host-prohibited")
	return append(faults, Fault{Name: "no-runner-behind-firewalld", Cause: admin, On: "10.77.2.2", Target: shop, NoRunner: "web",
		See: icmp(unix.EHOSTUNREACH, "3/13 from 10.77.2.2"), Make: after(onWeb, startFirewalld)})
}

// opening is the command that lets port 8080 through what the script closed: the
// program that closed it opens it, in front of all rules.
func opening(script, chain, legacyChain string) string {
	switch program, _, _ := strings.Cut(script, " "); {
	case script == startFirewalld:
		return "firewall-cmd --quiet --add-port=8080/tcp"
	case program == "nft":
		table := strings.Fields(script)[4]
		return "nft insert rule inet " + table + " " + chain + " tcp dport 8080 accept"
	default:
		return program + " -I " + legacyChain + " -p tcp --dport 8080 -j ACCEPT"
	}
}

// startFirewalld waits for firewalld's rules: it calls itself running before it
// has made them.
const startFirewalld = `
	echo '<zone target="ACCEPT"><interface name="mgmt0"/></zone>' >/etc/firewalld/zones/trusted.xml
	systemctl start firewalld
	until nft list chain inet firewalld filter_IN_public_allow 2>/dev/null | grep -q 'dport 22'; do sleep 0.05; done
`

func icmp(errno unix.Errno, message string) Sight { return Sight{Errno: errno, ICMP: message} }

// outputTable makes an output chain with one rule.
func outputTable(rule string) string {
	return `nft add table inet egress
		nft 'add chain inet egress output { type filter hook output priority 0; policy accept; }'
		nft 'add rule inet egress output ` + rule + `'`
}

// outputFaults are those of the load balancer's own firewall.
func outputFaults() []Fault {
	var faults []Fault
	add := func(name, target string, see Sight, script string) {
		faults = append(faults, Fault{Name: name, Cause: "lb-output-fw", On: "lb", Target: target, See: see,
			Fix: opening(script, "output", "OUTPUT"), Make: after(onLB, script)})
	}
	add("output-reject", shop, icmp(unix.ECONNREFUSED, "3/3 from 10.77.1.2"), outputTable("tcp dport 8080 reject"))
	add("output-reject-ipv6", shop6, icmp(unix.ECONNREFUSED, "1/4 from fd77:1::2"), outputTable("tcp dport 8080 reject"))
	add("output-tcp-reset", shop, reset, outputTable("tcp dport 8080 reject with tcp reset"))
	add("output-drop", shop, silence, outputTable("ip daddr 10.77.2.0/24 tcp dport 8080 drop"))
	add("output-admin-prohibited", shop, icmp(unix.EHOSTUNREACH, "3/13 from 10.77.1.2"),
		outputTable("tcp dport 8080 reject with icmpx admin-prohibited"))
	add("output-iptables-legacy", shop, icmp(unix.ECONNREFUSED, "3/3 from 10.77.1.2"),
		"iptables-legacy -A OUTPUT -p tcp --dport 8080 -j REJECT")
	return faults
}
