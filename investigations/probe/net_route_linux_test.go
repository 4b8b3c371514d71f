package probe

import "testing"

func TestRoute(t *testing.T) {
	w := newWorld(t)
	w.do("lb", "ip route add blackhole 10.91.40.0/24")
	w.do("lb", "ip route add unreachable 10.91.41.0/24")
	w.do("lb", "ip route add prohibit 10.91.42.0/24")
	w.do("lb", "ip route add throw 10.91.43.0/24")
	w.do("lb", "ip route add 10.91.2.0/24 via 10.91.1.1")
	w.do("lb", "ip -6 route add blackhole fd91:40::/64")
	w.do("lb", "ip route del default")
	for _, c := range []struct {
		addr, kind               string
		prefix, err, gateway, ni any
	}{
		{beAddr, "unicast", "10.91.2.0/24", nil, "10.91.1.1", "eth0"},
		{rtrAddr, "unicast", "10.91.1.0/24", nil, nil, "eth0"},
		{beAddr6, "unicast", "default", nil, "fd91:1::1", "eth0"},
		{lbAddr, "local", "10.91.1.2/32", nil, nil, "lo"},
		{"10.91.40.1", "blackhole", "10.91.40.0/24", "EINVAL", nil, nil},
		{"10.91.41.1", "unreachable", "10.91.41.0/24", "EHOSTUNREACH", nil, nil},
		{"10.91.42.1", "prohibit", "10.91.42.0/24", "EACCES", nil, nil},
		{"10.91.43.1", "throw", "10.91.43.0/24", "ENETUNREACH", nil, nil},
		{"192.0.2.1", "none", nil, "ENETUNREACH", nil, nil},
		{"fd91:40::1", "blackhole", "fd91:40::/64", "EINVAL", nil, nil},
	} {
		t.Run(c.addr, func(t *testing.T) {
			w := w.on(t)
			f := probeOn[RouteFacts](w, "lb", "net.route", RouteArgs{Destination: c.addr})
			want(t, "type", f.Type, c.kind)
			want(t, "prefix", f.Prefix, c.prefix)
			want(t, "error", f.Error, c.err)
			want(t, "gateway", f.Gateway, c.gateway)
			want(t, "interface", f.Interface, c.ni)
		})
	}
}

// TestRouteNeighbour: the neighbour's state before it was needed, after, and
// when nobody answers for it.
func TestRouteNeighbour(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		addr   string
		failed bool
	}{{beAddr, false}, {"10.91.1.77", true}} {
		probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{c.addr}, Port: 7000, Attempts: 1})
		f := probeOn[RouteFacts](w, "lb", "net.route", RouteArgs{Destination: c.addr})
		want(t, c.addr+": neighbour_failed", f.NeighbourFailed, c.failed)
		want(t, c.addr+": interface_up", f.InterfaceUp, true)
		if c.failed {
			want(t, c.addr+": neighbour", f.Neighbour, "failed")
			want(t, c.addr+": next_hop", f.NextHop, c.addr)
			want(t, c.addr+": on_link", f.OnLink, true)
		} else {
			want(t, c.addr+": next_hop", f.NextHop, rtrAddr)
			want(t, c.addr+": source", f.Source, lbAddr)
		}
	}
	w.do("lb", "ip link set eth0 down")
	f := probeOn[RouteFacts](w, "lb", "net.route", RouteArgs{Destination: beAddr})
	want(t, "with its interface down: type", f.Type, "none")
}
