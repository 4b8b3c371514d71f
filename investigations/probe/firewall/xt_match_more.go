package firewall

import (
	"fmt"
	"net/netip"
	"strings"
)

var addrTypeNames = []string{"UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE",
	"PROHIBIT", "THROW", "NAT", "XRESOLVE"}

func decodeXTAddrtype(e *xtMatch, b *blob, rev int) {
	src, dst := b.u16(0), b.u16(2)
	flags := b.u32(4)
	if rev == 0 {
		flags = pick[uint32](flags != 0, 1, 0) | pick[uint32](b.u32(8) != 0, 2, 0)
	}
	if src != 0 {
		e.args = append(append(e.args, bang(flags&1 != 0)...), "--src-type", bitNames(uint32(src), addrTypeNames))
	}
	if dst != 0 {
		e.args = append(append(e.args, bang(flags&2 != 0)...), "--dst-type", bitNames(uint32(dst), addrTypeNames))
	}
	if flags&4 != 0 {
		e.args = append(e.args, "--limit-iface-in")
	}
	if flags&8 != 0 {
		e.args = append(e.args, "--limit-iface-out")
	}
	e.why = "the type of an address"
	e.test = func(w *work) tri {
		t := yes
		if src != 0 {
			t = w.addrType(w.src, src, flags).xor(flags&1 != 0)
		}
		if dst != 0 && w.dstUnknown {
			return t.and(maybe)
		} else if dst != 0 {
			t = t.and(w.addrType(w.dst, dst, flags).xor(flags&2 != 0))
		}
		return t
	}
}

// placeholder stands for the set's name until it is asked.
func (r ipsetRef) placeholder() string { return fmt.Sprintf("#%d", r.index) }

func (w *work) addrType(a netip.Addr, mask uint16, flags uint32) tri {
	dev := 0
	if flags&4 != 0 {
		dev = w.iif.index
	} else if flags&8 != 0 {
		dev = w.oif.index
	}
	k, ok := w.host.kind(a, dev)
	if !ok || k > 15 {
		return maybe
	}
	return triOf(mask&(1<<k) != 0)
}

// decodeXTSet decodes -m set (linux/netfilter/xt_set.h); the set itself is
// asked of the kernel when the packet meets it.
func decodeXTSet(e *xtMatch, b *blob, rev int) {
	ref := ipsetRef{index: b.u16(0), dim: int(min(b.u8(2), 3))}
	flags := b.u8(3)
	var sides []string
	for i := range ref.dim {
		ref.src = append(ref.src, flags&(2<<i) != 0)
		sides = append(sides, pick(ref.src[i], "src", "dst"))
	}
	e.args = append(bang(flags&1 != 0), "--match-set", ref.placeholder(), strings.Join(sides, ","))
	e.why, e.set = "an ipset", &ref
	if rev < 1 || rev == 3 && b.u8(8)|b.u8(24) != 0 || rev == 4 && b.u8(16)|b.u8(32) != 0 {
		return // an old layout, or a comparison of the element's counters
	}
	e.test = func(w *work) tri {
		if w.host.ipset == nil || w.dstUnknown {
			return maybe
		}
		return w.host.ipset(ref, &w.packet).xor(flags&1 != 0)
	}
}

// xtLimitArgs prints -m limit: avg is in ten-thousandths of a second between
// packets (XT_LIMIT_SCALE).
func xtLimitArgs(b *blob) []string {
	avg, burst := b.u32(0), b.u32(4)
	if avg == 0 {
		return nil
	}
	for _, u := range []struct {
		name string
		sec  uint32
	}{{"sec", 1}, {"min", 60}, {"hour", 3600}, {"day", 86400}} {
		if n := u.sec * 10000 / avg; n > 0 && (n*avg == u.sec*10000 || u.name == "day" || u.sec*10000%avg < n) {
			args := []string{"--limit", fmt.Sprintf("%d/%s", n, u.name)}
			if burst != 5 {
				args = append(args, "--limit-burst", itoa(int64(burst)))
			}
			return args
		}
	}
	return nil
}

func decodeXTSmall(e *xtMatch, b *blob) {
	switch e.name {
	case "nfacct":
		e.test = always(yes)
	case "helper":
		invert := b.u32(0) != 0
		e.test, e.args = always(triOf(invert)), append(bang(invert), "--helper", quoteXT(b.str(4, 30)))
	case "owner":
		match, invert := b.u8(16), b.u8(17)
		e.why = "the user of the connecting process"
		e.args = ownerArgs(b, match, invert)
		e.test = func(w *work) tri {
			if w.local {
				return maybe
			}
			return triOf(match == invert) // there is no socket
		}
	case "pkttype":
		typ, invert := b.u32(0), b.u32(4) != 0
		e.args = append(bang(invert), "--pkt-type", at([]string{"unicast", "broadcast", "multicast"}, typ))
		e.test = always(triOf(typ == 0).xor(invert))
	case "rpfilter":
		decodeRPFilter(e, b)
	case "udp":
		e.test = always(no)
		e.args = tcpArgs(portRange{b.u16(0), b.u16(2)}, portRange{b.u16(4), b.u16(6)}, b.u8(8))
	default: // of other protocols, or of headers that a SYN does not have
		e.test = always(no)
	}
}

func ownerArgs(b *blob, match, invert byte) []string {
	var args []string
	for i, name := range []string{"--uid-owner", "--gid-owner"} {
		if match&(1<<i) == 0 {
			continue
		}
		lo, hi := b.u32(8*i), b.u32(8*i+4)
		text := itoa(int64(lo))
		if hi != lo {
			text += "-" + itoa(int64(hi))
		}
		args = append(append(args, bang(invert&(1<<i) != 0)...), name, text)
	}
	return args
}

// decodeRPFilter decodes -m rpfilter: the route back leads over the interface
// that the packet came in by.
func decodeRPFilter(e *xtMatch, b *blob) {
	flags := b.u8(0)
	for i, n := range []string{"--loose", "--validmark", "--accept-local", "--invert"} {
		if flags&(1<<i) != 0 {
			e.args = append(e.args, n)
		}
	}
	e.why = "the route back"
	e.test = func(w *work) tri {
		out, ok := w.host.route(w.src)
		if !ok || out.unknown || w.iif.unknown {
			return maybe
		}
		good := out.index == w.iif.index || flags&1 != 0 && out.index != 0 || w.iif.name == "lo"
		return triOf(good).xor(flags&8 != 0)
	}
}
