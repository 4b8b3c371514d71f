package probe

import (
	"testing"
)

// icmpText is an ICMP error in short: its name and who sent it.
func icmpText(e *ICMP) string {
	if e == nil {
		return ""
	}
	text := *e.Name
	if e.From != nil {
		text += " " + *e.From
	}
	if e.FromEndpoint != nil && *e.FromEndpoint {
		text += " endpoint"
	}
	if e.FromSelf != nil && *e.FromSelf {
		text += " self"
	}
	return text
}

// TestConnectOutcomes holds the table of errno and error queue for everything
// that can answer a SYN at once, or forbid it.
func TestConnectOutcomes(t *testing.T) {
	w := newWorld(t)
	w.listen("be", listenOn{Address: "0.0.0.0:8080", Accept: true})
	w.listen("be", listenOn{Address: "127.0.0.1:8081", Accept: true})
	w.listen("be", listenOn{Address: "[::]:8082", V6Only: true, Accept: true})
	w.nft("be", "ip", `in tcp dport 9001 reject with tcp reset;in tcp dport 9002 reject;in tcp dport 9003 reject with icmp host-unreachable;`+
		`in tcp dport 9004 reject with icmp net-unreachable;in tcp dport 9005 reject with icmp prot-unreachable;`+
		`in tcp dport 9006 reject with icmp net-prohibited;in tcp dport 9007 reject with icmp host-prohibited;`+
		`in tcp dport 9008 reject with icmp admin-prohibited`)
	w.nft("be", "ip6", `in tcp dport 9001 reject with tcp reset;in tcp dport 9002 reject;in tcp dport 9003 reject with icmpv6 addr-unreachable;`+
		`in tcp dport 9004 reject with icmpv6 no-route;in tcp dport 9008 reject with icmpv6 admin-prohibited;in tcp dport 9009 reject with icmpv6 policy-fail`)
	w.nft("lb", "ip", `out tcp dport 9101 reject with tcp reset;out tcp dport 9102 reject;out tcp dport 9103 reject with icmp admin-prohibited`)
	w.nft("rtr", "ip", `through tcp dport 9201 reject with tcp reset;through tcp dport 9202 reject with icmp admin-prohibited`)
	w.do("rtr", "ip route add prohibit 10.91.30.1")
	w.do("rtr", "ip route add unreachable 10.91.30.2")
	for _, kind := range []string{"unreachable 10.91.40.1", "prohibit 10.91.40.2", "blackhole 10.91.40.3", "throw 10.91.40.4"} {
		w.do("lb", "ip route add "+kind)
	}

	const ok, no = "ECONNREFUSED", "EHOSTUNREACH"
	for _, c := range []struct {
		name, addr string
		port       int64
		errno      any
		icmp       string
		noPacket   bool
	}{
		{"accepts", beAddr, 8080, nil, "", false},
		{"accepts by v6", beAddr6, 8082, nil, "", false},
		{"closed", beAddr, 7000, ok, "", false},
		{"closed by v6", beAddr6, 7000, ok, "", false},
		{"bound to loopback", beAddr, 8081, ok, "", false},
		{"v6only by v4", beAddr, 8082, ok, "", false},
		{"v4 only by v6", beAddr6, 8080, ok, "", false},
		{"reject tcp-reset", beAddr, 9001, ok, "", false},
		{"reject", beAddr, 9002, ok, "port-unreachable 10.91.2.2 endpoint", false},
		{"reject host-unreachable", beAddr, 9003, no, "host-unreachable 10.91.2.2 endpoint", false},
		{"reject net-unreachable", beAddr, 9004, "ENETUNREACH", "net-unreachable 10.91.2.2 endpoint", false},
		{"reject prot-unreachable", beAddr, 9005, "ENOPROTOOPT", "proto-unreachable 10.91.2.2 endpoint", false},
		{"reject net-prohibited", beAddr, 9006, "ENETUNREACH", "net-prohibited 10.91.2.2 endpoint", false},
		{"reject host-prohibited", beAddr, 9007, no, "host-prohibited 10.91.2.2 endpoint", false},
		{"reject admin-prohibited", beAddr, 9008, no, "admin-prohibited 10.91.2.2 endpoint", false},
		{"v6 reject tcp-reset", beAddr6, 9001, ok, "", false},
		{"v6 reject", beAddr6, 9002, ok, "port-unreachable fd91:2::2 endpoint", false},
		{"v6 reject addr-unreachable", beAddr6, 9003, no, "addr-unreachable fd91:2::2 endpoint", false},
		{"v6 reject no-route", beAddr6, 9004, "ENETUNREACH", "no-route fd91:2::2 endpoint", false},
		{"v6 reject admin-prohibited", beAddr6, 9008, "EACCES", "admin-prohibited fd91:2::2 endpoint", false},
		{"v6 reject policy-fail", beAddr6, 9009, "EACCES", "policy-fail fd91:2::2 endpoint", false},
		{"own output tcp-reset", beAddr, 9101, ok, "", false},
		{"own output reject", beAddr, 9102, ok, "port-unreachable 10.91.1.2 self", false},
		{"own output admin-prohibited", beAddr, 9103, no, "admin-prohibited 10.91.1.2 self", false},
		{"router tcp-reset", beAddr, 9201, ok, "", false},
		{"router admin-prohibited", beAddr, 9202, no, "admin-prohibited 10.91.1.1", false},
		{"router's prohibit route", "10.91.30.1", 80, no, "admin-prohibited 10.91.1.1", false},
		{"router's unreachable route", "10.91.30.2", 80, no, "host-unreachable 10.91.1.1", false},
		{"unreachable route", "10.91.40.1", 80, no, "", true},
		{"prohibit route", "10.91.40.2", 80, "EACCES", "", true},
		{"blackhole route", "10.91.40.3", 80, "EINVAL", "", true},
		{"throw route", "10.91.40.4", 80, "ENETUNREACH", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.on(t)
			f := probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{c.addr}, Port: c.port, Attempts: 3})
			want(t, "errno", f.Errno, c.errno)
			if got := icmpText(f.ICMP); got != c.icmp {
				t.Errorf("icmp = %q, want %q", got, c.icmp)
			}
			want(t, "connected", f.Connected, c.errno == nil)
			want(t, "refused", f.Refused, c.errno == ok)
			want(t, "reset", f.Reset, c.errno == ok && c.icmp == "")
			want(t, "no_packet", f.NoPacket, c.noPacket)
			want(t, "timed_out", f.TimedOut, false)
			want(t, "own_address", f.OwnAddress, false)
			want(t, "kernel_reset", f.KernelReset, nil)
		})
	}
}

