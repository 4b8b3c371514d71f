package firewall

import (
	"fmt"
	"net/netip"
)

// xtTarget is a target of x_tables with what it does to the packet.
type xtTarget struct {
	name string
	args []string // as iptables-save prints it, without -j NAME
	run  func(w *work) outcome
}

func (e *xtTarget) eval(w *work) outcome { return e.run(w) }

// xtLost are targets that take a packet out of the rules.
var xtLost = map[string]string{
	"NFQUEUE": "a queue to a program", "QUEUE": "a queue to a program", "TPROXY": "a transparent proxy", "SYNPROXY": "a SYN proxy",
	"NETMAP": "a network mapping", "CLUSTERIP": "a cluster address", "DNPT": "a prefix translation",
}

// xtPass are targets that only write down or mark what rules do not ask for.
var xtPass = map[string]bool{
	"LOG": true, "NFLOG": true, "ULOG": true, "TRACE": true, "AUDIT": true, "TCPMSS": true, "TOS": true, "DSCP": true, "TTL": true,
	"HL": true, "ECN": true, "CLASSIFY": true, "CHECKSUM": true, "SET": true, "TEE": true, "IDLETIMER": true, "RATEEST": true,
	"SECMARK": true, "CONNSECMARK": true, "TCPOPTSTRIP": true, "LED": true, "HMARK": false,
}

var (
	reject4 = []string{"net-unreachable", "host-unreachable", "proto-unreachable", "port-unreachable", "echo-reply",
		"net-prohibited", "host-prohibited", "tcp-reset", "admin-prohibited"}
	reject6 = []string{"no-route", "admin-prohibited", "not-neighbour", "addr-unreachable", "port-unreachable",
		"echo-reply", "tcp-reset", "policy-fail", "reject-route"}
)

// decodeXTTarget decodes a target's payload (linux/netfilter/xt_*.h).
func decodeXTTarget(name string, rev int, info []byte, v6 bool) expr {
	b := &blob{data: info}
	e := &xtTarget{name: name, run: func(*work) outcome {
		return ends(verdict{kind: vLost, why: orElse(xtLost[name], "target "+name)})
	}}
	switch {
	case xtPass[name]:
		e.run, e.args = proceed(nil), xtPassArgs(name, b)
	case name == "REJECT":
		with := at(pick(v6, reject6, reject4), b.u32(0))
		e.args = []string{"--reject-with", xtRejectName(with, v6)}
		e.run = func(*work) outcome { return ends(verdict{kind: vReject, with: with}) }
	case name == "MARK" && rev == 2:
		set, mask := b.u32(0), b.u32(4)
		e.args = []string{"--set-xmark", fmt.Sprintf("0x%x/0x%x", set, mask)}
		e.run = proceed(func(w *work) { w.mark = w.mark.set(mark{set, ^uint32(0)}, mask) })
	case name == "CONNMARK" && rev >= 1:
		decodeConnmark(e, b)
	case name == "NOTRACK" || name == "CT":
		if name == "NOTRACK" || b.u16(0)&1 != 0 {
			e.args = pick(name == "CT", []string{"--notrack"}, nil)
			e.run = proceed(func(w *work) { notrack{}.eval(w) })
		} else {
			e.run = proceed(nil)
		}
	case name == "DNAT" || name == "REDIRECT" || name == "SNAT" || name == "MASQUERADE":
		decodeXTNAT(e, b, rev, v6)
	}
	if b.short {
		e.run = func(*work) outcome { return ends(verdict{kind: vLost, why: "target " + name}) }
	}
	return e
}

func proceed(do func(*work)) func(*work) outcome {
	return func(w *work) outcome {
		if do != nil {
			do(w)
		}
		return matched()
	}
}

// set is (m &^ mask) ^ v, as the kernel's mark targets reckon.
func (m mark) set(v mark, mask uint32) mark {
	return mark{m.bits&^mask ^ v.bits, (m.known | mask) & v.known}
}

// xtRejectName is what iptables calls a type of REJECT.
func xtRejectName(with string, v6 bool) string {
	switch {
	case with == "tcp-reset" || with == "echo-reply":
		return with
	case v6 && with == "admin-prohibited":
		return "icmp6-adm-prohibited"
	case v6:
		return "icmp6-" + with
	}
	return "icmp-" + with
}

