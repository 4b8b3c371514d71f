package agent

import (
	"fmt"
	"net/netip"
	"path"
	"slices"

	"github.com/plexorbot/plexor/investigations"
)

// Policy is the host's own word on what may be asked of it. The zero Policy
// allows all probes on all targets but those that are never allowed.
type Policy struct {
	Probes    []string       // patterns (path.Match) of probes that are allowed; empty: all
	NoProbes  []string       // patterns of those that are not; they win
	Targets   []netip.Prefix // addresses that may be named in a request; empty: all
	NoTargets []netip.Prefix // those that may not; they win
}

// Refusal is an error of Allow: a clause that a person reads.
type Refusal struct {
	Why string
}

func (r *Refusal) Error() string { return "refused by the runner's policy: " + r.Why }

// Allow says whether a request is allowed: its probe, and every address in its
// arguments, wherever it stands in them and however it is written. The error is
// a *Refusal.
func (p Policy) Allow(r investigations.Request) error {
	if !p.probe(r.Probe) {
		return &Refusal{fmt.Sprintf("probe %.64q is not allowed on this host", r.Probe)}
	}
	return walk(r.Args, p.argument)
}

func (p Policy) probe(name string) bool {
	return (len(p.Probes) == 0 || matches(p.Probes, name)) && !matches(p.NoProbes, name)
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

// target says whether an address may be named.
func (p Policy) target(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	for _, a := range append(embedded(ip), ip) {
		if why := never(a); why != "" {
			return &Refusal{fmt.Sprintf("%s is %s", ip, why)}
		}
		if contains(p.NoTargets, a) {
			return &Refusal{fmt.Sprintf("target %s is denied on this host", ip)}
		}
	}
	if len(p.Targets) > 0 && !contains(p.Targets, ip) {
		return &Refusal{fmt.Sprintf("target %s is not among those allowed on this host", ip)}
	}
	return nil
}

func contains(prefixes []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		return p.Contains(ip)
	})
}

// metadata are the addresses at which clouds tell a machine its secrets.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // AWS, Azure, Google Cloud and others; link-local too
	netip.MustParseAddr("fd00:ec2::254"),   // AWS, IMDS over IPv6
	netip.MustParseAddr("fd20:ce::254"),    // Google Cloud, IPv6
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
	netip.MustParseAddr("192.0.0.192"),     // Oracle Cloud
	netip.MustParseAddr("168.63.129.16"),   // Azure's WireServer
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// never says why an address is never a target, whatever a policy says.
func never(ip netip.Addr) string {
	switch {
	case slices.Contains(metadata, ip):
		return "a cloud's metadata service"
	case ip.IsLinkLocalUnicast():
		return "link-local"
	case ip.IsMulticast() || ip == broadcast:
		return "multicast or broadcast"
	case ip.IsUnspecified():
		return "the unspecified address"
	}
	return ""
}
