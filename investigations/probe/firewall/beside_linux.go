package firewall

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// beside are the programs on the packet's way that are no rules and may end,
// answer or redirect it: XDP and tc on its interfaces, rules of a bridge (if
// there are any: bridged), those of this process's control group on its way out,
// BPF programs of netfilter, and a virtual service of IPVS. What they do cannot
// be known from here, so that nothing is decided where there is one.
func (l *liveHost) beside(hook string, p packet, bridged bool) []string {
	var found []string
	if hook != hookOutput {
		for _, link := range l.onWay(p.iif) {
			if bridged && link.Type() == "bridge" {
				found = append(found, fmt.Sprintf("rules of the family bridge see the packet on %s first", link.Attrs().Name))
			}
			found = append(found, xdp(link)...)
			found = append(found, l.tc(link, netlink.HANDLE_MIN_INGRESS, unix.BPF_TCX_INGRESS)...)
		}
		found = append(found, virtualServices(p)...)
	}
	if hook != hookInput {
		for _, link := range l.onWay(p.oif) {
			found = append(found, l.tc(link, netlink.HANDLE_MIN_EGRESS, unix.BPF_TCX_EGRESS)...)
		}
	}
	if hook == hookOutput {
		found = append(found, groupPrograms(ownGroup(), p.dst.Is6())...)
	}
	return append(found, netfilterPrograms(hook, p.dst.Is6())...)
}

// onWay are the interfaces that a packet passes when it passes one: itself, what
// it is made of (a bridge's or a bond's ports), and what it stands on (a VLAN's
// parent). All of them, if the interface is not known.
func (l *liveHost) onWay(i iface) []netlink.Link {
	all, err := l.h.LinkList()
	if err != nil || i.unknown {
		return all
	}
	on := map[int]bool{i.index: true}
	for range 4 { // a VLAN on a bond on two ports is three deep
		for _, link := range all {
			a := link.Attrs()
			if on[a.MasterIndex] && a.MasterIndex != 0 {
				on[a.Index] = true
			}
			// The "parent" of a veth is its other end, which is no interface of ours.
			if on[a.Index] && a.ParentIndex != 0 && link.Type() != "veth" {
				on[a.ParentIndex] = true
			}
		}
	}
	var out []netlink.Link
	for _, link := range all {
		if on[link.Attrs().Index] {
			out = append(out, link)
		}
	}
	return out
}

func xdp(link netlink.Link) []string {
	if x := link.Attrs().Xdp; x != nil && x.Attached {
		return []string{fmt.Sprintf("an XDP program on %s sees the packet before the rules", link.Attrs().Name)}
	}
	return nil
}

// tc are filters of traffic control: classic ones and those attached by BPF
// links (tcx).
func (l *liveHost) tc(link netlink.Link, parent uint32, attach uint32) []string {
	name := link.Attrs().Name
	filters, err := l.h.FilterList(link, parent)
	n, known := programs(uint32(link.Attrs().Index), attach, 0)
	switch {
	case err != nil:
		return []string{fmt.Sprintf("the traffic control filters of %s could not be read", name)}
	case len(filters) > 0 || known && n > 0:
		return []string{fmt.Sprintf("a traffic control filter on %s sees the packet besides the rules", name)}
	}
	return nil
}

// ownGroup is the directory of this process's control group of version 2, ""
// where there is none.
func ownGroup() string {
	text, _ := os.ReadFile("/proc/self/cgroup")
	for line := range strings.SplitSeq(string(text), "\n") {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
				if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
					return filepath.Join(root, path)
				}
			}
		}
	}
	return ""
}

// groupPrograms are those in force in a control group for what its processes
// send, its parents' included: systemd's IPAddressDeny= makes such ones.
func groupPrograms(dir string, v6 bool) []string {
	if dir == "" {
		return nil
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	connect := uint32(pick(v6, unix.BPF_CGROUP_INET6_CONNECT, unix.BPF_CGROUP_INET4_CONNECT))
	for _, attach := range []uint32{unix.BPF_CGROUP_INET_EGRESS, connect} {
		if n, known := programs(uint32(fd), attach, unix.BPF_F_QUERY_EFFECTIVE); known && n > 0 {
			return []string{"a BPF program of the runner's control group sees what it sends"}
		}
	}
	return nil
}

// programs counts the BPF programs attached somewhere (BPF_PROG_QUERY, bpf(2)).
// It is not known where the kernel has no such place, or does not tell us.
func programs(target, attach, flags uint32) (n uint32, known bool) {
	query := struct { // union bpf_attr, query
		target, attach, flags, attachFlags uint32
		ids                                uint64
		count, _                           uint32
		progFlags                          uint64
		_                                  [16]byte
		revision                           uint64
	}{target: target, attach: attach, flags: flags}
	_, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_QUERY, uintptr(unsafe.Pointer(&query)), unsafe.Sizeof(query))
	if errno != 0 && errno != unix.ENOSPC {
		return 0, false
	}
	return query.count, true
}

// virtualServices are those of IPVS that take the packet, as this network
// namespace has them.
func virtualServices(p packet) []string {
	text, err := os.ReadFile("/proc/thread-self/net/ip_vs")
	if err != nil {
		return nil // there is no IPVS here
	}
	return servicesFor(string(text), p)
}
