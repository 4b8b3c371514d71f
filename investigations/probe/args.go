package probe

import (
	"fmt"
	"net/netip"
	"time"
)

// parseAddress reads an IP address; a v4-mapped one becomes the IPv4 address
// that it stands for.
func parseAddress(s string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, fmt.Errorf("%.64q is not an IP address", s)
	}
	return addr.Unmap(), nil
}

// parsePort reads a TCP port.
func parsePort(n int64) (uint16, error) {
	if n < 1 || n > 65535 {
		return 0, fmt.Errorf("%d is not a port: 1 to 65535", n)
	}
	return uint16(n), nil
}

// within is n inside its bounds, or what it is unless given.
func within(n, unlessGiven, low, high int64) int64 {
	if n == 0 {
		return unlessGiven
	}
	return min(max(n, low), high)
}

// milliseconds are how facts tell a duration.
func milliseconds(d time.Duration) *float64 {
	return new(float64(d.Microseconds()) / 1000)
}
