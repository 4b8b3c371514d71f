package investigations

import (
	"math"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// parseHostPort reads host:port or [v6]:port. A missing port is an error
// unless there is a default.
func parseHostPort(s string, port int) (string, int, error) {
	host, portText, hasPort, err := splitHostPort(s)
	if err != nil {
		return "", 0, err
	}
	if !hasPort && port == 0 && isPort(host) {
		return "", 0, &TargetError{"it is a port without a host", "write for example web.test:" + host}
	}
	host, err = parseHost(host, strings.HasPrefix(s, "["))
	if err != nil {
		return "", 0, err
	}
	if hasPort {
		port, err = parsePort(portText)
	} else if port == 0 {
		err = &TargetError{"the port is missing", "write it after the host: " + bracketed(host) + ":8080"}
	}
	return host, port, err
}

func isPort(s string) bool {
	_, err := parsePort(s)
	return err == nil
}

// splitHostPort cuts at the colon before the port. A bare IPv6 address is a
// host alone, for in ::1:80 nobody can tell.
func splitHostPort(s string) (host, port string, hasPort bool, err error) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		host, rest, closed := strings.Cut(inner, "]")
		if !closed || rest != "" && rest[0] != ':' {
			return "", "", false, &TargetError{"the brackets do not match", "write an IPv6 address so: [fd00::12]:8080"}
		}
		return host, strings.TrimPrefix(rest, ":"), rest != "", nil
	}
	if strings.Count(s, ":") > 1 {
		if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
			return "", "", false, &TargetError{"an IPv6 address needs brackets, and its port after them", "write [" + a.String() + "]:8080"}
		}
		return "", "", false, &TargetError{"there is more than one colon in it", howTo}
	}
	host, port, hasPort = strings.Cut(s, ":")
	return host, port, hasPort, nil
}

// parsePort takes 1 to 65535 in decimal digits.
func parsePort(s string) (int, error) {
	if s == "" || !allDigits(s) {
		return 0, &TargetError{"the port is not a number", "write the port as a number from 1 to 65535: web.test:8080"}
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > math.MaxUint16 {
		return 0, &TargetError{"there is no such port", "a port is a number from 1 to 65535"}
	}
	return n, nil
}

// parseHost gives an address its one spelling, and holds a name against the
// rules of host names.
func parseHost(s string, brackets bool) (string, error) {
	if brackets {
		a, err := netip.ParseAddr(s)
		if err != nil || !a.Is6() {
			return "", &TargetError{"what stands in the brackets is not an IPv6 address", "write it so: [fd00::12]:8080"}
		}
		if a.Zone() != "" {
			return "", &TargetError{"the address has a zone, which means something on one host only", "write an address that is not link-local"}
		}
		return a.Unmap().String(), nil
	}
	if !isASCII(s) {
		return "", notASCIIError(s)
	}
	if isNumeric(s) {
		a, ok := parseIPv4(s)
		if !ok {
			return "", &TargetError{"it looks like an IPv4 address and is none", "write four numbers from 0 to 255: 10.0.3.12:8080"}
		}
		return a.String(), nil
	}
	return parseName(s)
}

// parseName takes a host name (RFC 1123, 2.1), with underscores besides, which
// container networks use, and returns it in lower case without a final dot.
func parseName(s string) (string, error) {
	if !isASCII(s) {
		return "", notASCIIError(s)
	}
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if s == "" {
		return "", &TargetError{"the host is missing", howTo}
	}
	if len(s) > 253 {
		return "", &TargetError{"the host name is longer than 253 characters", howTo}
	}
	for label := range strings.SplitSeq(s, ".") {
		if !validLabel(label) {
			return "", &TargetError{"there can be no host of that name",
				"a name has letters, digits, hyphens and dots, and between two dots 1 to 63 characters: web-1.test:8080"}
		}
	}
	return s, nil
}

// notASCIIError shows how a name in other letters is written in DNS. It is not
// taken as it stands: letters of two alphabets that look alike are two names.
func notASCIIError(s string) error {
	hint := howTo
	if ascii, err := idna.Lookup.ToASCII(s); err == nil && isASCII(ascii) {
		hint = "in DNS that name is written " + ascii
	}
	return &TargetError{"the name has letters that are not ASCII", hint}
}

func validLabel(s string) bool {
	return s != "" && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-' &&
		allOf(s, func(c byte) bool { return isAlnum(c) || c == '_' || c == '-' })
}

// isNumeric reports whether a host can only be meant as an IPv4 address: its
// last label is a number (WHATWG URL, "ends in a number").
func isNumeric(s string) bool {
	s = strings.TrimSuffix(s, ".")
	last := s[strings.LastIndex(s, ".")+1:]
	if last != "" && allDigits(last) {
		return true
	}
	_, err := parseIPv4Part(last)
	return err == nil
}

// parseIPv4 reads the spellings of inet_aton(3): one to four parts, each
// decimal, octal after 0 or hexadecimal after 0x, the last one filling what is
// left of the 32 bits.
func parseIPv4(s string) (netip.Addr, bool) {
	parts := strings.Split(strings.TrimSuffix(s, "."), ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, part := range parts {
		n, err := parseIPv4Part(part)
		last := i == len(parts)-1
		if err != nil || !last && n > 255 || last && n >= 1<<(8*(5-len(parts))) {
			return netip.Addr{}, false
		}
		if last {
			sum += n
		} else {
			sum += n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}

func parseIPv4Part(s string) (uint64, error) {
	if hex, ok := cutFold(s, "0x"); ok {
		return strconv.ParseUint("0"+hex, 16, 32)
	}
	if len(s) > 1 && s[0] == '0' {
		return strconv.ParseUint(s, 8, 32)
	}
	return strconv.ParseUint(s, 10, 32)
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func allDigits(s string) bool {
	return allOf(s, func(c byte) bool { return c >= '0' && c <= '9' })
}

func isASCII(s string) bool { return allOf(s, func(c byte) bool { return c < 0x80 }) }

func allOf(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}
