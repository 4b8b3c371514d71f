package firewall

import (
	"encoding/binary"
	"errors"
	"strings"
)

var errShort = errors.New("message is cut short")

// attr is one netlink attribute (RFC 3549, section 2.3.2).
type attr struct {
	typ  uint16
	data []byte
}

// attrs are the attributes of a message or of a nested attribute.
type attrs []attr

const attrTypeMask = 0x3fff // without NLA_F_NESTED and NLA_F_NET_BYTEORDER

// parseAttrs splits attributes; lengths are checked, data is not copied.
func parseAttrs(b []byte) (attrs, error) {
	var out attrs
	for len(b) >= 4 {
		n := int(binary.NativeEndian.Uint16(b))
		if n < 4 || n > len(b) {
			return out, errShort
		}
		out = append(out, attr{binary.NativeEndian.Uint16(b[2:]) & attrTypeMask, b[4:n]})
		b = b[min((n+3)&^3, len(b)):]
	}
	if len(b) != 0 {
		return out, errShort
	}
	return out, nil
}

func (as attrs) get(typ uint16) []byte {
	for _, a := range as {
		if a.typ == typ {
			return a.data
		}
	}
	return nil
}

func (as attrs) has(typ uint16) bool {
	for _, a := range as {
		if a.typ == typ {
			return true
		}
	}
	return false
}

// u32 is a number in network byte order, as nftables sends all of its own.
func (as attrs) u32(typ uint16) uint32 {
	if b := as.get(typ); len(b) >= 4 {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (as attrs) u64(typ uint16) uint64 {
	if b := as.get(typ); len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (as attrs) u8(typ uint16) uint8 {
	if b := as.get(typ); len(b) >= 1 {
		return b[0]
	}
	return 0
}

func (as attrs) str(typ uint16) string {
	s, _, _ := strings.Cut(string(as.get(typ)), "\x00")
	return s
}

// nested are the attributes inside one; broken ones are as if absent.
func (as attrs) nested(typ uint16) attrs {
	n, _ := parseAttrs(as.get(typ))
	return n
}
