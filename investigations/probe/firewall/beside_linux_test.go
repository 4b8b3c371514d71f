package firewall

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/plexorbot/plexor/investigations/probe"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// constant loads a BPF program that answers the same to every packet.
func constant(t *testing.T, kind, answer uint32) int {
	t.Helper()
	code := [...]uint64{0xb7 | uint64(answer)<<32, 0x95} // r0 = answer; exit
	license := [...]byte{'G', 'P', 'L', 0}
	load := struct { // union bpf_attr, load
		kind, count   uint32
		code, license unsafe.Pointer
		_             [44]byte
		attach        uint32 // expected
		_             [56]byte
	}{kind: kind, count: uint32(len(code)), code: unsafe.Pointer(&code), license: unsafe.Pointer(&license)}
	if kind == unix.BPF_PROG_TYPE_NETFILTER {
		load.attach = unix.BPF_NETFILTER
	}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&load)), unsafe.Sizeof(load))
	if errno != 0 {
		t.Skipf("this kernel loads no BPF program: %v", errno)
	}
	t.Cleanup(func() { unix.Close(int(fd)) })
	return int(fd)
}

// attachProgram attaches a program by BPF_PROG_ATTACH.
func attachProgram(t *testing.T, target, program int, attach uint32) {
	t.Helper()
	attr := struct{ target, program, attach, flags, replace, relative uint32 }{uint32(target), uint32(program), attach, 0, 0, 0}
	if _, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_ATTACH, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr)); errno != 0 {
		t.Skipf("this kernel attaches no BPF program of type %d: %v", attach, errno)
	}
}

// filter attaches a program to traffic control.
func filter(t *testing.T, link netlink.Link, parent uint32, program int) {
	t.Helper()
	at := netlink.QdiscAttrs{LinkIndex: link.Attrs().Index, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT}
	check(t, "make clsact", netlink.QdiscReplace(&netlink.GenericQdisc{QdiscAttrs: at, QdiscType: "clsact"}))
	check(t, "add filter", netlink.FilterAdd(&netlink.BpfFilter{
		FilterAttrs: netlink.FilterAttrs{LinkIndex: link.Attrs().Index, Parent: parent, Handle: 1, Protocol: unix.ETH_P_ALL, Priority: 1},
		Fd:          program, Name: "test", DirectAction: true,
	}))
}

// TestBesideTheRules attaches programs to the box's interfaces: a rule set that
// accepts decides nothing behind one, and goes on deciding where it is not on
// the packet's way.
func TestBesideTheRules(t *testing.T) {
	needRoot(t)
	const xdpPass, tcPass = 2, 0
	for _, c := range []struct {
		name   string
		attach func(*testing.T, netlink.Link)
		seenIn bool // by what comes in; else by what goes out
		want   string
	}{
		{"XDP", func(t *testing.T, l netlink.Link) {
			check(t, "attach", netlink.LinkSetXdpFd(l, constant(t, unix.BPF_PROG_TYPE_XDP, xdpPass)))
		}, true, "an XDP program on eth0 sees"},
		{"tc in", func(t *testing.T, l netlink.Link) {
			filter(t, l, netlink.HANDLE_MIN_INGRESS, constant(t, unix.BPF_PROG_TYPE_SCHED_CLS, tcPass))
		}, true, "a traffic control filter on eth0"},
		{"tc out", func(t *testing.T, l netlink.Link) {
			filter(t, l, netlink.HANDLE_MIN_EGRESS, constant(t, unix.BPF_PROG_TYPE_SCHED_CLS, tcPass))
		}, false, "a traffic control filter on eth0"},
		{"tcx in", func(t *testing.T, l netlink.Link) {
			attachProgram(t, l.Attrs().Index, constant(t, unix.BPF_PROG_TYPE_SCHED_CLS, tcPass), unix.BPF_TCX_INGRESS)
		}, true, "a traffic control filter on eth0"},
		{"tcx out", func(t *testing.T, l netlink.Link) {
			attachProgram(t, l.Attrs().Index, constant(t, unix.BPF_PROG_TYPE_SCHED_CLS, tcPass), unix.BPF_TCX_EGRESS)
		}, false, "a traffic control filter on eth0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			in := probe.FirewallArgs{Hook: hookInput, Source: client4[0], Destination: box4, Port: 8080}
			out := probe.FirewallArgs{Hook: hookOutput, Source: box4, Destination: client4[0], Port: 8080}
			elsewhere := probe.FirewallArgs{Hook: hookInput, Source: server4, Destination: boxOut4, Port: 8080}
			l.in(l.box, func() {
				link, err := netlink.LinkByName("eth0")
				check(t, "find eth0", err)
				c.attach(t, link)
				for _, a := range []struct {
					what    probe.FirewallArgs
					decided bool
				}{{in, !c.seenIn}, {out, c.seenIn}, {elsewhere, true}} {
					f, err := Verdict(context.Background(), a.what)
					check(t, "verdict", err)
					if *f.Decided != a.decided || (f.Action != nil) != a.decided {
						t.Errorf("verdict on %+v: decided %v, action %v, why %q, want decided %v", a.what, *f.Decided, f.Action, f.Why, a.decided)
					}
					if why := strings.Join(f.Why, "; "); !a.decided && !strings.Contains(why, c.want) {
						t.Errorf("why = %q, want %q", why, c.want)
					}
				}
			})
		})
	}
}

