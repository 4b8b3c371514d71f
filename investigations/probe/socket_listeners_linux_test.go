package probe

import (
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestListenersBinding(t *testing.T) {
	w := newWorld(t)
	w.do("be", "ip addr add 10.91.2.9/24 dev eth0")
	for _, l := range []listenOn{
		{Address: "0.0.0.0:8080"}, {Address: "[::]:8081"}, {Address: "[::]:8082", V6Only: true},
		{Address: "127.0.0.1:8083"}, {Address: "[::1]:8083"}, {Address: "10.91.2.9:8084"},
		{Address: "[::ffff:10.91.2.2]:8085"}, {Address: "127.0.0.1:8086"}, {Address: "10.91.2.9:8086"},
	} {
		w.listen("be", l)
	}
	w.listen("rtr", listenOn{Address: "0.0.0.0:8087"})
	for _, c := range []struct {
		addr    string
		port    int64
		binding string
		accepts bool
		bound   string
	}{
		{beAddr, 8080, "takes", true, "0.0.0.0"},
		{beAddr6, 8080, "ipv4-only", false, "0.0.0.0"},
		{beAddr, 8081, "takes", true, "::"},
		{beAddr6, 8081, "takes", true, "::"},
		{beAddr, 8082, "ipv6-only", false, "::"},
		{beAddr6, 8082, "takes", true, "::"},
		{beAddr, 8083, "loopback", false, "127.0.0.1 ::1"},
		{beAddr6, 8083, "loopback", false, "127.0.0.1 ::1"},
		{"127.0.0.1", 8083, "takes", true, "127.0.0.1 ::1"},
		{beAddr, 8084, "other-ip", false, "10.91.2.9"},
		{"10.91.2.9", 8084, "takes", true, "10.91.2.9"},
		{beAddr, 8085, "takes", true, "::ffff:10.91.2.2"},
		{beAddr, 8086, "other-ip", false, "10.91.2.9 127.0.0.1"},
		{"10.91.2.9", 8086, "takes", true, "10.91.2.9 127.0.0.1"},
		{beAddr, 8087, "other-netns", false, "0.0.0.0"},
		{"127.0.0.1", 7000, "none", false, ""},
	} {
		t.Run(c.addr+" "+strconv.Itoa(int(c.port)), func(t *testing.T) {
			w := w.on(t)
			f := probeOn[ListenersFacts](w, "be", "socket.listeners", ListenersArgs{Address: c.addr, Port: c.port})
			want(t, "binding", f.Binding, c.binding)
			want(t, "accepts", f.Accepts, c.accepts)
			want(t, "found", f.Found, c.binding != "none")
			want(t, "here", f.Here, c.binding != "none" && c.binding != "other-netns")
			if got := strings.Join(f.Bound, " "); got != c.bound {
				t.Errorf("bound = %q, want %q", got, c.bound)
			}
			if c.accepts {
				taker := c.addr
				if !strings.Contains(c.bound, c.addr) {
					taker = c.bound // a wildcard
				}
				if f.Taker == nil || !strings.HasSuffix(*f.Taker.Address, taker) {
					t.Errorf("taker = %v, want the one on %s", f.Taker, taker)
				}
			}
			if c.binding == "none" {
				return
			}
			want(t, "process", f.List[0].Process, processName(t))
			if !strings.Contains(value(f.List[0].Command).(string), os.Args[0]) {
				t.Errorf("command = %v, want %s", value(f.List[0].Command), os.Args[0])
			}
			namespace := ""
			if c.binding == "other-netns" {
				namespace = w.prefix + "rtr"
			}
			want(t, "netns", f.List[0].Netns, namespace)
		})
	}
}

// processName is this test binary's, as the kernel keeps it.
func processName(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// TestListenersQueue: a program that does not accept lets its queue run over,
// which shows in the queue and in the socket's own drops.
func TestListenersQueue(t *testing.T) {
	w := newWorld(t)
	w.listen("be", listenOn{Address: "0.0.0.0:8080", Backlog: 1})
	w.listen("be", listenOn{Address: "0.0.0.0:8081", Accept: true})
	for range 4 {
		w.hold("lb", beAddr+":8080")
	}
	f := probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{beAddr}, Port: 8080, Attempts: 1, TimeoutMS: 1200})
	want(t, "timed_out", f.TimedOut, true)

	l := probeOn[ListenersFacts](w, "be", "socket.listeners", ListenersArgs{Address: beAddr, Port: 8080})
	want(t, "queue_full", l.QueueFull, true)
	want(t, "dropping", l.Dropping, true)
	want(t, "queue", l.Taker.Queue, int64(2))
	want(t, "queue_max", l.Taker.QueueMax, int64(1))

	l = probeOn[ListenersFacts](w, "be", "socket.listeners", ListenersArgs{Address: beAddr, Port: 8081})
	want(t, "queue_full", l.QueueFull, false)
	want(t, "dropping", l.Dropping, false)
}

func TestBoundTakes(t *testing.T) {
	addr := netip.MustParseAddr
	for _, c := range []struct {
		b    bound
		addr string
		want bool
	}{
		{bound{address: addr("0.0.0.0")}, "10.0.0.1", true},
		{bound{address: addr("0.0.0.0")}, "fd00::1", false},
		{bound{address: addr("::"), v6only: true}, "10.0.0.1", false},
		{bound{address: addr("::")}, "10.0.0.1", true},
		{bound{address: addr("::ffff:10.0.0.1")}, "10.0.0.1", true},
		{bound{address: addr("0.0.0.0"), onLo: true}, "10.0.0.1", false},
		{bound{address: addr("0.0.0.0"), onLo: true}, "127.0.0.1", true},
	} {
		if got := c.b.takes(addr(c.addr)); got != c.want {
			t.Errorf("%+v takes %s = %v, want %v", c.b, c.addr, got, c.want)
		}
	}
}
