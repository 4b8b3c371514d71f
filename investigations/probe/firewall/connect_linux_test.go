package firewall

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// attempt is one real connection attempt and what the kernel did with it.
type attempt struct {
	fd     int
	action string // accept, drop, reject
	with   string
}

// listenAll listens on all ports of the lab in the thread's namespace.
func listenAll(t *testing.T) {
	t.Helper()
	for _, port := range labPorts {
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		check(t, "socket", err)
		t.Cleanup(func() { unix.Close(fd) })
		check(t, "v6only", unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0))
		check(t, "bind", unix.Bind(fd, &unix.SockaddrInet6{Port: port}))
		check(t, "listen", unix.Listen(fd, 512))
	}
}

// begin starts a connection from an address and port, in the thread's namespace.
func begin(t *testing.T, src string, sport int, dst string, dport int) *attempt {
	t.Helper()
	from, to := mustAddr(src), mustAddr(dst)
	family, level, opt := unix.AF_INET, unix.IPPROTO_IP, unix.IP_RECVERR
	if from.Is6() {
		family, level, opt = unix.AF_INET6, unix.IPPROTO_IPV6, unix.IPV6_RECVERR
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	check(t, "socket", err)
	check(t, "recverr", unix.SetsockoptInt(fd, level, opt, 1))
	check(t, "reuse", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	if from.Is6() {
		check(t, "bind "+src, unix.Bind(fd, &unix.SockaddrInet6{Addr: from.As16(), Port: sport}))
		err = unix.Connect(fd, &unix.SockaddrInet6{Addr: to.As16(), Port: dport})
	} else {
		check(t, "bind "+src, unix.Bind(fd, &unix.SockaddrInet4{Addr: from.As4(), Port: sport}))
		err = unix.Connect(fd, &unix.SockaddrInet4{Addr: to.As4(), Port: dport})
	}
	a := &attempt{fd: fd, action: "drop"}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		a.answered(err)
	}
	return a
}

// settle waits until all attempts are answered, at most for a time that covers
// several SYNs: what is not answered by then was dropped.
func settle(t *testing.T, attempts []*attempt, limit time.Duration) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		var fds []unix.PollFd
		var open []*attempt
		for _, a := range attempts {
			if a.fd >= 0 {
				fds = append(fds, unix.PollFd{Fd: int32(a.fd), Events: unix.POLLOUT})
				open = append(open, a)
			}
		}
		wait := time.Until(deadline)
		if len(open) == 0 || wait <= 0 {
			for _, a := range open {
				a.close()
			}
			return
		}
		if _, err := unix.Poll(fds, int(wait.Milliseconds())+1); err != nil && !errors.Is(err, unix.EINTR) {
			t.Fatalf("poll: %v", err)
		}
		for i, p := range fds {
			if p.Revents&unix.POLLERR != 0 || p.Revents&unix.POLLOUT != 0 {
				open[i].finish()
			}
		}
	}
}

func (a *attempt) close() {
	if a.fd >= 0 {
		unix.Close(a.fd)
		a.fd = -1
	}
}

func (a *attempt) finish() {
	n, err := unix.GetsockoptInt(a.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		a.answered(err)
	case n == 0:
		a.action = "accept"
		a.close()
	default:
		a.answered(unix.Errno(n))
	}
}

// answered reads who said no out of the error queue; nothing there: a reset.
func (a *attempt) answered(err error) {
	a.action, a.with = "reject", "tcp-reset"
	oob := make([]byte, 512)
	_, n, _, _, qerr := unix.Recvmsg(a.fd, make([]byte, 512), oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if qerr == nil {
		if typ, code, ok := extendedError(oob[:n]); ok {
			a.with = nameOf(map[bool]map[uint8]string{true: icmp6Names, false: icmpNames}[typ == 1], code)
		}
	} else if !errors.Is(err, unix.ECONNREFUSED) {
		a.with = "errno " + err.Error()
	}
	a.close()
}

// extendedError is type and code of struct sock_extended_err.
func extendedError(oob []byte) (typ, code uint8, ok bool) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0, 0, false
	}
	for _, m := range msgs {
		if len(m.Data) >= 16 && binary.NativeEndian.Uint32(m.Data) != 0 {
			return m.Data[5], m.Data[6], m.Data[4] == unix.SO_EE_ORIGIN_ICMP || m.Data[4] == unix.SO_EE_ORIGIN_ICMP6
		}
	}
	return 0, 0, false
}
