package probe

import (
	"strings"
	"testing"
)

// TestUnprivileged: what a runner without privileges can tell is the same, and
// what it cannot tell is unset and says what it needs.
func TestUnprivileged(t *testing.T) {
	w := newWorld(t)
	w.listen("be", listenOn{Address: "127.0.0.1:8080"})
	w.nft("be", "ip", "in tcp dport 9002 reject")
	const nobody = "be@nobody"

	connect := probeOn[ConnectFacts](w, "lb@nobody", "tcp.connect", ConnectArgs{Addresses: []string{beAddr}, Port: 9002})
	if got := icmpText(connect.ICMP); got != "port-unreachable 10.91.2.2 endpoint" {
		t.Errorf("icmp = %q, want it known without privileges", got)
	}
	connect = probeOn[ConnectFacts](w, "lb@nobody", "tcp.connect", ConnectArgs{Addresses: []string{beAddr}, Port: 7000})
	want(t, "reset", connect.Reset, true)
	if connect.RST != nil || !needs(connect.NotPermitted, "CAP_NET_RAW") {
		t.Errorf("rst = %v, not_permitted = %v, want none and CAP_NET_RAW", connect.RST, value(connect.NotPermitted))
	}

	path := probeOn[PathFacts](w, "lb@nobody", "net.path", PathArgs{Address: beAddr, Port: 7000})
	want(t, "last_hop", path.LastHop, rtrAddr)

	l := probeOn[ListenersFacts](w, nobody, "socket.listeners", ListenersArgs{Address: beAddr, Port: 8080})
	want(t, "binding", l.Binding, "loopback")
	want(t, "list[0].pid", l.List[0].PID, nil)
	if !needs(l.NotPermitted, "CAP_SYS_PTRACE") {
		t.Errorf("not_permitted = %v, want CAP_SYS_PTRACE", value(l.NotPermitted))
	}
	l = probeOn[ListenersFacts](w, nobody, "socket.listeners", ListenersArgs{Address: beAddr, Port: 7000})
	want(t, "a port of nobody's: found", l.Found, nil)
	want(t, "complete", l.Complete, false)
	want(t, "binding", l.Binding, nil)
	l = probeOn[ListenersFacts](w, nobody, "socket.listeners", ListenersArgs{Address: "127.0.0.1", Port: 7000})
	want(t, "the same on loopback: found", l.Found, false)

	watch := w.start(nobody, "tcp.watch", WatchArgs{Address: beAddr, Port: 7000, SourcePorts: []int64{42001}})
	watch.armed()
	probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{beAddr}, Port: 7000, SourcePorts: []int64{42001}, Attempts: 1})
	watch.finish()
	var f WatchFacts
	watch.facts(&f)
	want(t, "syn_seen", f.SYNSeen, nil)
	want(t, "kernel_reset", f.KernelReset, nil)
	want(t, "out_rsts", f.OutRsts, int64(1))
	if !needs(f.NotPermitted, "CAP_NET_RAW") {
		t.Errorf("not_permitted = %v, want CAP_NET_RAW", value(f.NotPermitted))
	}
}

func needs(denied *string, capability string) bool {
	return denied != nil && strings.Contains(*denied, "needs "+capability)
}
