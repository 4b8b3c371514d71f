package firewall

import "encoding/binary"

// Keys of meta (enum nft_meta_keys, nf_tables.h).
const (
	metaLen = iota
	metaProtocol
	metaPriority
	metaMark
	metaIIF
	metaOIF
	metaIIFName
	metaOIFName
	metaIIFType
	metaOIFType
	metaSKUID
	metaSKGID
	metaNFTrace
	metaRTClassID
	metaSecmark
	metaNFProto
	metaL4Proto
	metaBriIIFName
	metaBriOIFName
	metaPktType
	metaCPU
	metaIIFGroup
	metaOIFGroup
	metaCgroup
	metaPRandom
	metaSecpath
	metaIIFKind
	metaOIFKind
	metaBriIIFPvid
	metaBriIIFVProto
	metaTimeNS
	metaTimeDay
	metaTimeHour
	metaSDIF
	metaSDIFName
)

const (
	nfprotoIPv4 = 2
	nfprotoIPv6 = 10
	etherIPv4   = 0x0800
	etherIPv6   = 0x86dd
)

// metaLoad is [ meta load KEY => reg ] (net/netfilter/nft_meta.c).
type metaLoad struct{ key, dreg uint32 }

func (e *metaLoad) eval(w *work) outcome {
	v, ok := w.meta(e.key)
	if !ok {
		return matches(no, "")
	}
	w.regs.load(e.dreg, v)
	return matched()
}

// meta is a meta key's value; not ok: the kernel ends the rule.
func (w *work) meta(key uint32) (value, bool) {
	switch key {
	case metaProtocol:
		return exactU16(pick[uint16](w.v6(), etherIPv6, etherIPv4)), true
	case metaNFProto:
		return exact(pick[byte](w.v6(), nfprotoIPv6, nfprotoIPv4)), true
	case metaL4Proto:
		return exact(protoTCP), true
	case metaMark:
		return w.mark.value("the packet's mark"), true
	case metaNFTrace, metaPktType:
		return exact(0), true
	case metaSKUID, metaSKGID:
		return unknown(4, "the user of the connecting process"), w.local
	case metaCgroup:
		return unknown(4, "the control group of the connecting process"), w.local
	case metaIIF, metaIIFName, metaIIFType, metaIIFGroup:
		return w.ifaceMeta(key, w.iif, "the incoming interface")
	case metaOIF, metaOIFName, metaOIFType, metaOIFGroup:
		return w.ifaceMeta(key-(metaOIF-metaIIF), w.oif, "the outgoing interface")
	case metaSDIF, metaSDIFName:
		return unknown(16, "meta sdif"), true
	case metaTimeNS, metaTimeDay, metaTimeHour:
		return unknown(8, "the time"), true
	}
	return unknown(16, "meta key "+metaName(key)), true
}

func (w *work) ifaceMeta(key uint32, i iface, what string) (value, bool) {
	if key == metaOIFGroup-(metaOIF-metaIIF) {
		key = metaIIFGroup
	}
	if i.unknown {
		return unknown(pick(key == metaIIFName, 16, 4), what), true
	}
	switch key {
	case metaIIF:
		return exactHost32(uint32(i.index)), true
	case metaIIFName:
		return exactName(i.name), true
	case metaIIFType:
		return exact(binary.NativeEndian.AppendUint16(nil, i.arphrd)...), i.index != 0
	}
	return exactHost32(i.group), i.index != 0
}

// metaSet is [ meta set KEY with reg ].
type metaSet struct{ key, sreg uint32 }

func (e *metaSet) eval(w *work) outcome {
	if e.key == metaMark {
		w.mark = markOf(w.regs.read(e.sreg, 4))
	}
	return matched()
}

func (m mark) value(what string) value {
	return value{
		bits:  binary.NativeEndian.AppendUint32(nil, m.bits&m.known),
		known: binary.NativeEndian.AppendUint32(nil, m.known),
		what:  what,
	}
}

func markOf(v value) mark {
	if v.lo != nil {
		return mark{}
	}
	return mark{binary.NativeEndian.Uint32(v.bits), binary.NativeEndian.Uint32(v.known)}
}

func pick[T any](c bool, a, b T) T {
	if c {
		return a
	}
	return b
}
