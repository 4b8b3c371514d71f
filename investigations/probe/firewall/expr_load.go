package firewall

import (
	"encoding/binary"
	"net/netip"
)

// Bases of payload (enum nft_payload_bases).
const (
	baseLink = iota
	baseNetwork
	baseTransport
)

// payload is [ payload load LENb @ BASE header + OFFSET => reg ].
type payload struct {
	base, offset, len, dreg uint32
}

func (e *payload) eval(w *work) outcome {
	v := w.payload(e.base, int(e.offset), int(e.len))
	v.what = "the SYN's " + payloadSymbol(e, w.v6(), "tcp").field
	w.regs.load(e.dreg, v)
	return matched()
}

func (w *work) payload(base uint32, off, n int) value {
	n = min(max(n, 0), 64)
	if base == baseTransport && off == 0 && n == 2 {
		return w.sport()
	}
	var h value
	switch base {
	case baseNetwork:
		h = w.networkHeader()
	case baseTransport:
		h = w.transportHeader()
	default:
		return unknown(n, "the link-layer header")
	}
	if off < 0 || off+n > len(h.bits) {
		return unknown(n, "data beyond the header")
	}
	return value{bits: h.bits[off : off+n], known: h.known[off : off+n], what: h.what}
}

// fib is [ fib … => reg ] (net/netfilter/nft_fib.c, ipv4/netfilter/nft_fib_ipv4.c).
type fib struct{ dreg, result, flags uint32 }

const (
	fibSaddr   = 1 << 0
	fibDaddr   = 1 << 1
	fibMark    = 1 << 2
	fibIIF     = 1 << 3
	fibOIF     = 1 << 4
	fibPresent = 1 << 5

	fibResultOIF     = 1
	fibResultOIFName = 2
	fibResultType    = 3
)

func (e *fib) eval(w *work) outcome {
	addr, open := w.dst, w.dstUnknown
	if e.flags&fibSaddr != 0 {
		addr, open = w.src, false
	}
	v := unknown(16, "a route lookup")
	switch {
	case open:
	case e.result == fibResultType:
		v = w.fibKind(e, addr)
	default:
		v = w.fibRoute(e, addr)
	}
	w.regs.load(e.dreg, v)
	return matched()
}

func (w *work) fibKind(e *fib, a netip.Addr) value {
	dev := iface{}
	if e.flags&fibIIF != 0 {
		dev = w.iif
	} else if e.flags&fibOIF != 0 {
		dev = w.oif
	}
	k, ok := w.host.kind(a, dev.index)
	if !ok || dev.unknown {
		return unknown(4, "the type of "+a.String())
	}
	return exactHost32(uint32(k))
}

func (w *work) fibRoute(e *fib, a netip.Addr) value {
	out, ok := w.host.route(a)
	if !ok || (e.flags&fibIIF != 0 && w.iif.unknown) || out.unknown {
		return unknown(16, "the route to "+a.String())
	}
	if e.flags&fibIIF != 0 && w.iif.index != out.index {
		out = iface{}
	}
	switch {
	case e.flags&fibPresent != 0:
		return exact(pick[byte](out.index != 0, 1, 0))
	case e.result == fibResultOIFName:
		return exactName(out.name)
	}
	return exactHost32(uint32(out.index))
}

// exthdr is [ exthdr load … => reg ]: a SYN has no IPv6 extension header and
// no IPv4 option; its TCP options are the sender's choice.
type exthdr struct {
	op, dreg, len, flags, sreg uint32
	typ                        uint8
}

const (
	exthdrIPv6 = iota
	exthdrTCP
	exthdrIPv4
	exthdrPresent = 1
)

func (e *exthdr) eval(w *work) outcome {
	switch {
	case e.dreg == 0:
		return matched() // a rewrite, such as of the MSS
	case e.op == exthdrTCP:
		w.regs.load(e.dreg, unknown(int(min(max(e.len, 1), 40)), "the SYN's TCP options"))
	case e.flags&exthdrPresent != 0:
		w.regs.load(e.dreg, exact(0))
	default:
		return matches(no, "")
	}
	return matched()
}

// opaque loads a value that cannot be known: numgen, hash, rt, socket, xfrm …
type opaque struct {
	name string
	dreg uint32
	text string // as nft prints it, if that is more than the name
}

func (e *opaque) eval(w *work) outcome {
	n := 64
	if off, ok := regOffset(e.dreg); ok {
		n = min(16, 64-off)
	}
	w.regs.load(e.dreg, unknown(n, e.name))
	return matched()
}

// byteorder is [ byteorder reg = hton(reg, size, len) ].
type byteorder struct{ sreg, dreg, len, size uint32 }

func (e *byteorder) eval(w *work) outcome {
	v := w.regs.read(e.sreg, int(e.len))
	r := value{bits: swapped(v.bits, int(e.size)), known: swapped(v.known, int(e.size)), what: v.what}
	if v.lo != nil {
		r.lo, r.hi = swapped(v.lo, int(e.size)), swapped(v.hi, int(e.size))
	}
	w.regs.load(e.dreg, r)
	return matched()
}

// swapped reverses the bytes of each group of size, on little-endian machines.
func swapped(b []byte, size int) []byte {
	r := append([]byte(nil), b...)
	if size < 2 || binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return r
	}
	for i := 0; i+size <= len(r); i += size {
		for j := range size {
			r[i+j] = b[i+size-1-j]
		}
	}
	return r
}
