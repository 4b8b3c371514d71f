package firewall

import (
	"net/netip"
	"strings"
)

// xtMatch is a match of x_tables, in a legacy table or inside a rule of
// iptables-nft.
type xtMatch struct {
	name string
	args []string // as iptables-save prints it, without -m NAME
	test func(w *work) tri
	why  string
	// comment is the text of -m comment.
	comment string
	set     *ipsetRef // of -m set
}

func (e *xtMatch) eval(w *work) outcome {
	if e.test == nil {
		return matches(maybe, orElse(e.why, "-m "+e.name))
	}
	return matches(e.test(w), orElse(e.why, "-m "+e.name))
}

// xtDoubts are matches that cannot be evaluated from here, and why.
var xtDoubts = map[string]string{
	"limit": "a rate limit", "hashlimit": "a rate limit", "connlimit": "the number of connections", "recent": "the recent list",
	"statistic": "chance", "time": "the time", "quota": "a quota", "length": "the packet's length", "ttl": "the packet's TTL",
	"hl": "the packet's hop limit", "tos": "the packet's TOS", "dscp": "the packet's DSCP", "ecn": "the packet's ECN bits",
	"mac": "the sender's MAC address", "string": "the packet's content", "u32": "the packet's content", "bpf": "a BPF program",
	"tcpmss": "the SYN's MSS", "policy": "an IPsec policy", "physdev": "the bridge port", "socket": "a socket lookup",
	"connbytes": "the connection's bytes", "cpu": "the CPU", "cgroup": "a control group", "realm": "the routing realm",
}

// decodeXTMatch decodes a match's payload (linux/netfilter/xt_*.h); one that is
// not known becomes a doubt.
func decodeXTMatch(name string, rev int, info []byte, v6 bool) expr {
	b := &blob{data: info}
	e := &xtMatch{name: name, why: xtDoubts[name]}
	switch name {
	case "comment":
		e.comment = b.str(0, 256)
		e.test, e.args = always(yes), []string{"--comment", quoteXT(e.comment)}
	case "tcp":
		decodeXTTCP(e, b)
	case "multiport":
		decodeXTMultiport(e, b, rev)
	case "conntrack":
		decodeXTConntrack(e, b, rev)
	case "state":
		decodeXTState(e, b)
	case "addrtype":
		decodeXTAddrtype(e, b, rev)
	case "mark", "connmark":
		decodeXTMark(e, b, rev)
	case "iprange":
		decodeXTIPRange(e, b, rev, v6)
	case "set":
		decodeXTSet(e, b, rev)
	case "limit":
		e.args = xtLimitArgs(b)
	case "nfacct", "helper", "owner", "pkttype", "rpfilter", "rt", "frag", "udp", "icmp", "icmp6", "sctp", "dccp":
		decodeXTSmall(e, b)
	}
	if b.short {
		e.test = nil
	}
	return e
}

func always(t tri) func(*work) tri { return func(*work) tri { return t } }

func decodeXTTCP(e *xtMatch, b *blob) {
	spts, dpts := portRange{b.u16(0), b.u16(2)}, portRange{b.u16(4), b.u16(6)}
	option, mask, want, inv := b.u8(8), b.u8(9), b.u8(10), b.u8(11)
	e.args = tcpArgs(spts, dpts, inv)
	if mask != 0 {
		e.args = append(append(e.args, bang(inv&4 != 0)...), "--tcp-flags", tcpFlagList(mask), tcpFlagList(want))
	}
	if option != 0 {
		e.args = append(append(e.args, bang(inv&8 != 0)...), "--tcp-option", itoa(int64(option)))
	}
	e.why = "the SYN's ports, flags or options"
	e.test = func(w *work) tri {
		t := spts.holds(w.sport()).xor(inv&1 != 0).and(dpts.holds(w.dportValue()).xor(inv&2 != 0))
		flags := w.payload(baseTransport, 13, 1).masked([]byte{mask}, nil).equal([]byte{want})
		t = t.and(flags.xor(inv&4 != 0))
		if option != 0 {
			t = t.and(maybe)
		}
		return t
	}
}

type portRange struct{ lo, hi uint16 }

func (r portRange) holds(v value) tri { return v.between(exactU16(r.lo).bits, exactU16(r.hi).bits) }

func (r portRange) String() string {
	if r.lo == r.hi {
		return itoa(int64(r.lo))
	}
	return itoa(int64(r.lo)) + ":" + itoa(int64(r.hi))
}

func (r portRange) all() bool { return r.lo == 0 && r.hi == 0xffff }

func tcpArgs(spts, dpts portRange, inv byte) []string {
	var args []string
	if !spts.all() || inv&1 != 0 {
		args = append(append(args, bang(inv&1 != 0)...), "--sport", spts.String())
	}
	if !dpts.all() || inv&2 != 0 {
		args = append(append(args, bang(inv&2 != 0)...), "--dport", dpts.String())
	}
	return args
}

func decodeXTMultiport(e *xtMatch, b *blob, rev int) {
	if rev != 1 {
		return
	}
	side, count, invert := b.u8(0), int(min(b.u8(1), 15)), b.u8(47) != 0
	var ports []portRange
	for i := 0; i < count; i++ {
		r := portRange{b.u16(2 + 2*i), b.u16(2 + 2*i)}
		if b.u8(32+i) != 0 && i+1 < count {
			i++
			r.hi = b.u16(2 + 2*i)
		}
		ports = append(ports, r)
	}
	e.args = append(bang(invert), at([]string{"--sports", "--dports", "--ports"}, uint32(side)), joinPorts(ports))
	e.why = "the source port"
	e.test = func(w *work) tri {
		t := no
		for _, r := range ports {
			if side != 1 {
				t = t.or(r.holds(w.sport()))
			}
			if side != 0 {
				t = t.or(r.holds(w.dportValue()))
			}
		}
		return t.xor(invert)
	}
}

func joinPorts(ports []portRange) string {
	var s []string
	for _, p := range ports {
		s = append(s, p.String())
	}
	return strings.Join(s, ",")
}

func decodeXTIPRange(e *xtMatch, b *blob, rev int, v6 bool) {
	if rev != 1 {
		return
	}
	var a [4]netip.Addr
	for i := range a {
		a[i] = b.addr(16*i, v6)
	}
	flags := b.u8(64)
	if flags&1 != 0 {
		e.args = append(append(e.args, bang(flags&16 != 0)...), "--src-range", a[0].String()+"-"+a[1].String())
	}
	if flags&2 != 0 {
		e.args = append(append(e.args, bang(flags&32 != 0)...), "--dst-range", a[2].String()+"-"+a[3].String())
	}
	e.why = "the rewritten destination"
	e.test = func(w *work) tri {
		t := yes
		if flags&1 != 0 {
			t = t.and(w.saddr().between(a[0].AsSlice(), a[1].AsSlice()).xor(flags&16 != 0))
		}
		if flags&2 != 0 {
			t = t.and(w.daddr().between(a[2].AsSlice(), a[3].AsSlice()).xor(flags&32 != 0))
		}
		return t
	}
}
