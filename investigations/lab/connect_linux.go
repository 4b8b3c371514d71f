package lab

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Attempt is what one plain connect saw, as the kernel told it.
type Attempt struct {
	Errno unix.Errno // 0 connected, ETIMEDOUT nothing came in time
	// ICMP is "type/code from offender" of the error queue's entry, "" where
	// there was none: then a refusal was a reset.
	ICMP string
	Took time.Duration
}

// Connected tells whether the handshake was made.
func (a Attempt) Connected() bool { return a.Errno == 0 }

func (a Attempt) String() string {
	name := "connected"
	if a.Errno != 0 {
		name = unix.ErrnoName(a.Errno)
	}
	return fmt.Sprintf("%s icmp=%q in %v", name, a.ICMP, a.Took.Round(time.Millisecond))
}

// Connect opens a TCP connection from the host to address ("10.77.2.2:8080")
// with the host's network, waits for at most timeout, and closes it again. The
// error says that nothing could be tried.
func (h *Host) Connect(ctx context.Context, address string, timeout time.Duration) (Attempt, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return Attempt{}, err
	}
	var fd int
	begun := time.Now()
	err = within(h.netns, func() (err error) {
		fd, err = dial(to)
		return err
	})
	if fd > 0 {
		defer unix.Close(fd)
	}
	var errno unix.Errno
	switch {
	case errors.Is(err, unix.EINPROGRESS):
		errno, err = result(ctx, fd, timeout)
		if err != nil {
			return Attempt{}, err
		}
	case err != nil && !errors.As(err, &errno):
		return Attempt{}, err
	}
	return Attempt{Errno: errno, ICMP: queued(fd), Took: time.Since(begun)}, nil
}

// dial begins a connection; its errors are those of connect(2).
func dial(to netip.AddrPort) (int, error) {
	a := to.Addr()
	family, level, option := unix.AF_INET, unix.SOL_IP, unix.IP_RECVERR
	var name unix.Sockaddr = &unix.SockaddrInet4{Port: int(to.Port())}
	if a.Is4() {
		name.(*unix.SockaddrInet4).Addr = a.As4()
	} else {
		family, level, option = unix.AF_INET6, unix.SOL_IPV6, unix.IPV6_RECVERR
		name = &unix.SockaddrInet6{Port: int(to.Port()), Addr: a.As16()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open a socket: %v", err)
	}
	if err := unix.SetsockoptInt(fd, level, option, 1); err != nil {
		return fd, fmt.Errorf("ask for ICMP errors: %v", err)
	}
	return fd, unix.Connect(fd, name)
}

// result waits for the connection to be made or refused.
func result(ctx context.Context, fd int, timeout time.Duration) (unix.Errno, error) {
	const slice = 50 * time.Millisecond // so that ctx is looked at
	for end := time.Now().Add(timeout); time.Now().Before(end); {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		n, err := unix.Poll(poll, int(slice.Milliseconds()))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return 0, fmt.Errorf("wait for a connection: %w", err)
		}
		if n > 0 {
			errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
			return unix.Errno(errno), err
		}
	}
	return unix.ETIMEDOUT, nil
}

// queued reads the error queue: struct sock_extended_err of linux/errqueue.h,
// then the address of who sent the ICMP message.
func queued(fd int) string {
	control := make([]byte, 512)
	_, n, _, _, err := unix.Recvmsg(fd, nil, control, unix.MSG_ERRQUEUE)
	if err != nil {
		return ""
	}
	messages, err := unix.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) == 0 || len(messages[0].Data) < 24 {
		return ""
	}
	data := messages[0].Data
	origin, kind, code, offender := data[4], data[5], data[6], data[16:]
	if origin != unix.SO_EE_ORIGIN_ICMP && origin != unix.SO_EE_ORIGIN_ICMP6 {
		return ""
	}
	var from netip.Addr
	switch family := binary.NativeEndian.Uint16(offender); {
	case family == unix.AF_INET:
		from, _ = netip.AddrFromSlice(offender[4:8])
	case family == unix.AF_INET6 && len(offender) >= 24:
		from, _ = netip.AddrFromSlice(offender[8:24])
	}
	return fmt.Sprintf("%d/%d from %s", kind, code, from)
}
