package lab

import "fmt"

// address is one interface's place in the networks 10.77.N.0/24 and fd77:N::/64.
type address struct {
	link      string
	net, host int
}

func (a address) ip4() string { return fmt.Sprintf("10.77.%d.%d", a.net, a.host) }
func (a address) ip6() string { return fmt.Sprintf("fd77:%d::%d", a.net, a.host) }

// configuration is what "ip -batch" needs to give the host its addresses and
// routes; it also mends them.
func (h *Host) configuration() []string {
	commands := []string{"link set lo up"}
	for _, a := range h.addresses {
		commands = append(commands, a.configuration()...)
	}
	if gateway := h.gateway; gateway != nil {
		commands = append(commands,
			fmt.Sprintf("route replace default via %s dev %s", gateway.ip4(), gateway.link),
			fmt.Sprintf("route replace default via %s dev %s", gateway.ip6(), gateway.link))
	}
	return commands
}

func (a address) configuration() []string {
	return []string{
		fmt.Sprintf("link set %s up arp on", a.link),
		fmt.Sprintf("addr replace %s/24 dev %s", a.ip4(), a.link),
		fmt.Sprintf("addr replace %s/64 dev %s nodad", a.ip6(), a.link),
	}
}

// clearing is the script that takes from the host the routes and data addresses
// that a test may have changed; mgmt0 keeps its own, and with them its
// connections. On rtr it also opens the switch's ports.
func (h *Host) clearing() string {
	data := h.addresses[0]
	if h == h.lab.Ops {
		data.link = "lo" // it has no data link
	}
	// What is right stays: a runner that looks just then would tell that it is gone.
	script := fmt.Sprintf(`for v in 4 6; do
			ip -$v -o addr show dev %[1]s scope global | sed -n 's/.* inet6\? \([^ ]*\).*/\1/p' | while read -r a; do
				case $a in %[2]s/24|%[3]s/64) ;; *) ip addr del $a dev %[1]s ;; esac
			done
			ip -$v -force -batch - <<-END 2>/dev/null || :
				route flush table main type blackhole
				route flush table main type unreachable
				route flush table main type prohibit
				route flush table main type throw
				neigh flush all
			END
		done
	`, data.link, data.ip4(), data.ip6())
	if h == h.lab.Rtr {
		script += "for port in web web2; do bridge link set dev $port state 3 || :; done 2>/dev/null\n"
	}
	return script
}
