package probe

// RouteArgs are the arguments of net.route.
type RouteArgs struct {
	Destination string `json:"destination"`
}

// RouteFacts are the facts of net.route: RTM_GETROUTE for the destination
// (rtnetlink(7)), the route that matches, and the neighbour it leads to.
type RouteFacts struct {
	// Type is unicast, local, broadcast, blackhole, unreachable, prohibit,
	// throw, or none where no route matches.
	Type        *string `json:"type"`
	Prefix      *string `json:"prefix"` // the matching route's destination; default for 0/0
	Table       *int64  `json:"table"`
	Gateway     *string `json:"gateway"`
	OnLink      *bool   `json:"on_link"` // no gateway: the destination is a neighbour
	Interface   *string `json:"interface"`
	InterfaceUp *bool   `json:"interface_up"`
	Source      *string `json:"source"` // the address the kernel would choose
	Error       *string `json:"error"`  // the errno's name of the lookup
	// NextHop is the gateway, or the destination itself if on link; its
	// neighbour entry (NUD_*) follows.
	NextHop         *string `json:"next_hop"`
	Neighbour       *string `json:"neighbour"` // reachable, stale, delay, probe, incomplete, failed, permanent, noarp, none
	NeighbourMAC    *string `json:"neighbour_mac"`
	NeighbourFailed *bool   `json:"neighbour_failed"` // failed, or incomplete: nobody answers for the next hop
}
