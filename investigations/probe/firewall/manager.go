package firewall

import (
	"slices"
	"strings"
)

// Managers: who writes the rules, as FirewallFacts.Manager.
const (
	managerNone      = "none"
	managerFirewalld = "firewalld"
	managerUFW       = "ufw"
	managerDocker    = "docker"
	managerKubeProxy = "kube-proxy"
	managerIPTables  = "iptables-nft"
)

// manager is who writes the rules of the table that decided, told by the names
// that each gives its tables and chains.
func (d decider) manager() string {
	t := d.base.table
	switch {
	case firewalld(t):
		return managerFirewalld
	case strings.HasPrefix(t.name, "kube-proxy") || strings.HasPrefix(d.chain.name, "KUBE-"):
		return managerKubeProxy
	case strings.HasPrefix(d.chain.name, "DOCKER") || d.base.name == "FORWARD" && t.byName["DOCKER-USER"] != nil && d.rule == nil:
		return managerDocker
	case ufwChain(d.chain) || d.rule == nil && slices.ContainsFunc(t.chains, ufwChain):
		return managerUFW
	case t.compat():
		return managerIPTables
	}
	return managerNone
}

func firewalld(t *table) bool { return t.name == "firewalld" || t.byName["INPUT_ZONES"] != nil }

func ufwChain(c *chain) bool {
	return strings.HasPrefix(c.name, "ufw-") || strings.HasPrefix(c.name, "ufw6-")
}

// compatChains are the base chains that iptables-nft makes in each table.
var compatChains = map[string][]string{
	"filter":   {"INPUT", "FORWARD", "OUTPUT"},
	"nat":      {"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"},
	"mangle":   {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"},
	"raw":      {"PREROUTING", "OUTPUT"},
	"security": {"INPUT", "FORWARD", "OUTPUT"},
}

// compat says whether iptables-nft manages a table: its names, no named sets,
// and a counter in every rule, as it always writes one.
func (t *table) compat() bool {
	names := compatChains[t.name]
	if t.engine != engineNft || t.family != "ip" && t.family != "ip6" || names == nil {
		return false
	}
	for _, s := range t.sets {
		if !s.anon {
			return false
		}
	}
	for _, c := range t.chains {
		if c.base && (!slices.Contains(names, c.name) || c.hook != strings.ToLower(c.name)) {
			return false
		}
		for _, r := range c.rules {
			if r.packets == nil {
				return false
			}
		}
	}
	return true
}

// zoneSuffixes are the parts that firewalld splits a zone's chain into.
var zoneSuffixes = []string{"_pre", "_log", "_deny", "_allow", "_post"}

// zone is the zone that one of firewalld's chains belongs to: filter_IN_public
// and filter_IN_public_allow are those of zone public (IN_public in iptables).
func zone(c *chain) string {
	name := strings.TrimPrefix(c.name, "filter_")
	for _, p := range []string{"IN_", "FWD_", "FWDI_", "FWDO_"} {
		z, ok := strings.CutPrefix(name, p)
		if !ok || strings.HasPrefix(z, "policy_") {
			continue
		}
		for _, s := range zoneSuffixes {
			if cut, ok := strings.CutSuffix(z, s); ok {
				return cut
			}
		}
		return z
	}
	return ""
}
