package probe

import (
	"net/netip"
	"testing"
)

// A SYN from 10.0.0.1:1025 to 10.0.0.2:80 with a TTL of 63, and an ICMP port
// unreachable back that quotes its first 28 bytes.
var (
	synPacket = []byte{
		0x45, 0, 0, 40, 0, 0, 0x40, 0, 63, protoTCP, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		4, 1, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, flagSYN, 0, 0, 0, 0, 0, 0,
	}
	icmpPacket = append([]byte{
		0x45, 0, 0, 56, 0, 0, 0, 0, 64, protoICMP, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1,
		icmpUnreachable, 3, 0, 0, 0, 0, 0, 0,
	}, synPacket[:28]...)
)

func TestDecodePacket(t *testing.T) {
	from, to := netip.MustParseAddrPort("10.0.0.1:1025"), netip.MustParseAddrPort("10.0.0.2:80")
	p, ok := decodePacket(synPacket)
	if !ok || p.source != from || p.destination != to || p.ttl != 63 || p.flags != flagSYN {
		t.Errorf("decodePacket(a SYN) = %+v, %v, want one from %s to %s", p, ok, from, to)
	}
	p, ok = decodePacket(icmpPacket)
	if !ok || p.quoted == nil || p.quoted.source != from || p.quoted.destination != to {
		t.Errorf("decodePacket(an ICMP error) = %+v, %v, want one that quotes the SYN", p, ok)
	}
	fragment := append([]byte{}, synPacket...)
	fragment[7] = 1
	echo := append([]byte{}, icmpPacket...)
	echo[20] = 8
	for name, b := range map[string][]byte{
		"nothing": nil, "a cut SYN": synPacket[:30], "a later fragment": fragment, "an echo request": echo, "another version": {0x50, 0, 0, 0},
	} {
		if p, ok := decodePacket(b); ok {
			t.Errorf("decodePacket(%s) = %+v, want it left out", name, p)
		}
	}
}

func FuzzDecodePacket(f *testing.F) {
	f.Add(synPacket)
	f.Add(icmpPacket)
	f.Add(append([]byte{0x60}, make([]byte, 80)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := decodePacket(b); ok && p.protocol == protoTCP && !p.source.IsValid() {
			t.Errorf("decodePacket(%x) = %+v without a source", b, p)
		}
	})
}
