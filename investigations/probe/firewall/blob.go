package firewall

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// blob reads fixed fields of a C struct in the host's byte order. Reading
// beyond its end gives zeros and sets short.
type blob struct {
	data  []byte
	short bool
}

func (b *blob) at(off, n int) []byte {
	if off < 0 || n < 0 || off+n > len(b.data) {
		b.short = true
		return make([]byte, max(n, 0))
	}
	return b.data[off : off+n]
}

func (b *blob) u8(off int) uint8   { return b.at(off, 1)[0] }
func (b *blob) u16(off int) uint16 { return binary.NativeEndian.Uint16(b.at(off, 2)) }
func (b *blob) u32(off int) uint32 { return binary.NativeEndian.Uint32(b.at(off, 4)) }
func (b *blob) u64(off int) uint64 { return binary.NativeEndian.Uint64(b.at(off, 8)) }

// be16 is a port in network order.
func (b *blob) be16(off int) uint16 { return binary.BigEndian.Uint16(b.at(off, 2)) }

// addr is a union nf_inet_addr.
func (b *blob) addr(off int, v6 bool) netip.Addr {
	return addrFrom(b.at(off, pick(v6, 16, 4)))
}

// str is a string of at most n bytes, up to its zero byte or the data's end.
func (b *blob) str(off, n int) string {
	if off < 0 || off >= len(b.data) {
		b.short = true
		return ""
	}
	s, _, _ := bytes.Cut(b.data[off:min(off+n, len(b.data))], []byte{0})
	return string(s)
}
