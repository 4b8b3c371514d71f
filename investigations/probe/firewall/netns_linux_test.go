package firewall

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// lab is three hosts in namespaces, client — box — server; the rules under
// test stand on the box. Its methods belong to one locked goroutine.
type lab struct {
	t                   *testing.T
	client, box, server netns.NsHandle
}

var (
	client4  = []string{"10.77.1.1", "10.77.1.2", "192.0.2.7"}
	client6  = []string{"fd77:1::1", "fd77:1::2"}
	box4     = "10.77.1.254"
	box6     = "fd77:1::fe"
	boxOut4  = "10.77.2.254"
	boxOut6  = "fd77:2::fe"
	server4  = "10.77.2.1"
	server6  = "fd77:2::1"
	labPorts = []int{22, 80, 443, 8080, 8443, 9000}
)

func needRoot(t *testing.T, programs ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root to make network namespaces")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("needs %s", p)
		}
	}
}

// newLab makes the hosts; the goroutine stays on its thread, and the thread
// goes with it.
func newLab(t *testing.T) *lab {
	t.Helper()
	runtime.LockOSThread() // never unlocked: the thread is thrown away
	l := &lab{t: t}
	for _, h := range []*netns.NsHandle{&l.client, &l.box, &l.server} {
		n, err := netns.New()
		if err != nil {
			t.Fatalf("make namespace: %v", err)
		}
		*h = n
		t.Cleanup(func() { n.Close() })
	}
	l.wire(l.client, l.box, "eth0", "eth0")
	l.wire(l.box, l.server, "eth1", "eth0")
	l.address(l.client, "eth0", "10.77.1.1/24", "10.77.1.2/24", "192.0.2.7/32", "fd77:1::1/64", "fd77:1::2/64")
	l.address(l.box, "eth0", box4+"/24", box6+"/64")
	l.address(l.box, "eth1", boxOut4+"/24", boxOut6+"/64")
	l.address(l.server, "eth0", server4+"/24", server6+"/64")
	l.route(l.client, box4, box6)
	l.route(l.server, boxOut4, boxOut6)
	l.in(l.box, func() {
		sysctl(t, "net/ipv4/ip_forward", "1")
		sysctl(t, "net/ipv6/conf/all/forwarding", "1")
		sysctl(t, "net/ipv4/icmp_ratemask", "0")
		sysctl(t, "net/ipv6/icmp/ratelimit", "0")
		link, _ := netlink.LinkByName("eth0")
		_, dst, _ := net.ParseCIDR("192.0.2.7/32")
		check(t, "route", netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: dst, Scope: netlink.SCOPE_LINK}))
	})
	return l
}

// in runs a function with the thread in a namespace.
func (l *lab) in(ns netns.NsHandle, do func()) {
	l.t.Helper()
	check(l.t, "enter namespace", netns.Set(ns))
	do()
}

func (l *lab) wire(a, b netns.NsHandle, nameA, nameB string) {
	l.in(a, func() {
		check(l.t, "make veth", netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: nameA}, PeerName: nameB, PeerNamespace: netlink.NsFd(b)}))
	})
}

func (l *lab) address(ns netns.NsHandle, dev string, cidrs ...string) {
	l.in(ns, func() {
		lo, err := netlink.LinkByName("lo")
		check(l.t, "find lo", err)
		check(l.t, "raise lo", netlink.LinkSetUp(lo))
		link, err := netlink.LinkByName(dev)
		check(l.t, "find "+dev, err)
		sysctl(l.t, "net/ipv6/conf/"+dev+"/accept_dad", "0")
		check(l.t, "raise "+dev, netlink.LinkSetUp(link))
		for _, c := range cidrs {
			a, err := netlink.ParseAddr(c)
			check(l.t, c, err)
			if strings.Contains(c, ":") {
				a.Flags = 0x02 // IFA_F_NODAD
			}
			check(l.t, "add "+c, netlink.AddrAdd(link, a))
		}
	})
}

func (l *lab) route(ns netns.NsHandle, gateways ...string) {
	l.in(ns, func() {
		for _, g := range gateways {
			check(l.t, "default route", netlink.RouteAdd(&netlink.Route{Gw: net.ParseIP(g)}))
		}
	})
}

func check(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func sysctl(t *testing.T, name, value string) {
	t.Helper()
	check(t, name, os.WriteFile("/proc/sys/"+name, []byte(value), 0o644))
}

// run executes a program in the thread's namespace.
func run(stdin string, argv ...string) error {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out)
	}
	return nil
}
