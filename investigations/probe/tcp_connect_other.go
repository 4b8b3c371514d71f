//go:build !linux

package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// connectOnce makes one connection and closes it, without what only Linux
// tells: ICMP errors are seen by their errno alone.
func connectOnce(ctx context.Context, to netip.AddrPort, source uint16, timeout time.Duration) (t try, err error) {
	d := net.Dialer{Timeout: timeout}
	if source != 0 {
		d.LocalAddr = &net.TCPAddr{Port: int(source)}
	}
	start := time.Now()
	c, err := d.DialContext(ctx, "tcp", to.String())
	t.took = time.Since(start)
	if err == nil {
		t.outcome = connected
		t.source = c.LocalAddr().(*net.TCPAddr).AddrPort()
		return t, c.Close()
	}
	t.outcome = outcome(err)
	if ctx.Err() != nil {
		t.outcome = ""
	}
	if t.outcome == "EADDRINUSE" && source != 0 {
		return try{portTaken: true}, nil
	}
	return t, nil
}

// wsa are the numbers of Winsock errors (WSAGetLastError) that stand for an
// errno.
var wsa = map[syscall.Errno]string{
	10061: refused, 10060: timedOut, 10065: "EHOSTUNREACH", 10051: "ENETUNREACH",
	10048: "EADDRINUSE", 10049: "EADDRNOTAVAIL", 10013: "EACCES",
}

var errnos = map[syscall.Errno]string{
	syscall.ECONNREFUSED: refused, syscall.ETIMEDOUT: timedOut,
	syscall.EHOSTUNREACH: "EHOSTUNREACH", syscall.ENETUNREACH: "ENETUNREACH",
	syscall.EADDRINUSE: "EADDRINUSE", syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL", syscall.EACCES: "EACCES",
}

// outcome names the errno of a failed dial.
func outcome(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return timedOut
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	if name, ok := wsa[errno]; ok {
		return name
	}
	if name, ok := errnos[errno]; ok {
		return name
	}
	return "errno " + strconv.Itoa(int(errno))
}

// tellsICMP is false: an ICMP error cannot be told from a reset here.
func tellsICMP() bool { return false }

// ownAddress says if an address is one of this host's interfaces.
func ownAddress(addr netip.Addr) *bool {
	if addr.IsLoopback() {
		return new(true)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok {
			if own, ok := netip.AddrFromSlice(n.IP); ok && own.Unmap() == addr {
				return new(true)
			}
		}
	}
	return new(false)
}

// resetCapture does not exist here.
type resetCapture struct{}

func captureResets(uint16) (*resetCapture, error) { return nil, nil }
func (*resetCapture) close()                      {}

func (f *ConnectFacts) addResets(context.Context, connectPlan, *resetCapture) {}
