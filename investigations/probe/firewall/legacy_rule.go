package firewall

import (
	"bytes"
	"net/netip"
	"strings"
)

// Flags of ipt_ip and ip6t_ip6.
const (
	legacyFragment = 1 << 0 // IPT_F_FRAG; in IPv6 the bit says that a protocol is set
	legacyGoto4    = 1 << 1
	legacyGoto6    = 1 << 2

	invIn    = 1 << 0
	invOut   = 1 << 1
	invSrc   = 1 << 3
	invDst   = 1 << 4
	invProto = 1 << 6
)

// fill turns a chain's entries into rules. The last entry of every chain is
// its policy, or the return that the kernel adds.
func (d *legacyDecoder) fill(c *chain) error {
	entries := d.entries[c]
	for i, e := range entries {
		r := &rule{chain: c, position: int64(i + 1)}
		exprs, err := d.exprs(e)
		if err != nil {
			return err
		}
		if i == len(entries)-1 {
			if v, ok := exprs[len(exprs)-1].(*immediateVerdict); ok {
				c.drop = c.base && v.kind == vDrop
			}
			return nil
		}
		packets := int64((&blob{data: d.data[e.off:]}).u64(d.l.counters))
		r.exprs, r.packets = exprs, &packets
		r.comment = xtComment(exprs)
		c.rules = append(c.rules, r)
	}
	return nil
}

func xtComment(exprs []expr) string {
	for _, e := range exprs {
		if m, ok := e.(*xtMatch); ok && m.comment != "" {
			return m.comment
		}
	}
	return ""
}

// exprs are an entry's header match, its matches and its target.
func (d *legacyDecoder) exprs(e legacyEntry) ([]expr, error) {
	b := &blob{data: d.data[e.off:e.next]}
	head := d.header(b)
	out := []expr{head}
	for off := e.off + d.l.end; off < e.target; {
		m := &blob{data: d.data[off:e.target]}
		size := int(m.u16(0))
		if size < xtHeader || off+size > e.target {
			return nil, errShort
		}
		out = append(out, decodeXTMatch(m.str(2, 29), int(m.u8(31)), m.data[xtHeader:size], d.l.v6))
		off += size
	}
	return append(out, d.target(e, b.u8(d.l.flags))), nil
}

func (d *legacyDecoder) target(e legacyEntry, flags byte) expr {
	b := &blob{data: d.data[e.target:e.next]}
	name := b.str(2, 29)
	if name != "" {
		size := max(xtHeader, min(int(b.u16(0)), len(b.data)))
		return decodeXTTarget(name, int(b.u8(31)), b.data[xtHeader:size], d.l.v6)
	}
	jump := pick(flags&pick[byte](d.l.v6, legacyGoto6, legacyGoto4) != 0, vGoto, vJump)
	switch v := int32(b.u32(xtHeader)); {
	case b.short:
		return &lost{"standard", "a target that cannot be read"}
	case v == -1:
		return &immediateVerdict{verdict{kind: vDrop}}
	case v == -2:
		return &immediateVerdict{verdict{kind: vAccept}}
	case v == -5:
		return &immediateVerdict{verdict{kind: vReturn}}
	case v < 0:
		return &lost{"standard", "a queue to a program"}
	case d.at[int(v)] != nil:
		return &immediateVerdict{verdict{kind: jump, chain: d.at[int(v)].name}}
	case int(v) == e.next:
		return &pass{name: "standard"} // no target: the kernel goes on
	default:
		return &lost{"standard", "a jump into the middle of a chain"}
	}
}

// legacyHeader is what an entry matches before its matches: addresses,
// interfaces, protocol.
type legacyHeader struct {
	src, dst         netip.Addr
	srcMask, dstMask []byte
	in, out          ifacePattern
	proto            uint16
	inv              byte
	fragment         bool
}

// ifacePattern is an interface name with the mask that iptables compares by.
type ifacePattern struct{ name, mask []byte }

func (p ifacePattern) any() bool { return len(bytes.Trim(p.mask, "\x00")) == 0 }

func (p ifacePattern) String() string {
	s, _, _ := strings.Cut(string(p.name), "\x00")
	if n := bytes.IndexByte(p.mask, 0); n >= 0 && n <= len(s) { // the mask of a whole name covers its zero byte
		return s[:n] + "+"
	}
	return s
}

func (p ifacePattern) holds(i iface) tri {
	if i.unknown && !p.any() {
		return maybe
	}
	return exactName(i.name).masked(p.mask, nil).equal(masked(p.name, p.mask))
}

func masked(b, mask []byte) []byte { return exact(b...).masked(mask, nil).bits }

func (d *legacyDecoder) header(b *blob) *legacyHeader {
	n := d.l.addrLen
	h := &legacyHeader{src: addrFrom(b.at(0, n)), dst: addrFrom(b.at(n, n)), srcMask: b.at(2*n, n), dstMask: b.at(3*n, n),
		proto: b.u16(d.l.proto), inv: b.u8(d.l.invflags)}
	h.in = ifacePattern{b.at(d.l.iniface, 16), b.at(d.l.iniface+32, 16)}
	h.out = ifacePattern{b.at(d.l.iniface+16, 16), b.at(d.l.iniface+48, 16)}
	h.fragment = !d.l.v6 && b.u8(d.l.flags)&legacyFragment != 0
	return h
}

func (h *legacyHeader) eval(w *work) outcome {
	t := w.saddr().masked(h.srcMask, nil).equal(h.src.AsSlice()).xor(h.inv&invSrc != 0)
	t = t.and(w.daddr().masked(h.dstMask, nil).equal(h.dst.AsSlice()).xor(h.inv&invDst != 0))
	t = t.and(h.in.holds(w.iif).xor(h.inv&invIn != 0)).and(h.out.holds(w.oif).xor(h.inv&invOut != 0))
	if h.proto != 0 {
		t = t.and(triOf(h.proto == protoTCP).xor(h.inv&invProto != 0))
	}
	if h.fragment {
		t = no
	}
	return matches(t, "the interface or the rewritten destination")
}
