package firewall

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// What xt_conntrack matches on (linux/netfilter/xt_conntrack.h).
const (
	xtctState  = 1 << 0
	xtctProto  = 1 << 1
	xtctStatus = 1 << 6
	xtctOrig   = 1<<2 | 1<<3 // original source and destination
	xtctDir    = 1 << 12
	xtctAlias  = 1 << 13 // it was written as -m state

	xtStateSNAT      = 1 << 6
	xtStateDNAT      = 1 << 7
	xtStateUntracked = 1 << 8
)

func decodeXTConntrack(e *xtMatch, b *blob, rev int) {
	flags, inv := b.u16(146), b.u16(148)
	if flags&xtctAlias != 0 {
		e.name, flags = "state", flags&^xtctAlias
	}
	state, status := uint16(b.u8(150)), uint16(b.u8(151))
	if rev >= 2 {
		state, status = b.u16(150), b.u16(152)
	}
	e.args = ctArgs(flags, inv, state, status, rev)
	if e.name == "state" {
		e.args = append(bang(inv&xtctState != 0), "--state", xtStateList(state))
	}
	if rev < 1 || rev > 3 {
		return
	}
	e.why = "the connection's state or tuple"
	e.test = func(w *work) tri {
		t := yes
		if flags&xtctState != 0 {
			t = w.xtState(state).xor(inv&xtctState != 0)
		}
		if w.noConnection() {
			return t.and(triOf(flags&xtctState != 0))
		}
		if flags&xtctStatus != 0 {
			st := w.connStatus().value("").masked(host32(uint32(status)), nil)
			t = t.and(st.equal(host32(0)).not().xor(inv&xtctStatus != 0))
		}
		if flags&xtctDir != 0 {
			t = t.and(triOf(inv&xtctDir == 0))
		}
		if flags&xtctProto != 0 {
			t = t.and(triOf(b.u16(136) == protoTCP).xor(inv&xtctProto != 0))
		}
		if flags&^(xtctState|xtctStatus|xtctDir|xtctProto) != 0 {
			t = t.and(maybe)
		}
		return t
	}
}

func host32(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }

func (w *work) noConnection() bool { return w.untracked || w.base.beforeConntrack() }

// xtState says whether the connection's state is one of a mask of xt_conntrack.
func (w *work) xtState(mask uint16) tri {
	st := w.connState()
	if !st.isExact() {
		return maybe
	}
	bits := uint16(binary.NativeEndian.Uint32(st.bits))
	if bits == stateUntracked {
		bits = xtStateUntracked
	}
	if !w.noConnection() && w.snat {
		bits |= xtStateSNAT
	}
	if !w.noConnection() && w.dnat {
		bits |= xtStateDNAT
	}
	return triOf(mask&bits != 0)
}

// xtStates are the states by their bits, in the order of iptables-save.
var xtStates = []struct {
	bit  uint16
	name string
}{{1 << 0, "INVALID"}, {1 << 3, "NEW"}, {1 << 2, "RELATED"}, {1 << 1, "ESTABLISHED"}, {xtStateUntracked, "UNTRACKED"},
	{xtStateSNAT, "SNAT"}, {xtStateDNAT, "DNAT"}}

func xtStateList(bits uint16) string {
	var s []string
	for _, st := range xtStates {
		if bits&st.bit != 0 {
			s = append(s, st.name)
		}
	}
	return strings.Join(s, ",")
}

func ctArgs(flags, inv, state, status uint16, rev int) []string {
	var args []string
	if flags&xtctState != 0 {
		args = append(append(args, bang(inv&xtctState != 0)...), "--ctstate", xtStateList(state))
	}
	if flags&xtctStatus != 0 {
		args = append(append(args, bang(inv&xtctStatus != 0)...), "--ctstatus",
			bitNames(uint32(status), []string{"EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SNAT", "DNAT"}))
	}
	if flags&xtctDir != 0 {
		args = append(args, "--ctdir", pick(inv&xtctDir == 0, "ORIGINAL", "REPLY"))
	}
	if flags&^(xtctState|xtctStatus|xtctDir) != 0 {
		args = append(args, fmt.Sprintf("[other matches of conntrack revision %d]", rev))
	}
	return args
}

// bitNames lists the names of the bits set, as iptables-save orders them.
func bitNames(bits uint32, names []string) string {
	var s []string
	for i, n := range names {
		if bits&(1<<i) != 0 && n != "" {
			s = append(s, n)
		}
	}
	return strings.Join(s, ",")
}

func decodeXTState(e *xtMatch, b *blob) {
	mask := b.u32(0)
	untracked := mask & (1 << 6) // XT_STATE_UNTRACKED
	e.args = []string{"--state", xtStateList(uint16(mask&^untracked | untracked<<2))}
	e.test = func(w *work) tri {
		m := uint16(mask &^ untracked)
		if untracked != 0 {
			m |= xtStateUntracked
		}
		return w.xtState(m)
	}
}

func decodeXTMark(e *xtMatch, b *blob, rev int) {
	if rev != 1 {
		return
	}
	want, mask, invert := b.u32(0), b.u32(4), b.u8(8) != 0
	text := fmt.Sprintf("0x%x", want)
	if mask != ^uint32(0) {
		text += fmt.Sprintf("/0x%x", mask)
	}
	e.args = append(bang(invert), "--mark", text)
	e.why = "a mark"
	e.test = func(w *work) tri {
		m := w.mark
		if e.name == "connmark" {
			if m = w.ctMark; w.noConnection() {
				return no
			}
		}
		return m.value("").masked(host32(mask), nil).equal(host32(want)).xor(invert)
	}
}
