package firewall

import (
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// liveHost answers from the kernel's routes, addresses and interfaces, in the
// network namespace of the calling thread.
type liveHost struct {
	h     *netlink.Handle
	links map[int]iface
}

func newLiveHost() (*liveHost, error) {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	links, err := h.LinkList()
	if err != nil {
		h.Close()
		return nil, err
	}
	l := &liveHost{h: h, links: map[int]iface{}}
	for _, k := range links {
		a := k.Attrs()
		l.links[a.Index] = iface{index: a.Index, name: a.Name, arphrd: arphrd(a.EncapType), group: a.Group}
	}
	return l, nil
}

func (l *liveHost) host() *host {
	return &host{kind: l.kind, route: l.route, redirect: l.redirect}
}

// arphrd is the type of hardware (linux/if_arp.h) of what the netlink library
// calls it; 0 is not asked for by any rule set that we know.
func arphrd(encap string) uint16 {
	switch encap {
	case "loopback":
		return unix.ARPHRD_LOOPBACK
	case "ether":
		return unix.ARPHRD_ETHER
	case "none":
		return unix.ARPHRD_NONE
	case "ppp":
		return unix.ARPHRD_PPP
	}
	return unix.ARPHRD_VOID
}

func (l *liveHost) lookup(a netip.Addr) (*netlink.Route, bool) {
	routes, err := l.h.RouteGet(net.IP(a.AsSlice()))
	if err != nil || len(routes) == 0 {
		return nil, false
	}
	return &routes[0], true
}

// kind is the address's type in the route tables; with a device it is local
// only if the address is that device's.
func (l *liveHost) kind(a netip.Addr, dev int) (addrKind, bool) {
	switch {
	case a.IsMulticast():
		return kindMulticast, true
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return kindBroadcast, true
	}
	r, ok := l.lookup(a)
	if !ok {
		return kindUnspec, false
	}
	k := addrKind(r.Type)
	if dev != 0 && k == kindLocal && !l.has(dev, a) {
		return kindUnicast, true
	}
	return k, true
}

func (l *liveHost) has(dev int, a netip.Addr) bool {
	for _, own := range l.addrs(dev, a.Is6()) {
		if own == a {
			return true
		}
	}
	return false
}

func (l *liveHost) addrs(dev int, v6 bool) []netip.Addr {
	list, err := l.h.AddrList(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: dev}}, pick(v6, netlink.FAMILY_V6, netlink.FAMILY_V4))
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, x := range list {
		if a, ok := netip.AddrFromSlice(x.IP); ok && x.Flags&unix.IFA_F_SECONDARY == 0 {
			out = append(out, a.Unmap())
		}
	}
	return out
}

// route is the interface towards an address; with several next hops it is not known.
func (l *liveHost) route(to netip.Addr) (iface, bool) {
	r, ok := l.lookup(to)
	if !ok {
		return iface{}, false
	}
	if len(r.MultiPath) > 0 {
		return iface{unknown: true}, true
	}
	i, ok := l.links[r.LinkIndex]
	return i, ok
}

// redirect is where a redirect leads: the interface's first address, or
// loopback for what is sent from here (nf_nat_redirect.c).
func (l *liveHost) redirect(in iface, v6 bool) (netip.Addr, bool) {
	if in.index == 0 {
		return pick(v6, netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})), true
	}
	own := slices.DeleteFunc(l.addrs(in.index, v6), netip.Addr.IsLinkLocalUnicast)
	if in.unknown || len(own) == 0 || v6 && len(own) > 1 {
		return netip.Addr{}, false
	}
	return own[0], true
}
