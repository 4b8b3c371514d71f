package firewall

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

// attrBytes is one netlink attribute.
func attrBytes(typ uint16, data []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(data)))
	b = append(binary.NativeEndian.AppendUint16(b, typ), data...)
	return append(b, make([]byte, (4-len(b)%4)%4)...)
}

func TestParseAttrs(t *testing.T) {
	b := append(attrBytes(1, []byte("abc\x00")), attrBytes(0x8002, []byte{0, 0, 0, 7})...)
	as, err := parseAttrs(b)
	if err != nil || as.str(1) != "abc" || as.u32(2) != 7 {
		t.Errorf("parseAttrs = %v, %v, want abc and 7", as, err)
	}
	for n := range b {
		if as, err := parseAttrs(b[:n]); n%8 != 0 && err == nil {
			t.Errorf("parseAttrs of %d bytes = %v, want an error", n, as)
		}
	}
}

func FuzzDecodeExpr(f *testing.F) {
	for _, name := range []string{"meta", "ct", "payload", "cmp", "range", "bitwise", "lookup", "immediate", "fib", "exthdr", "byteorder",
		"limit", "log", "objref", "dynset", "reject", "nat", "redir", "match", "target", "numgen", "hash"} {
		f.Add(name, append(attrBytes(1, []byte{0, 0, 0, 1}), attrBytes(2, []byte{0, 0, 0, 1})...))
		f.Add(name, append(attrBytes(1, attrBytes(1, []byte{0, 0, 0, 1})), attrBytes(4, []byte{0, 0, 0, 200})...))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		list := attrs{{1, append(attrBytes(unix.NFTA_EXPR_NAME, append([]byte(name), 0)), attrBytes(unix.NFTA_EXPR_DATA, data)...)}}
		exprs := decodeExprs(append(list, attr{1, data}), len(data)%2 == 0)
		load := &payload{baseNetwork, 12, 16, 1}
		c := chainOf("in", hookInput, 0, append([]expr{load}, exprs...), exprs)
		tb := tableOf("t", c)
		decideOn(syn(80), hookInput, tb)
		for _, r := range c.rules {
			_ = r.nftText()
			_ = r.iptablesText()
		}
	})
}
