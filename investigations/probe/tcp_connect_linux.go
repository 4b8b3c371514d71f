package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// selfTries is how often the kernel may choose the target's own port to connect
// from before that is believed to be no chance.
const selfTries = 4

// connectOnce makes one connection and closes it. source is the port to
// connect from, 0 for the kernel's choice. The error is of this host (no file
// descriptor is left); whatever the network says is the try's outcome. If ctx
// ends first, the outcome is empty.
//
// A socket that connects to this host from the very port that it connects to
// meets itself: TCP's simultaneous open, RFC 9293 section 3.5. Nobody listens
// there, whatever it looks like, so that such a port counts as taken.
func connectOnce(ctx context.Context, to netip.AddrPort, source uint16, timeout time.Duration) (t try, err error) {
	for range selfTries {
		fd, err := tcpSocket(to.Addr())
		if err != nil {
			return t, err
		}
		t, err = connectSocket(ctx, fd, to, source, timeout)
		if err != nil || t.outcome != connected || t.source != to {
			return t, err
		}
		t = try{portTaken: true}
		if source != 0 {
			break
		}
	}
	return t, nil
}

// connectSocket is connectOnce on a socket, which it closes.
func connectSocket(ctx context.Context, fd int, to netip.AddrPort, source uint16, timeout time.Duration) (t try, err error) {
	if err := bindPort(fd, to.Addr(), source); err != nil {
		unix.Close(fd)
		if errors.Is(err, unix.EADDRINUSE) {
			return try{portTaken: true}, nil
		}
		return t, fmt.Errorf("bind to port %d: %w", source, err)
	}
	start := time.Now()
	if err := unix.Connect(fd, sockaddr(to)); err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return atOnce(err, source, time.Since(start)), nil
	}
	// A host's own addresses, and a busy near one, have answered by now.
	if t.outcome, t.icmp = look(fd); t.outcome != "" {
		t.took = time.Since(start)
		t.source = localAddress(fd)
		leave(fd, t.source == to)
		unix.Close(fd)
		return t, nil
	}
	// The runtime's poller waits from here on: no thread is blocked.
	f := os.NewFile(uintptr(fd), "tcp")
	defer f.Close()
	return await(ctx, f, to, start, timeout)
}

// leave has a socket that met itself keep no port when it is closed: in
// TIME-WAIT it would keep the target's own service from it for a minute.
func leave(fd int, itself bool) {
	if itself {
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
}

// tcpSocket is a non-blocking TCP socket that keeps ICMP errors on its queue
// (IP_RECVERR, ip(7); for TCP since Linux 5.8).
func tcpSocket(addr netip.Addr) (fd int, err error) {
	family, level, option := unix.AF_INET6, unix.IPPROTO_IPV6, unix.IPV6_RECVERR
	if addr.Is4() {
		family, level, option = unix.AF_INET, unix.IPPROTO_IP, unix.IP_RECVERR
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open a socket: %w", err)
	}
	if err := unix.SetsockoptInt(fd, level, option, 1); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("set IP_RECVERR: %w", err)
	}
	return fd, nil
}

// bindPort chooses the local port; 0 leaves that to the kernel, and to
// connect(2), which knows which 4-tuples are free. SO_REUSEADDR lets one source
// port serve several destinations.
func bindPort(fd int, to netip.Addr, port uint16) error {
	if port == 0 {
		return nil
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	any := netip.IPv6Unspecified()
	if to.Is4() {
		any = netip.IPv4Unspecified()
	}
	return unix.Bind(fd, sockaddr(netip.AddrPortFrom(any, port)))
}

// atOnce is the try of a connect(2) that failed by this host's own word.
func atOnce(err error, source uint16, took time.Duration) try {
	if err == unix.EADDRNOTAVAIL && source != 0 {
		return try{portTaken: true} // another connection has the 4-tuple
	}
	return try{outcome: errnoName(err), noPacket: err != unix.ECONNREFUSED, took: took}
}

// await waits for a connection to come to its end.
func await(ctx context.Context, f *os.File, to netip.AddrPort, start time.Time, timeout time.Duration) (t try, err error) {
	if err := f.SetWriteDeadline(start.Add(timeout)); err != nil {
		return t, fmt.Errorf("set a deadline: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { f.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	raw, err := f.SyscallConn()
	if err != nil {
		return t, err
	}
	err = raw.Write(func(fd uintptr) (done bool) {
		t.outcome, t.icmp = look(int(fd))
		t.took = time.Since(start)
		return t.outcome != ""
	})
	raw.Control(func(fd uintptr) {
		t.source = localAddress(int(fd))
		leave(int(fd), t.source == to)
	})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		if t.took = time.Since(start); ctx.Err() == nil {
			t.outcome = timedOut
		}
		err = nil
	}
	return t, err
}

// look says how a connection stands: "" while it is still open. SO_ERROR comes
// before the error queue, since emptying the queue clears it. An ICMP error on
// the queue is an end even where the kernel goes on: had the socket been idle
// when it arrived, connect(2) would have failed with it.
func look(fd int) (outcome string, icmp *icmpError) {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return errnoName(err), nil
	}
	if code == 0 {
		if _, err := unix.Getpeername(fd); err == nil {
			return connected, nil
		}
	}
	icmp, queued := readErrorQueue(fd)
	switch errno := unix.Errno(code); {
	case errno == unix.ECONNRESET || errno == unix.EPIPE:
		return connected, nil // it was up, and was reset before anyone looked
	case errno != 0:
		return errnoName(errno), icmp
	case icmp != nil:
		return errnoName(queued), icmp
	}
	return "", nil
}

func errnoName(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		if name := unix.ErrnoName(errno); name != "" {
			return name
		}
	}
	return err.Error()
}
