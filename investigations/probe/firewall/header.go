package firewall

// header builds a header byte by byte with what is known of it.
type header struct{ value }

func newHeader(n int) *header { return &header{unknown(n, "a header field of the SYN")} }

func (h *header) set(off int, v value) {
	copy(h.bits[off:], v.bits)
	copy(h.known[off:], v.known)
	if v.lo != nil {
		clear(h.known[off : off+len(v.bits)])
	}
}

func (h *header) setBits(off int, bits, known byte) {
	h.bits[off], h.known[off] = bits, known
}

// networkHeader is the IP header of a SYN (RFC 791, RFC 8200): no options, no
// fragment; what the sender and the way choose (tos, length, id, ttl) is open.
func (p *packet) networkHeader() value {
	if p.v6() {
		h := newHeader(40)
		h.setBits(0, 0x60, 0xf0)
		h.set(6, exact(protoTCP))
		h.set(8, p.saddr())
		h.set(24, p.daddr())
		return h.value
	}
	h := newHeader(20)
	h.set(0, exact(0x45))
	h.setBits(6, 0, 0x3f)
	h.set(7, exact(0))
	h.set(9, exact(protoTCP))
	h.set(12, p.saddr())
	h.set(16, p.daddr())
	return h.value
}

// transportHeader is the TCP header of a first SYN (RFC 9293); whether it asks
// for ECN (RFC 3168) is the sender's choice.
func (p *packet) transportHeader() value {
	h := newHeader(20)
	h.set(0, p.sport())
	h.set(2, p.dportValue())
	h.set(8, exact(0, 0, 0, 0))
	h.setBits(12, 0, 0x0e)
	h.setBits(13, tcpSYN, 0x3f)
	h.set(18, exact(0, 0))
	return h.value
}

const (
	protoTCP = 6
	tcpSYN   = 0x02
)
