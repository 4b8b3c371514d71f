package probe

import (
	"testing"
)

// TestWatchPaired holds what the backend's end of a paired check sees, for all
// who may answer.
func TestWatchPaired(t *testing.T) {
	w := newWorld(t)
	w.listen("be", listenOn{Address: "0.0.0.0:8080", Accept: true})
	w.listen("be", listenOn{Address: "[::]:8082", V6Only: true, Accept: true})
	w.nft("be", "ip", "in tcp dport 9001 reject with tcp reset;in tcp dport 9002 reject;in tcp dport 9003 drop")
	w.nft("be", "ip6", "in tcp dport 9001 reject with tcp reset;in tcp dport 9002 reject")
	w.nft("rtr", "ip", "through tcp dport 9201 reject with tcp reset")
	for i, c := range []struct {
		name, addr string
		port       int64
		seen       bool
		answer     any
		kernel     any
	}{
		{"accepts", beAddr, 8080, true, "syn-ack", nil},
		{"accepts by v6", beAddr6, 8082, true, "syn-ack", nil},
		{"closed", beAddr, 7000, true, "reset", true},
		{"closed by v6", beAddr6, 7000, true, "reset", true},
		{"reject tcp-reset", beAddr, 9001, true, "reset", false},
		{"reject tcp-reset by v6", beAddr6, 9001, true, "reset", false},
		{"reject", beAddr, 9002, true, "icmp", nil},
		{"reject by v6", beAddr6, 9002, true, "icmp", nil},
		{"drop", beAddr, 9003, true, "none", nil},
		{"the router's reset", beAddr, 9201, false, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.on(t)
			source := int64(42000 + i)
			watch := w.start("be", "tcp.watch", WatchArgs{Address: c.addr, Port: c.port, SourcePorts: []int64{source}})
			watch.armed()
			connect := probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{
				Addresses: []string{c.addr}, Port: c.port, SourcePorts: []int64{source}, Attempts: 1, TimeoutMS: 1500,
			})
			watch.finish()
			var f WatchFacts
			watch.facts(&f)

			want(t, "connect.ports_taken", connect.PortsTaken, false)
			want(t, "armed", f.Armed, true)
			want(t, "syn_seen", f.SYNSeen, c.seen)
			want(t, "answer", f.Answer, c.answer)
			want(t, "kernel_reset", f.KernelReset, c.kernel)
			if !c.seen {
				return
			}
			want(t, "interface", f.Interface, "eth0")
			want(t, "ttl", f.TTL, int64(63))
			if c.answer != "none" {
				want(t, "answer_ttl", f.AnswerTTL, int64(64))
			}
			if c.addr == beAddr {
				want(t, "from", f.From, lbAddr)
			} else {
				want(t, "from", f.From, lbAddr6)
			}
		})
	}
}

// TestWatchOtherConnection: a connection from another port is not the paired
// one.
func TestWatchOtherConnection(t *testing.T) {
	w := newWorld(t)
	watch := w.start("be", "tcp.watch", WatchArgs{Address: beAddr, Port: 7000, SourcePorts: []int64{42001}})
	watch.armed()
	probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{beAddr}, Port: 7000, SourcePorts: []int64{42002}, Attempts: 1})
	watch.finish()
	var f WatchFacts
	watch.facts(&f)
	want(t, "syn_seen", f.SYNSeen, false)
	want(t, "answer", f.Answer, nil)
	want(t, "resets_seen", f.ResetsSeen, int64(1))
	want(t, "out_rsts", f.OutRsts, int64(1))
}

// TestWatchDoubt: with a forged reset and one of the kernel's in one watch, the
// counters cannot tell which was which.
func TestWatchDoubt(t *testing.T) {
	w := newWorld(t)
	w.nft("be", "ip", "in tcp dport 9001 reject with tcp reset")
	watch := w.start("be", "tcp.watch", WatchArgs{Address: beAddr, Port: 9001, SourcePorts: []int64{42001}})
	watch.armed()
	for _, port := range []int64{9001, 7000} {
		probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{beAddr}, Port: port, SourcePorts: []int64{42001}, Attempts: 1})
	}
	watch.finish()
	var f WatchFacts
	watch.facts(&f)
	want(t, "answer", f.Answer, "reset")
	want(t, "kernel_reset", f.KernelReset, nil)
	want(t, "resets_seen", f.ResetsSeen, int64(2))
	want(t, "out_rsts", f.OutRsts, int64(1))
}
