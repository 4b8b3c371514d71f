package agent

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

var errNoAddress = errors.New("not an address")

// loose reads an address in any spelling that some resolver takes for one: in a
// URL, with a port, in brackets, with a zone, with a dot at its end, and as
// inet_aton(3) does (127.1, 2130706433, 0x7f.1, 0177.0.0.1).
func loose(s string) (netip.Addr, error) {
	s = strings.TrimSpace(s)
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
		if i := strings.LastIndexByte(s, '@'); i >= 0 {
			s = s[i+1:]
		}
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	if ip, err := strict(s); err == nil {
		return ip, nil
	}
	host := s
	if h, _, err := net.SplitHostPort(s); err == nil {
		host = h
	}
	return aton(strings.TrimRight(host, "."))
}

// strict reads an address in its usual form, alone, in brackets, with a zone or
// with a port.
func strict(s string) (netip.Addr, error) {
	if h, _, err := net.SplitHostPort(s); err == nil {
		s = h
	}
	s = strings.TrimRight(strings.Trim(s, "[]"), ".")
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, errNoAddress
	}
	return ip, nil
}

// aton reads an IPv4 address as inet_aton(3) does: one to four parts, decimal,
// octal or hexadecimal, the last one filling what is left.
func aton(s string) (netip.Addr, error) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, errNoAddress
	}
	var ip uint64
	for i, part := range parts {
		if strings.ContainsAny(part, "+-_oO") || strings.HasPrefix(strings.ToLower(part), "0b") {
			return netip.Addr{}, errNoAddress // ParseUint would take 0b1, 0o7 and 1_0
		}
		n, err := strconv.ParseUint(part, 0, 32)
		if err != nil {
			return netip.Addr{}, errNoAddress
		}
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (5 - len(parts))
		}
		if n >= 1<<bits {
			return netip.Addr{}, errNoAddress
		}
		ip = ip<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}), nil
}

// embedded returns the IPv4 addresses to which a packet for an IPv6 address may
// be carried on: NAT64 (RFC 6052, 8215), 6to4 (RFC 3056), Teredo (RFC 4380),
// ISATAP (RFC 5214), and the IPv4-compatible, -translated form (RFC 4291, 2765).
func embedded(ip netip.Addr) []netip.Addr {
	if !ip.Is6() {
		return nil
	}
	b := ip.As16()
	v4 := func(i int) netip.Addr { return netip.AddrFrom4([4]byte(b[i : i+4])) }
	switch {
	case in("64:ff9b::/96", ip), in("64:ff9b:1::/48", ip), in("::/96", ip) && !ip.IsLoopback() && !ip.IsUnspecified(), in("::ffff:0:0:0/96", ip):
		return []netip.Addr{v4(12)}
	case in("2002::/16", ip):
		return []netip.Addr{v4(2)}
	case in("2001::/32", ip):
		for i := 12; i < 16; i++ {
			b[i] = ^b[i]
		}
		return []netip.Addr{v4(4), v4(12)}
	case b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe:
		return []netip.Addr{v4(12)}
	}
	return nil
}

func in(prefix string, ip netip.Addr) bool { return netip.MustParsePrefix(prefix).Contains(ip) }
