package firewall

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"

	"github.com/plexorbot/plexor/investigations/probe"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Verdict reads the host's rules and says which of them decides about the
// packet. A missing privilege is a fact (NotPermitted), not an error.
func Verdict(ctx context.Context, a probe.FirewallArgs) (probe.FirewallFacts, error) {
	src, dst, err := checkArgs(a)
	if err != nil {
		return probe.FirewallFacts{}, fmt.Errorf("firewall verdict: %w", err)
	}
	runtime.LockOSThread() // the legacy tables' files are those of the thread's namespace
	defer runtime.UnlockOSThread()
	sc, err := look(ctx)
	var missing *lacking
	if errors.As(err, &missing) {
		return probe.FirewallFacts{NotPermitted: ptr("needs " + missing.what)}, nil
	} else if err != nil {
		return probe.FirewallFacts{}, fmt.Errorf("firewall verdict: %w", err)
	}
	defer sc.close()
	return sc.verdict(a.Hook, sc.live.packet(a, src, dst)), nil
}

// scene is what a host holds at one time: its rules, and itself to ask.
type scene struct {
	rules *ruleset
	names []string // of the engines looked at
	live  *liveHost
	sets  *nfConn // nil: sets of ipset's stay open
}

func look(ctx context.Context) (*scene, error) {
	rs, names, err := readAll(ctx)
	if err != nil {
		return nil, err
	}
	live, err := newLiveHost()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	sc := &scene{rules: rs, names: names, live: live}
	if c, err := openNetfilter(ctx); err == nil {
		sc.sets = c
	}
	return sc, nil
}

func (sc *scene) close() {
	sc.live.h.Close()
	if sc.sets != nil {
		sc.sets.Close()
	}
}

func (sc *scene) verdict(hook string, p packet) probe.FirewallFacts {
	h := sc.live.host()
	if sc.sets != nil {
		h.ipset = ipsets{sc.sets}.test
	}
	f := facts(walk(sc.rules, p, hook, h).decide().doubt(sc.live.beside(hook, p, sc.rules.bridged)), iptablesTool)
	f.Rulesets = sc.names
	return f
}

// checkArgs validates the arguments and gives the two addresses.
func checkArgs(a probe.FirewallArgs) (src, dst netip.Addr, err error) {
	if a.Hook != hookInput && a.Hook != hookOutput && a.Hook != hookForward {
		return src, dst, fmt.Errorf("hook %q is not input, output or forward", a.Hook)
	}
	if src, err = netip.ParseAddr(a.Source); err != nil {
		return src, dst, fmt.Errorf("source: %w", err)
	}
	if dst, err = netip.ParseAddr(a.Destination); err != nil {
		return src, dst, fmt.Errorf("destination: %w", err)
	}
	src, dst = src.Unmap().WithZone(""), dst.Unmap().WithZone("")
	switch {
	case src.Is6() != dst.Is6():
		return src, dst, errors.New("source and destination are of different families")
	case a.Port < 1 || a.Port > 65535:
		return src, dst, fmt.Errorf("port %d is not in 1..65535", a.Port)
	case a.SourcePort < 0 || a.SourcePort > 65535:
		return src, dst, fmt.Errorf("source port %d is not in 0..65535", a.SourcePort)
	}
	return src, dst, nil
}

// readAll reads the rules of both engines; names are those that were looked at.
func readAll(ctx context.Context) (*ruleset, []string, error) {
	rs := &ruleset{}
	nft, bridged, err := readNft(ctx)
	if err != nil {
		return nil, nil, lacks("CAP_NET_ADMIN", err)
	}
	rs.tables, rs.bridged = append(rs.tables, nft...), bridged
	links := linkNames()
	for _, t := range nft {
		t.links = links
	}
	names := []string{engineNft}
	for _, v6 := range []bool{false, true} {
		legacy, err := readLegacy(v6)
		if err != nil {
			return nil, names, err
		}
		if len(legacy) > 0 {
			names = append(names, pick(v6, "ip6tables-legacy", "iptables-legacy"))
		}
		rs.tables = append(rs.tables, legacy...)
	}
	rs.nameSets(ctx)
	return rs, names, ctx.Err()
}

func linkNames() map[int]string {
	out := map[int]string{}
	links, _ := net.Interfaces() // only for reading: without it rules show indexes
	for _, l := range links {
		out[l.Index] = l.Name
	}
	return out
}

// packet builds the SYN: its interfaces come from the routes, the incoming one
// from where it was seen, or from the route back.
func (l *liveHost) packet(a probe.FirewallArgs, src, dst netip.Addr) packet {
	p := packet{src: src, dst: dst, origDst: dst, dport: uint16(a.Port), origDport: uint16(a.Port), mark: noMark, ctMark: noMark}
	p.sportLo, p.sportHi = uint16(a.SourcePort), uint16(a.SourcePort)
	if a.SourcePort == 0 {
		p.sportLo, p.sportHi = 1024, 65535
	}
	p.local = a.Hook == hookOutput
	if a.Hook != hookInput {
		p.oif = l.towards(dst)
	}
	if a.Hook != hookOutput {
		p.iif = l.towards(src)
	}
	if a.Hook == hookInput {
		p.iif = l.arriving(a.Interface, p.iif, dst)
	}
	return p
}

// arriving is the interface of which the rules see the packet come in. It was
// seen on the one of that name, or on what the right one stands on (a bridge's
// port, a VLAN's parent); if nobody saw it, the route back and the destination's
// own interface must agree: routes need not be the same there and back.
func (l *liveHost) arriving(seen string, back iface, dst netip.Addr) iface {
	holds := l.holding(dst)
	if seen == "" {
		loopback := func(i iface) bool { return i.arphrd == unix.ARPHRD_LOOPBACK }
		switch {
		case back.unknown:
			return holds
		case holds.unknown || holds.index == back.index || loopback(back) || loopback(holds): // which holds addresses for others
			return back
		}
		return iface{unknown: true}
	}
	for _, i := range []iface{back, holds} {
		if !i.unknown && slices.ContainsFunc(l.onWay(i), named(seen)) {
			return i
		}
	}
	return l.alone(seen)
}

func named(name string) func(netlink.Link) bool {
	return func(k netlink.Link) bool { return k.Attrs().Name == name }
}

// alone is an interface by its name, if no other stands on it.
func (l *liveHost) alone(name string) iface {
	for _, i := range l.links {
		if i.name != name {
			continue
		}
		for _, above := range l.links {
			if above.index != i.index && slices.ContainsFunc(l.onWay(above), named(name)) {
				return iface{unknown: true}
			}
		}
		return i
	}
	return iface{unknown: true}
}

func (l *liveHost) towards(a netip.Addr) iface {
	if i, ok := l.route(a); ok {
		return i
	}
	return iface{unknown: true}
}

// holding is the interface that has an address, for a packet from where no
// route leads back to.
func (l *liveHost) holding(a netip.Addr) iface {
	for _, i := range l.links {
		if l.has(i.index, a) {
			return i
		}
	}
	return iface{unknown: true}
}
