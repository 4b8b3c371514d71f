package firewall

import (
	"slices"
)

// Priorities of the kernel's own hooks (netfilter_ipv4.h).
const (
	priorityConntrack = -200
	priorityNATDst    = -100
	priorityNATSrc    = 100
)

// atEntry says whether the chain's hook is one where conntrack looks at packets.
func (c *chain) atEntry() bool { return c.hook == hookPrerouting || c.hook == hookOutput }

// beforeConntrack says whether the chain runs before conntrack has seen the packet.
func (c *chain) beforeConntrack() bool {
	return c.hook == hookIngress || c.atEntry() && c.priority < priorityConntrack
}

// rank is where a chain comes among those of its hook: NAT chains all run
// inside the kernel's NAT hook, in the order of their own priorities.
func (c *chain) rank() [2]int {
	switch {
	case c.kind == "nat" && c.atEntry():
		return [2]int{priorityNATDst, c.priority}
	case c.kind == "nat":
		return [2]int{priorityNATSrc, c.priority}
	}
	return [2]int{c.priority, 0}
}

// baseChains are the base chains that a packet meets at a hook, in groups of
// equal rank: among those of different tables the order is not known.
func (rs *ruleset) baseChains(hook string, p *packet) [][]*chain {
	var all []*chain
	for _, t := range rs.tables {
		for _, c := range t.chains {
			if c.base && !t.dormant && c.meets(hook, p) {
				all = append(all, c)
			}
		}
	}
	slices.SortStableFunc(all, compareChains)
	var groups [][]*chain
	for i, c := range all {
		if i == 0 || c.rank() != all[i-1].rank() {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], c)
	}
	return groups
}

// compareChains orders by rank; the kernel puts a later hook of equal priority
// first (nf_hook_entries_grow, net/netfilter/core.c).
func compareChains(a, b *chain) int {
	if c := slices.Compare(a.rankSlice(), b.rankSlice()); c != 0 {
		return c
	}
	if a.table != b.table {
		return -compareU64(a.table.handle, b.table.handle)
	}
	return -compareU64(a.handle, b.handle)
}

func (c *chain) rankSlice() []int { r := c.rank(); return r[:] }

func compareU64(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (c *chain) meets(hook string, p *packet) bool {
	if c.hook != hook {
		return false
	}
	switch c.table.family {
	case "inet":
		if hook != hookIngress {
			return true
		}
		return slices.Contains(c.device, p.iif.name)
	case "netdev":
		return slices.Contains(c.device, pick(hook == hookEgress, p.oif, p.iif).name)
	case "ip":
		return !p.v6()
	case "ip6":
		return p.v6()
	}
	return false
}
