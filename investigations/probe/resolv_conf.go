package probe

import (
	"net/netip"
	"os"
	"slices"
	"strings"
)

const (
	resolvConf = "/etc/resolv.conf"
	// resolvedConf is where systemd-resolved lists the servers that it asks
	// itself (systemd-resolved.service(8)).
	resolvedConf = "/run/systemd/resolve/resolv.conf"
	hostsPath    = "/etc/hosts"
)

// maxServers bounds what is asked; the C library itself asks three.
const maxServers = 6

// stub are the addresses at which systemd-resolved answers this host.
var stubs = []netip.Addr{netip.MustParseAddr("127.0.0.53"), netip.MustParseAddr("127.0.0.54")}

// resolverConfig is resolv.conf(5).
type resolverConfig struct {
	servers []netip.Addr
	behind  []netip.Addr // the servers that systemd-resolved's stub asks
	search  []string
	ndots   int
}

// readResolvConf reads a host's resolv.conf. One that names no server means
// the local host, as it does to the C library; where there is no such file,
// nothing is known.
func readResolvConf(path string) resolverConfig {
	text, err := os.ReadFile(path)
	if err != nil {
		return resolverConfig{ndots: 1}
	}
	c := parseResolvConf(string(text))
	if len(c.servers) == 0 {
		c.servers = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	if slices.ContainsFunc(c.servers, func(a netip.Addr) bool { return slices.Contains(stubs, a) }) {
		if text, err := os.ReadFile(resolvedConf); err == nil {
			for _, s := range parseResolvConf(string(text)).servers {
				if !slices.Contains(c.servers, s) {
					c.behind = append(c.behind, s)
				}
			}
		}
	}
	return c
}

func parseResolvConf(text string) resolverConfig {
	c := resolverConfig{ndots: 1}
	for line := range strings.Lines(text) {
		f := strings.Fields(strings.SplitN(strings.SplitN(line, "#", 2)[0], ";", 2)[0])
		if len(f) < 2 {
			continue
		}
		switch f[0] {
		case "nameserver":
			if addr, err := netip.ParseAddr(f[1]); err == nil && len(c.servers) < maxServers {
				c.servers = append(c.servers, addr.Unmap())
			}
		case "domain":
			c.search = f[1:2]
		case "search":
			c.search = f[1:min(len(f), 7)]
		case "options":
			c.options(f[1:])
		}
	}
	return c
}

func (c *resolverConfig) options(words []string) {
	for _, w := range words {
		if n, ok := strings.CutPrefix(w, "ndots:"); ok && len(n) == 1 && n[0] >= '0' && n[0] <= '9' {
			c.ndots = int(n[0] - '0')
		}
	}
}

// names are the absolute names to ask for, in order (resolv.conf(5), search
// and ndots).
func (c resolverConfig) names(name string) []string {
	if absolute, ok := strings.CutSuffix(name, "."); ok {
		return []string{absolute + "."}
	}
	var list []string
	for _, domain := range c.search {
		list = append(list, name+"."+strings.TrimSuffix(domain, ".")+".")
	}
	if strings.Count(name, ".") >= c.ndots {
		return append([]string{name + "."}, list...)
	}
	return append(list, name+".")
}

// hostsFile are the addresses that hosts(5) gives for a name.
func hostsFile(name string) []netip.Addr {
	text, err := os.ReadFile(hostsPath)
	if err != nil {
		return nil
	}
	return parseHosts(string(text), name)
}

func parseHosts(text, name string) (found []netip.Addr) {
	name = strings.TrimSuffix(name, ".")
	for line := range strings.Lines(text) {
		f := strings.Fields(strings.SplitN(line, "#", 2)[0])
		if len(f) < 2 || !slices.ContainsFunc(f[1:], func(n string) bool { return strings.EqualFold(n, name) }) {
			continue
		}
		if addr, err := netip.ParseAddr(f[0]); err == nil {
			found = append(found, addr.Unmap().WithZone(""))
		}
	}
	return sorted(found)
}
