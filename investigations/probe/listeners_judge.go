package probe

import (
	"net/netip"
	"slices"
)

// Bindings: what the listeners on a port leave out.
const (
	bindTakes      = "takes"
	bindNone       = "none"
	bindLoopback   = "loopback"
	bindOtherIP    = "other-ip"
	bindIPv6Only   = "ipv6-only"
	bindIPv4Only   = "ipv4-only"
	bindOtherNetns = "other-netns"
)

// bound is where a listener is bound to, as far as that decides what it takes.
type bound struct {
	address netip.Addr
	v6only  bool
	onLo    bool // bound to the loopback interface (SO_BINDTODEVICE)
}

// takes says if a listener takes connections to an address. An IPv6 wildcard
// takes IPv4 too unless it is IPV6_V6ONLY (ipv6(7)).
func (b bound) takes(addr netip.Addr) bool {
	switch {
	case b.onLo && !addr.IsLoopback():
		return false
	case b.address == addr || b.address.Unmap() == addr:
		return true
	case b.address == netip.IPv4Unspecified():
		return addr.Is4()
	case b.address == netip.IPv6Unspecified():
		return addr.Is6() || !b.v6only
	}
	return false
}

// binding says what listeners on a port, of which none takes an address, leave
// out. A wildcard of the wrong family tells more than an address of its own.
func binding(list []bound, addr netip.Addr) string {
	wildcard := func(b bound) bool { return b.address.IsUnspecified() && !b.onLo }
	loopback := func(b bound) bool { return b.onLo || b.address.Unmap().IsLoopback() }
	switch {
	case len(list) == 0:
		return bindNone
	case slices.ContainsFunc(list, wildcard) && addr.Is4():
		return bindIPv6Only
	case slices.ContainsFunc(list, wildcard):
		return bindIPv4Only
	case !slices.ContainsFunc(list, func(b bound) bool { return !loopback(b) }) && !addr.IsLoopback():
		return bindLoopback
	}
	return bindOtherIP
}
