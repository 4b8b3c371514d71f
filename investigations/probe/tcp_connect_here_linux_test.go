package probe

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestConnectKernelReset: on its own loopback a host knows that its kernel
// refused, unless something else is sending resets at the same time.
func TestConnectKernelReset(t *testing.T) {
	w := newWorld(t)
	w.nft("be", "ip", "in tcp dport 9001 reject with tcp reset")
	for port, kernel := range map[int64]bool{7000: true, 9001: false} {
		f := probeOn[ConnectFacts](w, "be", "tcp.connect", ConnectArgs{Addresses: []string{beAddr}, Port: port})
		want(t, "own_address", f.OwnAddress, true)
		want(t, "reset", f.Reset, true)
		want(t, "kernel_reset", f.KernelReset, kernel)
	}
}

// TestConnectPortsTaken: a source port that is in use is told, and the check
// goes on from another.
func TestConnectPortsTaken(t *testing.T) {
	w := newWorld(t)
	w.listen("lb", listenOn{Address: "0.0.0.0:42001"})
	args := ConnectArgs{Addresses: []string{beAddr}, Port: 7000, SourcePorts: []int64{42001, 42002}, Attempts: 1}
	f := probeOn[ConnectFacts](w, "lb", "tcp.connect", args)
	want(t, "ports_taken", f.PortsTaken, true)
	want(t, "refused", f.Refused, true)
	if len(f.SourcePorts) != 1 || f.SourcePorts[0] == 42001 {
		t.Errorf("source_ports = %v, want another than 42001", f.SourcePorts)
	}
}

// TestConnectTupleTaken: the source port is free to bind to, but has a
// connection to the endpoint already.
func TestConnectTupleTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to := l.Addr().(*net.TCPAddr).AddrPort()
	fd, err := tcpSocket(to.Addr())
	if err != nil {
		t.Fatal(err)
	}
	other := os.NewFile(uintptr(fd), "other")
	defer other.Close()
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, sockaddr(to)); err != nil && err != unix.EINPROGRESS {
		t.Fatal(err)
	}
	source := int64(localAddress(fd).Port())
	f, err := TCPConnect(t.Context(), ConnectArgs{
		Addresses: []string{"127.0.0.1"}, Port: int64(to.Port()), SourcePorts: []int64{source}, Attempts: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "ports_taken", f.PortsTaken, true)
	want(t, "connected", f.Connected, true)
}

// TestConnectOverlaps: the first attempt is dropped, the second answered: the
// answer ends the check, and what became of the first is not claimed.
func TestConnectOverlaps(t *testing.T) {
	w := newWorld(t)
	w.listen("be", listenOn{Address: "0.0.0.0:8080", Accept: true})
	w.nft("be", "ip", "in tcp sport 42001 drop")
	f := probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{
		Addresses: []string{beAddr}, Port: 8080, SourcePorts: []int64{42001, 42002}, SpacingMS: 300,
	})
	want(t, "connected", f.Connected, true)
	want(t, "timed_out", f.TimedOut, false)
	if len(f.Attempts) != 2 {
		t.Fatalf("%d attempts, want 2", len(f.Attempts))
	}
	want(t, "attempts[0].outcome", f.Attempts[0].Outcome, nil)
	want(t, "attempts[1].outcome", f.Attempts[1].Outcome, connected)
}

// TestConnectAddresses: addresses are asked side by side, and the summary is
// the first one's.
func TestConnectAddresses(t *testing.T) {
	w := newWorld(t)
	w.listen("be", listenOn{Address: "[::]:8082", V6Only: true, Accept: true})
	f := probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{beAddr, beAddr6}, Port: 8082})
	want(t, "address", f.Address, beAddr)
	want(t, "refused", f.Refused, true)
	if len(f.Results) != 2 || len(f.Accepting) != 1 || f.Accepting[0] != beAddr6 || len(f.Refusing) != 1 || f.Refusing[0] != beAddr {
		t.Errorf("accepting = %v, refusing = %v, want %s and %s", f.Accepting, f.Refusing, beAddr6, beAddr)
	}
}

// TestConnectCancel: a check ends with its context, and leaves no descriptor
// behind.
func TestConnectCancel(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := fillQueue(t)
	before := descriptors(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	_, err = TCPConnect(ctx, ConnectArgs{Addresses: []string{"127.0.0.1"}, Port: port, TimeoutMS: 15000})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("TCPConnect = %v, want it cancelled", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v, want it to end with its context", took)
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors, want the %d from before", after, before)
	}
}

// fillQueue is a loopback port whose listener drops SYNs: nobody accepts and
// its queue is full.
func fillQueue(t *testing.T) (port int64) {
	t.Helper()
	fd, err := listenSocket(listenOn{Address: "127.0.0.1:0", Backlog: 1})
	if err != nil {
		t.Fatal(err)
	}
	l := os.NewFile(uintptr(fd), "listener")
	t.Cleanup(func() { l.Close() })
	to := localAddress(fd)
	for range 2 {
		c, err := net.DialTimeout("tcp", to.String(), 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	return int64(to.Port())
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func BenchmarkConnectRefused(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := int64(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	benchmarkConnect(b, port)
}

func BenchmarkConnectAccepted(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.(*net.TCPConn).SetLinger(0) // no TIME_WAIT: the ports would run out
			c.Close()
		}
	}()
	benchmarkConnect(b, int64(l.Addr().(*net.TCPAddr).Port))
}

func benchmarkConnect(b *testing.B, port int64) {
	b.ReportAllocs()
	args := ConnectArgs{Addresses: []string{"127.0.0.1"}, Port: port, Attempts: 1}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := TCPConnect(b.Context(), args); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "checks/s")
}

// TestConnectItself connects from the port that it connects to: a socket that
// meets itself is nobody's service, and leaves the port free for one.
func TestConnectItself(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
		if err != nil {
			t.Skip(err) // no IPv6 here
		}
		to := l.Addr().(*net.TCPAddr).AddrPort()
		l.Close()
		args := ConnectArgs{Addresses: []string{address}, Port: int64(to.Port()), SourcePorts: []int64{int64(to.Port())}, Attempts: 1}
		f, err := TCPConnect(t.Context(), args)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "refused", f.Refused, true)
		want(t, "ports_taken", f.PortsTaken, true)
		if l, err = net.Listen("tcp", to.String()); err != nil {
			t.Errorf("the port is not free afterwards: %v", err)
			continue
		}
		l.Close()
	}
}
