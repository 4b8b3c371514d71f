package probe

import (
	"strings"
	"testing"
)

func TestPath(t *testing.T) {
	w := newWorld(t)
	w.listen("be", listenOn{Address: "0.0.0.0:8080", Accept: true})
	w.listen("be", listenOn{Address: "[::]:8082", V6Only: true, Accept: true})
	w.nft("be", "ip", "in tcp dport 9002 reject;in tcp dport 9003 drop")
	w.nft("rtr", "ip", "through tcp dport 9201 reject with icmp admin-prohibited;through tcp dport 9202 reject with tcp reset")
	for _, c := range []struct {
		name, addr string
		port       int64
		hops       string // of each, who and what
		reached    bool
		length     int64
		answer     string
		lastHop    any
	}{
		{"accepts", beAddr, 8080, "10.91.1.1 ttl-exceeded, 10.91.2.2 connected", true, 2, "connected", "10.91.1.1"},
		{"accepts by v6", beAddr6, 8082, "fd91:1::1 ttl-exceeded, fd91:2::2 connected", true, 2, "connected", "fd91:1::1"},
		{"closed", beAddr, 7000, "10.91.1.1 ttl-exceeded, - reset", true, 2, "reset", "10.91.1.1"},
		{"reject", beAddr, 9002, "10.91.1.1 ttl-exceeded, 10.91.2.2 port-unreachable", true, 2, "icmp", "10.91.1.1"},
		{"drop", beAddr, 9003, "10.91.1.1 ttl-exceeded, - none, - none, - none", false, 1, "none", "10.91.1.1"},
		{"router prohibits", beAddr, 9201, "10.91.1.1 ttl-exceeded, 10.91.1.1 admin-prohibited", false, 2, "icmp", "10.91.1.1"},
		{"router resets", beAddr, 9202, "10.91.1.1 ttl-exceeded, - reset", true, 2, "reset", "10.91.1.1"},
		{"no neighbour behind the router", "10.91.2.77", 80, "10.91.1.1 ttl-exceeded, 10.91.1.1 host-unreachable", false, 2, "icmp", "10.91.1.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.on(t)
			f := probeOn[PathFacts](w, "lb", "net.path", PathArgs{Address: c.addr, Port: c.port})
			var hops []string
			for _, h := range f.Hops {
				who := "-"
				if h.Address != nil {
					who = *h.Address
				}
				hops = append(hops, who+" "+*h.Answer)
			}
			if got := strings.Join(hops, ", "); got != c.hops {
				t.Errorf("hops = %q, want %q", got, c.hops)
			}
			want(t, "reached", f.Reached, c.reached)
			want(t, "length", f.Length, c.length)
			want(t, "answer", f.Answer, c.answer)
			want(t, "last_hop", f.LastHop, c.lastHop)
		})
	}
}
