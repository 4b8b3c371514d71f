package follow

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// restSocket is the least time between two looks at a socket: the kernel keeps
// what comes meanwhile, and to wake for each message costs more than to read it.
const restSocket = 5 * time.Millisecond

// longQueue is how many messages a socket must keep for that.
const longQueue = 256

// receive reads messages until ctx ends. It waits with poll(2): the runtime would
// wake for each message, also while nobody wants one.
func (f *feed) receive(ctx context.Context, conn net.Conn, buf []byte) error {
	p, err := newPoller(ctx, conn)
	if err != nil {
		return fmt.Errorf("receive syslog: %w", err)
	}
	defer p.close()
	rests := f.source.Kind == UDP || unixQueue() >= longQueue
	if f.source.Kind == UDP { // beyond the limit of the system, where this process may
		unix.SetsockoptInt(p.socket, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer)
	}
	dropped := uint32(0)
	for ctx.Err() == nil {
		if err := p.wait(); err != nil {
			return fmt.Errorf("receive syslog: %w", err)
		}
		if err := f.drain(p.socket, buf); err != nil {
			return fmt.Errorf("receive syslog: %w", err)
		}
		now := drops(p.socket)
		f.sieve.miss(int(now - dropped))
		dropped = now
		if rests {
			sleep(ctx, restSocket)
		}
	}
	return ctx.Err()
}

// maxDrain is how many messages are read at a look, so that its time stays true.
const maxDrain = 1024

// drain reads what is there.
func (f *feed) drain(fd int, buf []byte) error {
	f.tick(time.Now())
	for range maxDrain {
		size, err := unix.Read(fd, buf)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		}
		f.message(buf[:size])
	}
	return nil
}

// unixQueue is how many messages the kernel keeps for a Unix datagram socket
// (Documentation/networking/ip-sysctl.rst, max_dgram_qlen).
func unixQueue() int {
	text, err := os.ReadFile("/proc/sys/net/unix/max_dgram_qlen")
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}

// drops is how many messages the kernel threw away because the socket was full:
// SK_MEMINFO_DROPS of include/uapi/linux/sock_diag.h.
func drops(fd int) uint32 {
	var info [9]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 || uintptr(size) < unsafe.Sizeof(info) {
		return 0
	}
	return info[8]
}