// TestNetfilterPrograms drops what is forwarded over IPv4 by a BPF program that
// nft does not list: nothing is decided about it, and what comes in still is.
func TestNetfilterPrograms(t *testing.T) {
	needRoot(t)
	const drop = 0 // NF_DROP
	l := newLab(t)
	l.in(l.box, func() {
		link := struct { // union bpf_attr, link_create
			program, target, attach, flags uint32
			family, hook                   uint32
			priority                       int32
			_                              uint32
		}{uint32(constant(t, unix.BPF_PROG_TYPE_NETFILTER, drop)), 0, unix.BPF_NETFILTER, 0, unix.NFPROTO_IPV4, unix.NF_INET_FORWARD, -50, 0}
		fd, errno := bpf(unix.BPF_LINK_CREATE, unsafe.Pointer(&link), unsafe.Sizeof(link))
		if errno != 0 {
			t.Skipf("this kernel makes no BPF link of netfilter: %v", errno)
		}
		defer unix.Close(fd)
		for _, c := range []struct {
			what    probe.FirewallArgs
			decided bool
		}{
			{probe.FirewallArgs{Hook: hookForward, Source: client4[0], Destination: server4, Port: 8080}, false},
			{probe.FirewallArgs{Hook: hookForward, Source: client6[0], Destination: server6, Port: 8080}, true},
			{probe.FirewallArgs{Hook: hookInput, Source: client4[0], Destination: box4, Port: 8080}, true},
		} {
			f, err := Verdict(context.Background(), c.what)
			check(t, "verdict", err)
			if why := strings.Join(f.Why, "; "); *f.Decided != c.decided || !c.decided && !strings.Contains(why, "a BPF program of netfilter") {
				t.Errorf("verdict on %+v: decided %v, why %q, want decided %v", c.what, *f.Decided, why, c.decided)
			}
		}
	})
}

// TestBesideOnABridge: what a bridge's own rules do is not known, unless the
// packet comes in elsewhere.
func TestBesideOnABridge(t *testing.T) {
	needRoot(t, "nft")
	l := newLab(t)
	l.in(l.box, func() {
		bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}}
		check(t, "make bridge", netlink.LinkAdd(bridge))
		check(t, "raise bridge", netlink.LinkSetUp(bridge))
		port, err := netlink.LinkByName("eth0")
		check(t, "find eth0", err)
		check(t, "add port", netlink.LinkSetMaster(port, bridge))
		check(t, "move address", run("", "sh", "-ec", "ip addr flush dev eth0; ip addr add "+box4+"/24 dev br0"))
		for _, rules := range []bool{false, true} {
			if rules {
				check(t, "load", run("table bridge b { chain in { type filter hook input priority 0; tcp dport 8080 drop; }; }", "nft", "-f", "-"))
			}
			for dst, decided := range map[string]bool{box4: !rules, boxOut4: true} {
				src := map[string]string{box4: client4[0], boxOut4: server4}[dst]
				f, err := Verdict(context.Background(), probe.FirewallArgs{Hook: hookInput, Source: src, Destination: dst, Port: 8080})
				check(t, "verdict", err)
				if *f.Decided != decided {
					t.Errorf("to %s with a bridge's rules %v: decided %v, why %q, want %v", dst, rules, *f.Decided, f.Why, decided)
				}
			}
		}
	})
}

// TestGroupPrograms finds a program of a control group, in it and in one below.
func TestGroupPrograms(t *testing.T) {
	needRoot(t)
	root := "/sys/fs/cgroup"
	if _, err := os.Stat(root + "/cgroup.controllers"); err != nil {
		root += "/unified"
	}
	dir, err := os.MkdirTemp(root, "plexor-test-")
	if err != nil {
		t.Skipf("no control groups of version 2: %v", err)
	}
	below := filepath.Join(dir, "below")
	check(t, "make group", os.Mkdir(below, 0o755))
	t.Cleanup(func() { os.Remove(below); os.Remove(dir) })
	if found := groupPrograms(below, false); len(found) != 0 {
		t.Errorf("programs of a new group = %q, want none", found)
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	check(t, "open group", err)
	defer unix.Close(fd)
	attachProgram(t, fd, constant(t, unix.BPF_PROG_TYPE_CGROUP_SKB, 1), unix.BPF_CGROUP_INET_EGRESS)
	for _, group := range []string{dir, below} {
		if found := groupPrograms(group, false); len(found) != 1 {
			t.Errorf("programs of %s = %q, want one", group, found)
		}
	}
}
