package firewall

import "net/netip"

// nat is [ nat snat|dnat … ], [ masq ] and [ redir ]: it sets up the mapping
// and accepts (net/netfilter/nft_nat.c).
type nat struct {
	kind        string // dnat, snat, masquerade, redirect
	v6          bool
	addr, port  uint32 // registers of the lowest address and port; 0: unset
	addrTo      uint32
	portTo      uint32
	fixed       *natTarget // in place of registers: iptables
	prefixOrMap bool       // a prefix mapping (netmap)
}

// natTarget is where iptables' DNAT and REDIRECT lead.
type natTarget struct {
	from, to netip.Addr
	lo, hi   uint16
}

func (e *nat) eval(w *work) outcome {
	w.skipNAT = true
	if e.kind == "snat" || e.kind == "masquerade" {
		w.snat = true
		return ends(verdict{kind: vAccept})
	}
	t, ok := e.target(w)
	w.dnat = true
	if !ok {
		w.dstUnknown = true
		return ends(verdict{kind: vAccept})
	}
	if t.from.IsValid() {
		w.dst = t.from
	}
	if t.lo != 0 {
		w.dport = t.lo
	}
	w.dnat = w.dst != w.origDst || w.dport != w.origDport
	return ends(verdict{kind: vAccept})
}

// target is where the mapping leads, if that is one place.
func (e *nat) target(w *work) (natTarget, bool) {
	t, ok := natTarget{}, !e.prefixOrMap
	if e.fixed != nil {
		t = *e.fixed
		ok = ok && t.from == t.to && t.lo == t.hi
	} else {
		ok = e.fromRegisters(w, &t) && ok
	}
	if e.kind == "redirect" {
		a, known := w.host.redirect(w.iif, w.v6())
		t.from, ok = a, ok && known
	}
	return t, ok
}

func (e *nat) fromRegisters(w *work, t *natTarget) bool {
	ok := true
	if e.addr != 0 {
		n := pick(w.v6(), 16, 4)
		v := w.regs.read(e.addr, n)
		t.from = addrFrom(v.bits)
		ok = v.isExact()
		if e.addrTo != 0 && e.addrTo != e.addr {
			ok = ok && w.regs.read(e.addrTo, n).equal(v.bits) == yes
		}
	}
	if e.port != 0 {
		v := w.regs.read(e.port, 2)
		t.lo = uint16(v.bits[0])<<8 | uint16(v.bits[1])
		ok = ok && v.isExact()
		if e.portTo != 0 && e.portTo != e.port {
			ok = ok && w.regs.read(e.portTo, 2).equal(v.bits) == yes
		}
	}
	return ok
}