func xtPassArgs(name string, b *blob) []string {
	switch name {
	case "LOG":
		if prefix := b.str(2, 30); prefix != "" {
			return []string{"--log-prefix", quoteXT(prefix)}
		}
	case "NFLOG":
		if prefix := b.str(16, 64); prefix != "" {
			return []string{"--nflog-prefix", quoteXT(prefix), "--nflog-group", itoa(int64(b.u16(4)))}
		}
	}
	return nil
}

func decodeConnmark(e *xtTarget, b *blob) {
	ctmark, ctmask, nfmask, mode := b.u32(0), b.u32(4), b.u32(8), b.u8(12)
	switch mode {
	case 0:
		e.args = []string{"--set-xmark", fmt.Sprintf("0x%x/0x%x", ctmark, ctmask)}
		e.run = proceed(func(w *work) { w.ctMark = w.ctMark.set(mark{ctmark, ^uint32(0)}, ctmask) })
	case 1:
		e.args = []string{"--save-mark", "--nfmask", fmt.Sprintf("0x%x", nfmask), "--ctmask", fmt.Sprintf("0x%x", ctmask)}
		e.run = proceed(func(w *work) {
			w.ctMark = w.ctMark.set(mark{w.mark.bits & nfmask, w.mark.known | ^nfmask}, ctmask)
		})
	case 2:
		e.args = []string{"--restore-mark", "--nfmask", fmt.Sprintf("0x%x", nfmask), "--ctmask", fmt.Sprintf("0x%x", ctmask)}
		e.run = proceed(func(w *work) {
			w.mark = w.mark.set(mark{w.ctMark.bits & ctmask, w.ctMark.known | ^ctmask}, nfmask)
		})
	}
}

const (
	natMapIPs   = 1 << 0
	natMapPorts = 1 << 1
)

// decodeXTNAT decodes the ranges of NAT (linux/netfilter/nf_nat.h): the old one
// of IPv4, the one for both families, and the one with a base port.
func decodeXTNAT(e *xtTarget, b *blob, rev int, v6 bool) {
	n := &nat{kind: map[string]string{"DNAT": "dnat", "REDIRECT": "redirect", "SNAT": "snat", "MASQUERADE": "masquerade"}[e.name],
		v6: v6, fixed: &natTarget{}}
	old := !v6 && (rev == 0 || e.name == "MASQUERADE" || e.name == "REDIRECT")
	var flags uint32
	var from, to netip.Addr
	if old {
		flags, from, to = b.u32(4), b.addr(8, false), b.addr(12, false)
		n.fixed.lo, n.fixed.hi = b.be16(16), b.be16(18)
	} else {
		flags, from, to = b.u32(0), b.addr(4, v6), b.addr(20, v6)
		n.fixed.lo, n.fixed.hi = b.be16(36), b.be16(38)
	}
	if flags&natMapIPs != 0 {
		n.fixed.from, n.fixed.to = from, to
	}
	if flags&natMapPorts == 0 {
		n.fixed.lo, n.fixed.hi = 0, 0
	}
	e.args = xtNATArgs(n)
	for i, name := range []string{"--random", "--persistent", "--random-fully"} {
		if flags&(4<<i) != 0 {
			e.args = append(e.args, name)
		}
	}
	e.run = n.eval
}

func xtNATArgs(n *nat) []string {
	ports := ""
	if n.fixed.lo != 0 {
		ports = itoa(int64(n.fixed.lo))
		if n.fixed.hi != n.fixed.lo {
			ports += "-" + itoa(int64(n.fixed.hi))
		}
	}
	option := map[string]string{"dnat": "--to-destination", "snat": "--to-source"}[n.kind]
	if option == "" {
		return pick(ports == "", nil, []string{"--to-ports", ports})
	}
	addr := ""
	if n.fixed.from.IsValid() {
		addr = n.fixed.from.String()
	}
	if n.fixed.to != n.fixed.from {
		addr += "-" + n.fixed.to.String()
	}
	if n.v6 && ports != "" && addr != "" {
		addr = "[" + addr + "]"
	}
	if ports != "" {
		addr += ":" + ports
	}
	return []string{option, addr}
}
