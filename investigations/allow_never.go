package investigations

import "net/netip"

// metadata are addresses at which clouds give a machine its secrets, as far as
// link-local does not cover them: AWS over IPv6, GCP over IPv6, Alibaba, Azure's
// wire server, Oracle.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),
	netip.MustParseAddr("fd20:ce::254"),
	netip.MustParseAddr("100.100.100.200"),
	netip.MustParseAddr("168.63.129.16"),
	netip.MustParseAddr("192.0.0.192"),
}

var (
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8") // RFC 1122, 3.2.1.3; Linux connects 0.0.0.0 to itself
	broadcast   = netip.AddrFrom4([4]byte{255, 255, 255, 255})
)

// NeverAllowed returns a *NotAllowedError for the addresses that nobody may
// diagnose whatever a list says: unspecified, link-local, multicast, broadcast
// and cloud metadata, also where an IPv6 address carries such an IPv4 one.
func NeverAllowed(addr netip.Addr) error {
	addr = addr.WithZone("")
	for _, a := range append(embedded(addr), addr.Unmap()) {
		if why := neverWhy(a); why != "" {
			return &NotAllowedError{addr.Unmap().String(), why + " and never diagnosed"}
		}
	}
	return nil
}

func neverWhy(a netip.Addr) string {
	for _, m := range metadata {
		if a == m {
			return "is a cloud's metadata address"
		}
	}
	switch {
	case !a.IsValid():
		return "is not an address"
	case a.IsUnspecified() || thisNetwork.Contains(a):
		return "is an unspecified address"
	case a.IsLinkLocalUnicast():
		return "is a link-local address"
	case a.IsMulticast():
		return "is a multicast address"
	case a == broadcast:
		return "is the broadcast address"
	}
	return ""
}

// carriers are the IPv6 prefixes whose addresses carry an IPv4 address, and at
// which byte.
var carriers = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},    // NAT64, RFC 6052
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12},  // NAT64 of a network's own, RFC 8215, by its /96 form
	{netip.MustParsePrefix("2002::/16"), 2},        // 6to4, RFC 3056
	{netip.MustParsePrefix("2001::/32"), 4},        // Teredo's server, RFC 4380
	{netip.MustParsePrefix("::/96"), 12},           // IPv4-compatible, RFC 4291, 2.5.5.1
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, // IPv4-translated, RFC 2765
}

// embedded returns the IPv4 addresses that an IPv6 address carries.
func embedded(a netip.Addr) []netip.Addr {
	if !a.Is6() || a.Is4In6() || a == netip.IPv6Loopback() || a.IsUnspecified() {
		return nil
	}
	b := a.As16()
	var out []netip.Addr
	for _, c := range carriers {
		if c.prefix.Contains(a) {
			out = append(out, netip.AddrFrom4([4]byte(b[c.at:c.at+4])))
		}
	}
	if isISATAP(b) {
		out = append(out, netip.AddrFrom4([4]byte(b[12:16])))
	}
	if b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0 { // Teredo's client, each bit inverted
		out = append(out, netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}))
	}
	return out
}

// isISATAP reports an interface identifier of the form [02]00:5efe:a.b.c.d
// (RFC 5214, 6.1).
func isISATAP(b [16]byte) bool {
	return b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}