// TestConnectReset tells by its captured reset how far away who refused is.
func TestConnectReset(t *testing.T) {
	w := newWorld(t)
	w.nft("be", "ip", "in tcp dport 9001 reject with tcp reset")
	w.nft("rtr", "ip", "through tcp dport 9201 reject with tcp reset")
	w.nft("lb", "ip", "out tcp dport 9101 reject with tcp reset")
	for _, c := range []struct {
		name, addr string
		port, hops int64
		loopback   bool
	}{
		{"the backend's kernel", beAddr, 7000, 1, false},
		{"the backend's kernel by v6", beAddr6, 7000, 1, false},
		{"the backend's firewall", beAddr, 9001, 1, false},
		{"the router", beAddr, 9201, 0, false},
		{"the own firewall", beAddr, 9101, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.on(t)
			f := probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{c.addr}, Port: c.port})
			if f.RST == nil {
				t.Fatalf("rst is unset; not permitted: %v", value(f.NotPermitted))
			}
			want(t, "hops", f.RST.Hops, c.hops)
			want(t, "on_loopback", f.RST.OnLoopback, c.loopback)
		})
	}
}

// TestConnectSilence holds what takes its time: nothing comes back, or a
// neighbour does not answer.
func TestConnectSilence(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	w := newWorld(t)
	w.nft("be", "ip", "in tcp dport 9301 drop")
	w.nft("lb", "ip", "out tcp dport 9302 drop")
	for _, c := range []struct {
		name, addr string
		port       int64
		errno      string
		icmp       string
	}{
		{"drop", beAddr, 9301, "ETIMEDOUT", ""},
		{"own output drop", beAddr, 9302, "ETIMEDOUT", ""},
		{"no neighbour on the link", "10.91.1.77", 80, "EHOSTUNREACH", "host-unreachable 10.91.1.2 self"},
		{"no neighbour behind the router", "10.91.2.77", 80, "EHOSTUNREACH", "host-unreachable 10.91.1.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := w.on(t)
			f := probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{c.addr}, Port: c.port})
			want(t, "errno", f.Errno, c.errno)
			want(t, "timed_out", f.TimedOut, c.errno == timedOut)
			if got := icmpText(f.ICMP); got != c.icmp {
				t.Errorf("icmp = %q, want %q", got, c.icmp)
			}
			if c.icmp != "" && (f.ICMP == nil || *f.ICMP.TookMS < 2000) {
				t.Errorf("icmp = %+v, want one after about three seconds", f.ICMP)
			}
			if len(f.Attempts) != 2 {
				t.Errorf("%d attempts, want 2", len(f.Attempts))
			}
		})
	}
}
