package firewall

// Keys of ct (enum nft_ct_keys, nf_tables.h).
const (
	ctState = iota
	ctDirection
	ctStatus
	ctMark
	ctSecmark
	ctExpiration
	ctHelper
	ctL3Protocol
	ctSrc
	ctDst
	ctProtocol
	ctProtoSrc
	ctProtoDst
	ctLabels
	ctPkts
	ctBytes
	ctAvgPkt
	ctZone
	ctEventMask
	ctSrcIP
	ctDstIP
	ctSrcIP6
	ctDstIP6
	ctID
)

// Bits of ct state and ct status (nf_conntrack_common.h).
const (
	stateInvalid     = 1 << 0
	stateEstablished = 1 << 1
	stateRelated     = 1 << 2
	stateNew         = 1 << 3
	stateUntracked   = 1 << 6

	statusSrcNAT = 1 << 4
	statusDstNAT = 1 << 5
	// statusKnown are the bits that a new connection surely has or has not:
	// expected, seen-reply, assured, confirmed and the two of NAT.
	statusKnown = 1<<0 | 1<<1 | 1<<2 | 1<<3 | statusSrcNAT | statusDstNAT
)

const (
	dirOriginal = 0
	dirNone     = 0xff
)

// ctLoad is [ ct load KEY => reg ] (net/netfilter/nft_ct.c).
type ctLoad struct {
	key, dreg uint32
	dir       uint8
}

func (e *ctLoad) eval(w *work) outcome {
	v, ok := w.ct(e.key, e.dir)
	if !ok {
		return matches(no, "")
	}
	w.regs.load(e.dreg, v)
	return matched()
}

// connState are the bits of ct state: conntrack has not seen the packet yet in
// chains before priority -200.
func (w *work) connState() value {
	switch {
	case w.untracked:
		return exactHost32(stateUntracked)
	case w.base.beforeConntrack():
		return exactHost32(stateInvalid)
	case w.base.priority == priorityConntrack && w.base.atEntry():
		return unknown(4, "the order of conntrack and this chain")
	}
	return exactHost32(stateNew)
}

func (w *work) connStatus() mark {
	m := mark{known: statusKnown}
	if w.dnat {
		m.bits |= statusDstNAT
	}
	if w.snat {
		m.bits |= statusSrcNAT
	}
	return m
}

// ct is a ct key's value; not ok: there is no connection, and the rule ends.
func (w *work) ct(key uint32, dir uint8) (value, bool) {
	if key == ctState {
		return w.connState(), true
	}
	if w.untracked || w.base.beforeConntrack() {
		return value{}, false
	}
	switch key {
	case ctDirection:
		return exact(dirOriginal), true
	case ctStatus:
		return w.connStatus().value("the connection's status"), true
	case ctMark:
		return w.ctMark.value("the connection's mark"), true
	case ctL3Protocol:
		return exact(pick[byte](w.v6(), nfprotoIPv6, nfprotoIPv4)), true
	case ctProtocol:
		return exact(protoTCP), true
	case ctHelper:
		return value{}, false
	}
	return w.ctTuple(key, dir)
}

func (w *work) ctTuple(key uint32, dir uint8) (value, bool) {
	if dir != dirOriginal {
		return unknown(16, "the connection's "+ctName(key)), true
	}
	switch key {
	case ctSrc, ctSrcIP, ctSrcIP6:
		return w.saddr(), true
	case ctDst, ctDstIP, ctDstIP6:
		return exact(w.origDst.AsSlice()...), true
	case ctProtoSrc:
		return w.sport(), true
	case ctProtoDst:
		return exactU16(w.origDport), true
	}
	return unknown(16, "the connection's "+ctName(key)), true
}

// ctSet is [ ct set KEY with reg ].
type ctSet struct{ key, sreg uint32 }

func (e *ctSet) eval(w *work) outcome {
	if e.key == ctMark && !w.untracked {
		w.ctMark = markOf(w.regs.read(e.sreg, 4))
	}
	return matched()
}

// notrack is [ notrack ]: it does nothing once conntrack has seen the packet.
type notrack struct{}

func (notrack) eval(w *work) outcome {
	if w.base.beforeConntrack() {
		w.untracked = true
	}
	return matched()
}
