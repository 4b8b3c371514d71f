package firewall

import (
	"bytes"
	"encoding/binary"
)

// value is a field of the packet of which some bits may be unknown, or of
// which only a range is known. Bytes are in the order the kernel keeps them in.
type value struct {
	bits   []byte
	known  []byte // mask: which bits are known
	lo, hi []byte // bounds, in place of the mask, if set
	what   string // what is unknown, for a reader
}

func exact(b ...byte) value {
	return value{bits: b, known: bytes.Repeat([]byte{0xff}, len(b))}
}

func unknown(n int, what string) value {
	return value{bits: make([]byte, n), known: make([]byte, n), what: what}
}

func exactU16(v uint16) value { return exact(binary.BigEndian.AppendUint16(nil, v)...) }

// exactHost32 is a number in the host's byte order: marks, interface indexes.
func exactHost32(v uint32) value { return exact(binary.NativeEndian.AppendUint32(nil, v)...) }

// exactName is an interface name as the kernel compares it: 16 bytes, padded.
func exactName(s string) value {
	b := make([]byte, 16)
	copy(b[:15], s)
	return exact(b...)
}

func (v value) isExact() bool {
	for _, k := range v.known {
		if k != 0xff {
			return false
		}
	}
	return v.lo == nil || bytes.Equal(v.lo, v.hi)
}

func (v value) min() []byte {
	if v.lo != nil {
		return v.lo
	}
	b := make([]byte, len(v.bits))
	for i := range b {
		b[i] = v.bits[i] & v.known[i]
	}
	return b
}

func (v value) max() []byte {
	if v.hi != nil {
		return v.hi
	}
	b := make([]byte, len(v.bits))
	for i := range b {
		b[i] = v.bits[i]&v.known[i] | ^v.known[i]
	}
	return b
}

// equal compares the first len(d) bytes, as memcmp does.
func (v value) equal(d []byte) tri {
	v = v.part(0, len(d))
	if v.lo != nil {
		return v.between(d, d)
	}
	for i := range d {
		if (v.bits[i]^d[i])&v.known[i] != 0 {
			return no
		}
	}
	if v.isExact() {
		return yes
	}
	return maybe
}

// between says whether lo <= v <= hi, as byte strings.
func (v value) between(lo, hi []byte) tri {
	vmin, vmax := v.part(0, len(lo)).min(), v.part(0, len(lo)).max()
	switch {
	case bytes.Compare(vmax, lo) < 0 || bytes.Compare(vmin, hi) > 0:
		return no
	case bytes.Compare(vmin, lo) >= 0 && bytes.Compare(vmax, hi) <= 0:
		return yes
	}
	if bytes.Equal(lo, hi) && v.lo == nil {
		return v.equal(lo)
	}
	return maybe
}

// below says whether v < d.
func (v value) below(d []byte) tri {
	v = v.part(0, len(d))
	switch {
	case bytes.Compare(v.max(), d) < 0:
		return yes
	case bytes.Compare(v.min(), d) >= 0:
		return no
	}
	return maybe
}

// part is n bytes from an offset; beyond the end they are zero, as in a
// register. Bounds survive only if the part is the whole.
func (v value) part(off, n int) value {
	if off == 0 && n == len(v.bits) {
		return v
	}
	p := value{bits: make([]byte, n), known: bytes.Repeat([]byte{0xff}, n), what: v.what}
	if off < len(v.bits) {
		copy(p.bits, v.bits[off:])
		copy(p.known, v.known[off:])
	}
	return p
}

// masked is (v & mask) ^ xor; a bit masked away is known.
func (v value) masked(mask, xor []byte) value {
	n := len(mask)
	v = v.part(0, n)
	if v.lo != nil && !v.isExact() {
		v = unknown(n, v.what)
	}
	r := value{bits: make([]byte, n), known: make([]byte, n), what: v.what}
	for i := range n {
		r.bits[i] = v.bits[i] & mask[i] & v.known[i]
		r.known[i] = v.known[i] | ^mask[i]
		if i < len(xor) {
			r.bits[i] ^= xor[i] & r.known[i]
		}
	}
	return r
}

// either is what is known if it is v or w.
func (v value) either(w value) value {
	n := max(len(v.bits), len(w.bits))
	v, w = v.part(0, n), w.part(0, n)
	r := value{bits: make([]byte, n), known: make([]byte, n), what: v.what}
	for i := range n {
		r.known[i] = v.known[i] & w.known[i] & ^(v.bits[i] ^ w.bits[i])
		r.bits[i] = v.bits[i] & r.known[i]
	}
	return r
}
