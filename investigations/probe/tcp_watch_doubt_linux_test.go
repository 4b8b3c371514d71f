package probe

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// TestWatchForwarded: a reset that another host sent, to which NAT led the
// connection, is no reset of this host's kernel, however busy its counters are.
func TestWatchForwarded(t *testing.T) {
	w := newWorld(t)
	w.do("be", "sysctl -qw net.ipv4.ip_forward=1")
	w.command("ip", "netns", "exec", w.prefix+"be", "nft", `table ip nat {
		chain in { type nat hook prerouting priority -100; tcp dport 9100 dnat to 10.91.2.1:7; }
		chain out { type nat hook postrouting priority 100; ip daddr 10.91.2.1 masquerade; }
	}`)
	for port, forwarded := range map[int64]bool{9100: true, 9101: false} {
		watch := w.start("be", "tcp.watch", WatchArgs{Address: beAddr, Port: port, SourcePorts: []int64{42001}})
		watch.armed()
		connect := probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{beAddr}, Port: port, SourcePorts: []int64{42001}, Attempts: 1})
		watch.finish()
		var f WatchFacts
		watch.facts(&f)
		want(t, "connect.reset", connect.Reset, true)
		want(t, "answer", f.Answer, "reset")
		want(t, "forwarded", f.Forwarded, forwarded)
		want(t, "kernel_reset", f.KernelReset, !forwarded)
	}
}

// TestWatchBehindXDP: a SYN that an XDP program took first was perhaps here.
func TestWatchBehindXDP(t *testing.T) {
	w := newWorld(t)
	w.dropXDP("be", "eth0")
	watch := w.start("be", "tcp.watch", WatchArgs{Address: beAddr, Port: 8080, SourcePorts: []int64{42001}})
	watch.armed()
	connect := probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{beAddr}, Port: 8080, SourcePorts: []int64{42001}, Attempts: 1, TimeoutMS: 500})
	watch.finish()
	var f WatchFacts
	watch.facts(&f)
	want(t, "connect.timed_out", connect.TimedOut, true)
	want(t, "armed", f.Armed, true)
	want(t, "syn_seen", f.SYNSeen, nil)
	if f.NotPermitted == nil || !strings.Contains(*f.NotPermitted, "an XDP program on eth0") {
		t.Errorf("not_permitted = %v, want the XDP program", value(f.NotPermitted))
	}
}

// dropXDP has a host's interface drop all that comes in, before the kernel's
// own eyes.
func (w *world) dropXDP(host, link string) {
	w.t.Helper()
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is thrown away
		failed <- dropXDP("/run/netns/"+w.prefix+host, link)
	}()
	if err := <-failed; err != nil {
		w.t.Skipf("attach an XDP program: %v", err)
	}
}

func dropXDP(namespace, name string) error {
	const drop = 1 // enum xdp_action
	ns, err := os.Open(namespace)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	code := [...]uint64{0xb7 | drop<<32, 0x95} // r0 = drop; exit
	license := [...]byte{'G', 'P', 'L', 0}
	load := struct { // union bpf_attr, load
		kind, count   uint32
		code, license unsafe.Pointer
		_             [104]byte
	}{kind: unix.BPF_PROG_TYPE_XDP, count: uint32(len(code)), code: unsafe.Pointer(&code), license: unsafe.Pointer(&license)}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&load)), unsafe.Sizeof(load))
	if errno != 0 {
		return errno
	}
	defer unix.Close(int(fd))
	return netlink.LinkSetXdpFd(link, int(fd))
}
