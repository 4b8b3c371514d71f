package probe

import (
	"encoding/binary"
	"net/netip"
)

// TCP flags (RFC 9293, 3.1).
const (
	flagSYN = 0x02
	flagRST = 0x04
	flagACK = 0x10
)

const (
	protoICMP   = 1
	protoTCP    = 6
	protoICMPv6 = 58
)

// packet is what decides about a captured packet, from its network header on.
type packet struct {
	source, destination netip.AddrPort
	protocol            uint8 // tcp, icmp or icmpv6
	ttl                 uint8
	flags               uint8   // TCP's
	quoted              *packet // of an ICMP error: the packet that it is about
}

// decodePacket decodes an IPv4 or IPv6 packet that carries TCP or an ICMP
// error (RFC 791, 8200, 9293, 792, 4443); false for anything else. A quoted
// packet may be cut after the ports.
func decodePacket(b []byte) (packet, bool) { return decodeIP(b, false) }

func decodeIP(b []byte, quoted bool) (p packet, ok bool) {
	if len(b) < 1 {
		return p, false
	}
	var source, destination netip.Addr
	var payload []byte
	switch version := b[0] >> 4; {
	case version == 4 && len(b) >= 20:
		header := int(b[0]&0xf) * 4
		fragment := binary.BigEndian.Uint16(b[6:]) & 0x1fff
		if header < 20 || len(b) < header || fragment != 0 {
			return p, false
		}
		source, destination = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		p.ttl, p.protocol, payload = b[8], b[9], b[header:]
	case version == 6 && len(b) >= 40:
		source, destination = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		p.ttl, p.protocol, payload = b[7], b[6], b[40:]
	default:
		return p, false
	}
	p.source, p.destination = netip.AddrPortFrom(source, 0), netip.AddrPortFrom(destination, 0)
	switch {
	case p.protocol == protoTCP:
		return p.tcp(payload, quoted)
	case (p.protocol == protoICMP || p.protocol == protoICMPv6) && !quoted:
		return p.icmp(payload)
	}
	return p, false
}

func (p packet) tcp(segment []byte, quoted bool) (packet, bool) {
	if len(segment) < 4 || len(segment) < 14 && !quoted {
		return p, false
	}
	p.source = netip.AddrPortFrom(p.source.Addr(), binary.BigEndian.Uint16(segment))
	p.destination = netip.AddrPortFrom(p.destination.Addr(), binary.BigEndian.Uint16(segment[2:]))
	if len(segment) >= 14 {
		p.flags = segment[13]
	}
	return p, true
}

// icmp takes errors only: they quote the packet after eight bytes.
func (p packet) icmp(message []byte) (packet, bool) {
	if len(message) < 8 {
		return p, false
	}
	kind := message[0]
	isError := kind == icmpUnreachable || kind == icmpTimeExceeded
	if p.protocol == protoICMPv6 {
		isError = kind == icmp6Unreachable || kind == icmp6TimeExceed
	}
	if !isError {
		return p, false
	}
	quoted, ok := decodeIP(message[8:], true)
	p.quoted = &quoted
	return p, ok
}
