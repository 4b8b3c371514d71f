package firewall

import "net/netip"

// packet is the SYN on its way, as rules may have changed it so far. It is
// comparable: ways that come to the same packet are one way.
type packet struct {
	src, dst     netip.Addr
	sportLo      uint16 // the source port lies in sportLo..sportHi
	sportHi      uint16
	dport        uint16
	origDst      netip.Addr // before NAT, as conntrack keeps it
	origDport    uint16
	iif, oif     iface // zero: none at this hook
	mark         mark
	ctMark       mark
	untracked    bool
	dnat, snat   bool // a mapping was set up
	dstUnknown   bool // rewritten to something that cannot be known
	local        bool // made on this host: it has a socket
	srcRewritten bool
}

// mark is a 32-bit mark of which some bits may be unknown.
type mark struct{ bits, known uint32 }

var noMark = mark{known: ^uint32(0)}

// iface is a network interface as rules may ask for it.
type iface struct {
	index   int
	name    string
	arphrd  uint16 // ARPHRD_…, 1 is Ethernet
	group   uint32
	unknown bool // there is one, but which is not known
}

// addrKind is a type of the kernel's route table (RTN_…), as in fib … type.
type addrKind uint32

const (
	kindUnspec      addrKind = 0
	kindUnicast     addrKind = 1
	kindLocal       addrKind = 2
	kindBroadcast   addrKind = 3
	kindAnycast     addrKind = 4
	kindMulticast   addrKind = 5
	kindBlackhole   addrKind = 6
	kindUnreachable addrKind = 7
	kindProhibit    addrKind = 8
)

// host answers what rules ask of the host beside the packet. Each answer may
// be "not known".
type host struct {
	// kind is the route type of an address; dev, if not zero, limits it to that
	// interface's own addresses.
	kind func(a netip.Addr, dev int) (addrKind, bool)
	// route is the interface that a packet to this address leaves by.
	route func(to netip.Addr) (iface, bool)
	// redirect is the address that a redirect on this interface leads to.
	redirect func(in iface, v6 bool) (netip.Addr, bool)
	// ipset says whether the packet is in a set of ipset's.
	ipset func(set ipsetRef, p *packet) tri
}

func (p *packet) v6() bool { return p.src.Is6() }

func (p *packet) sport() value {
	if p.sportLo == p.sportHi {
		return exactU16(p.sportLo)
	}
	v := unknown(2, "the source port")
	v.lo, v.hi = exactU16(p.sportLo).bits, exactU16(p.sportHi).bits
	return v
}

func (p *packet) daddr() value {
	if p.dstUnknown {
		return unknown(len(p.dst.AsSlice()), "the rewritten destination")
	}
	return exact(p.dst.AsSlice()...)
}

func (p *packet) dportValue() value {
	if p.dstUnknown {
		return unknown(2, "the rewritten destination port")
	}
	return exactU16(p.dport)
}

func (p *packet) saddr() value { return exact(p.src.AsSlice()...) }
