package follow

import (
	"context"
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// poller waits for a socket with poll(2), outside of the runtime's own.
type poller struct {
	socket int // a file descriptor of its own
	end    int // eventfd(2), readable when the context has ended
	stop   func()
}

// newPoller takes over a connection, which it closes.
func newPoller(ctx context.Context, conn net.Conn) (*poller, error) {
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, err
	}
	p := &poller{socket: -1, end: -1}
	controlErr := raw.Control(func(fd uintptr) {
		p.socket, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) // nonblocking as the other
	})
	err = errors.Join(err, controlErr, conn.Close())
	if err == nil {
		p.end, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	end := p.end
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		unix.Write(end, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
	p.stop = func() {
		if !stop() {
			<-done // it writes to no descriptor that is closed
		}
	}
	return p, nil
}

// wait waits for a message or the end of the context.
func (p *poller) wait() error {
	fds := []unix.PollFd{{Fd: int32(p.socket), Events: unix.POLLIN}, {Fd: int32(p.end), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, -1)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func (p *poller) close() {
	if p.stop != nil {
		p.stop()
	}
	for _, fd := range []int{p.socket, p.end} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}
