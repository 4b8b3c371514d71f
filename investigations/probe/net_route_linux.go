package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// NetRoute asks the kernel which route a packet to the destination takes, and
// what is known of the neighbour that it leads to.
func NetRoute(ctx context.Context, args RouteArgs) (RouteFacts, error) {
	addr, err := parseAddress(args.Destination)
	if err != nil {
		return RouteFacts{}, fmt.Errorf("net.route: %w", err)
	}
	f := RouteFacts{}
	f.match(addr)
	route, err := getRoute(addr, false)
	var errno unix.Errno
	switch {
	case errors.As(err, &errno):
		f.Error = new(errnoName(errno))
		if f.Type == nil {
			f.Type = routeTypeOf(errno)
		}
		return f, nil
	case err != nil:
		return f, fmt.Errorf("net.route: %w", err)
	}
	f.resolved(addr, route)
	return f, nil
}

// getRoute looks a route up: the one in force for a packet, or the entry of the
// table that matches (RTM_F_FIB_MATCH).
func getRoute(addr netip.Addr, entry bool) (netlink.Route, error) {
	routes, err := netlink.RouteGetWithOptions(addr.AsSlice(), &netlink.RouteGetOptions{FIBMatch: entry})
	if err != nil {
		return netlink.Route{}, err
	}
	if len(routes) == 0 {
		return netlink.Route{}, errors.New("the kernel answered without a route")
	}
	return routes[0], nil
}

// match tells the entry of the routing table that matches. Types that forward
// nothing fail the lookup with an errno and show no entry: they are found in
// the tables.
func (f *RouteFacts) match(addr netip.Addr) {
	route, err := getRoute(addr, true)
	if err != nil {
		var ok bool
		if route, ok = matchTables(addr); !ok {
			return
		}
	}
	f.Type = new(routeType(route.Type))
	f.Table = new(int64(route.Table))
	f.Prefix = new("default")
	if route.Dst != nil {
		if ones, _ := route.Dst.Mask.Size(); ones > 0 {
			f.Prefix = new(route.Dst.String())
		}
	}
}

// matchTables finds the entry that matches best, in the main and the local
// table: those that a host without rules of its own uses.
func matchTables(addr netip.Addr) (best netlink.Route, ok bool) {
	family := netlink.FAMILY_V6
	if addr.Is4() {
		family = netlink.FAMILY_V4
	}
	longest, metric := -1, 0
	for _, table := range []int{unix.RT_TABLE_LOCAL, unix.RT_TABLE_MAIN, unix.RT_TABLE_DEFAULT} {
		filter := &netlink.Route{Table: table}
		routes, err := netlink.RouteListFiltered(family, filter, netlink.RT_FILTER_TABLE)
		if err != nil {
			return best, false
		}
		for _, r := range routes {
			ones := 0
			if r.Dst != nil {
				if !r.Dst.Contains(addr.AsSlice()) {
					continue
				}
				ones, _ = r.Dst.Mask.Size()
			}
			if ones > longest || ones == longest && r.Priority < metric {
				best, longest, metric, ok = r, ones, r.Priority, true
			}
		}
		if ok {
			return best, true
		}
	}
	return best, false
}

// resolved tells the route in force and its neighbour.
func (f *RouteFacts) resolved(addr netip.Addr, route netlink.Route) {
	if f.Type == nil {
		f.Type = new(routeType(route.Type))
	}
	if route.Src != nil {
		f.Source = new(route.Src.String())
	}
	next := addr
	f.OnLink = new(len(route.Gw) == 0 && route.Via == nil)
	if gateway, ok := gatewayOf(route); ok {
		next = gateway
		f.Gateway = new(gateway.String())
	}
	link, err := net.InterfaceByIndex(route.LinkIndex)
	if err != nil {
		return
	}
	f.Interface = new(link.Name)
	f.InterfaceUp = new(link.Flags&net.FlagUp != 0 && link.Flags&net.FlagRunning != 0)
	if route.Type == unix.RTN_UNICAST && link.Flags&net.FlagLoopback == 0 {
		f.NextHop = new(next.String())
		f.neighbour(next, route.LinkIndex)
	}
}

// gatewayOf is a route's gateway, of its own family or another's (RTA_VIA).
func gatewayOf(route netlink.Route) (netip.Addr, bool) {
	ip := route.Gw
	if via, ok := route.Via.(*netlink.Via); ok && len(ip) == 0 {
		ip = via.Addr
	}
	addr, ok := netip.AddrFromSlice(ip)
	return addr.Unmap(), ok
}

// neighbour tells the entry of the neighbour table.
func (f *RouteFacts) neighbour(next netip.Addr, index int) {
	family := netlink.FAMILY_V6
	if next.Is4() {
		family = netlink.FAMILY_V4
	}
	entries, err := netlink.NeighList(index, family)
	if err != nil {
		return
	}
	f.Neighbour, f.NeighbourFailed = new("none"), new(false)
	for _, n := range entries {
		if addr, ok := netip.AddrFromSlice(n.IP); !ok || addr.Unmap() != next {
			continue
		}
		f.Neighbour = new(neighbourState(n.State))
		f.NeighbourFailed = new(n.State&(netlink.NUD_FAILED|netlink.NUD_INCOMPLETE) != 0)
		if len(n.HardwareAddr) > 0 {
			f.NeighbourMAC = new(n.HardwareAddr.String())
		}
	}
}

// neighbourState names a NUD_* state (rtnetlink(7)).
func neighbourState(state int) string {
	for _, s := range []struct {
		bit  int
		name string
	}{
		{netlink.NUD_INCOMPLETE, "incomplete"}, {netlink.NUD_REACHABLE, "reachable"}, {netlink.NUD_STALE, "stale"},
		{netlink.NUD_DELAY, "delay"}, {netlink.NUD_PROBE, "probe"}, {netlink.NUD_FAILED, "failed"},
		{netlink.NUD_NOARP, "noarp"}, {netlink.NUD_PERMANENT, "permanent"},
	} {
		if state&s.bit != 0 {
			return s.name
		}
	}
	return "none"
}

// routeType names an RTN_* type.
func routeType(t int) string {
	switch t {
	case unix.RTN_UNICAST:
		return "unicast"
	case unix.RTN_LOCAL:
		return "local"
	case unix.RTN_BROADCAST, unix.RTN_ANYCAST:
		return "broadcast"
	case unix.RTN_MULTICAST:
		return "multicast"
	case unix.RTN_BLACKHOLE:
		return "blackhole"
	case unix.RTN_UNREACHABLE:
		return "unreachable"
	case unix.RTN_PROHIBIT:
		return "prohibit"
	case unix.RTN_THROW:
		return "throw"
	}
	return "none"
}

// routeTypeOf is the type that a failed lookup's errno stands for
// (fib_props in net/ipv4/fib_semantics.c), where no entry was found: a policy
// rule may have the same effect.
func routeTypeOf(errno unix.Errno) *string {
	if errno == unix.ENETUNREACH {
		return new("none")
	}
	return nil
}
