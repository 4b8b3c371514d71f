package firewall

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
)

// fieldKind is how a field's bytes read.
type fieldKind int8

const (
	kindNumber fieldKind = iota // big endian
	kindHost                    // a number in the host's order
	kindAddr
	kindName
	kindMark
	kindProto
	kindNFProto
	kindEther
	kindPkt
	kindCtState
	kindCtStatus
	kindCtDir
	kindTCPFlags
	kindAddrType
	kindBool
	kindMAC
	kindNetMark // a mark turned into network order, to compare its size
	kindIfindex
	kindLinkType
)

func (k fieldKind) isAddr() bool { return k == kindAddr }

func (k fieldKind) isBits() bool { return k == kindTCPFlags || k == kindCtState || k == kindCtStatus }

func (k fieldKind) swapped() fieldKind {
	switch k {
	case kindMark:
		return kindNetMark
	case kindHost:
		return kindNumber
	}
	return k
}

// changeText is what a mask and an xor do to a field: | for bits that are set,
// & for bits that are left.
func (k fieldKind) changeText(mask, xor []byte) string {
	or := len(xor) == len(mask)
	for i := range mask {
		or = or && mask[i] == ^xor[i]
	}
	switch {
	case or:
		return " | " + k.maskText(xor)
	case allZero(xor):
		return " & " + k.maskText(mask)
	}
	return " & " + k.maskText(mask) + " ^ " + k.maskText(xor)
}

// text is a value as nft prints it.
func (k fieldKind) text(b []byte) string {
	switch k {
	case kindAddr:
		if a, ok := netip.AddrFromSlice(b); ok {
			return a.String()
		}
	case kindName:
		return nameText(b)
	case kindMark:
		return fmt.Sprintf("0x%08x", hostNumber(b))
	case kindNetMark:
		return fmt.Sprintf("0x%08x", number(b))
	case kindLinkType:
		return lookupName(map[uint64]string{1: "ether", 772: "loopback"}, hostNumber(b))
	case kindProto:
		return lookupName(protoNames, number(b))
	case kindNFProto:
		return lookupName(map[uint64]string{nfprotoIPv4: "ipv4", nfprotoIPv6: "ipv6"}, number(b))
	case kindEther:
		return lookupName(map[uint64]string{etherIPv4: "ip", etherIPv6: "ip6", 0x0806: "arp", 0x8100: "vlan"}, number(b))
	case kindPkt:
		return lookupName(map[uint64]string{0: "unicast", 1: "broadcast", 2: "multicast", 3: "other"}, number(b))
	case kindCtDir:
		return lookupName(map[uint64]string{0: "original", 1: "reply"}, number(b))
	case kindBool:
		return pick(number(b) == 0, "missing", "exists")
	case kindAddrType:
		return strings.ToLower(at(addrTypeNames, uint32(hostNumber(b))))
	case kindCtState, kindCtStatus, kindTCPFlags:
		return k.maskText(b)
	case kindHost:
		return itoa(int64(hostNumber(b)))
	case kindMAC:
		return macText(b)
	}
	if len(b) > 8 {
		return fmt.Sprintf("0x%x", b)
	}
	return itoa(int64(number(b)))
}

// maskText is a set of bits as nft prints it.
func (k fieldKind) maskText(b []byte) string {
	switch k {
	case kindTCPFlags:
		return strings.ToLower(orElse(bitNames(uint32(number(b)), tcpFlagNames), "0x0"))
	case kindCtState:
		return orElse(bitNames(uint32(hostNumber(b)), []string{"invalid", "established", "related", "new", "", "", "untracked"}), "0x0")
	case kindCtStatus:
		return orElse(bitNames(uint32(hostNumber(b)), []string{"expected", "seen-reply", "assured", "confirmed", "snat", "dnat"}), "0x0")
	case kindMark, kindHost:
		return fmt.Sprintf("0x%08x", hostNumber(b))
	case kindAddr:
		return k.text(b)
	}
	return fmt.Sprintf("0x%x", b)
}

// prefixText is a value that covers only the first bytes of a field: a prefix
// of an address, or the beginning of a name.
func (k fieldKind) prefixText(b []byte, whole int) string {
	if k == kindAddr && len(b) < whole {
		full := make([]byte, whole)
		copy(full, b)
		return k.text(full) + "/" + itoa(int64(8*len(b)))
	}
	return k.text(b)
}

// nameText is an interface name; one that does not end is a beginning.
func nameText(b []byte) string {
	s, _, ended := strings.Cut(string(b), "\x00")
	if !ended && len(b) < 16 {
		s += "*"
	}
	return quote(s)
}

func macText(b []byte) string {
	var s []string
	for _, x := range b {
		s = append(s, fmt.Sprintf("%02x", x))
	}
	return strings.Join(s, ":")
}

var protoNames = map[uint64]string{1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 33: "dccp", 47: "gre", 50: "esp", 51: "ah",
	58: "ipv6-icmp", 132: "sctp", 136: "udplite"}

func lookupName(names map[uint64]string, n uint64) string {
	if s, ok := names[n]; ok {
		return s
	}
	return itoa(int64(n))
}

func number(b []byte) (n uint64) {
	for _, x := range b[:min(len(b), 8)] {
		n = n<<8 | uint64(x)
	}
	return n
}

func hostNumber(b []byte) uint64 {
	if len(b) == 4 {
		return uint64(binary.NativeEndian.Uint32(b))
	}
	if len(b) == 2 {
		return uint64(binary.NativeEndian.Uint16(b))
	}
	return number(b)
}

// prefixLen is the length of a mask of leading ones.
func prefixLen(mask []byte) (int, bool) {
	n := 0
	for i, m := range mask {
		ones := bits.LeadingZeros8(^m)
		n += ones
		if ones == 8 {
			continue
		}
		if m<<ones != 0 || strings.Trim(string(mask[i+1:]), "\x00") != "" {
			return 0, false
		}
		break
	}
	return n, true
}
