package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	snapLength     = 160     // bytes of a packet: headers and a quoted packet's
	captureBuffer  = 4 << 20 // bytes
	packetOutgoing = unix.PACKET_OUTGOING
)

// capture sees the packets of all interfaces, as they come in before any
// firewall, and as they leave behind every one (packet(7)).
type capture struct {
	file *os.File
	raw  interface {
		Read(func(fd uintptr) bool) error
		Control(func(fd uintptr)) error
	}
	buffer [snapLength]byte
}

// captured is a packet with where it was seen.
type captured struct {
	packet
	index    int // of the interface
	outgoing bool
}

// openCapture begins to see SYNs to and from a port, all resets, and ICMP
// errors. It needs CAP_NET_RAW. The filter is there before the first packet.
func openCapture(port uint16) (*capture, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if errors.Is(err, unix.EPERM) {
		return nil, errors.New("needs CAP_NET_RAW")
	}
	if err != nil {
		return nil, fmt.Errorf("open a packet socket: %w", err)
	}
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, captureBuffer)
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, captureBuffer)
	err = attachFilter(fd, captureFilter(port))
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL)})
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("begin to capture: %w", err)
	}
	c := &capture{file: os.NewFile(uintptr(fd), "packet")}
	if c.raw, err = c.file.SyscallConn(); err != nil {
		c.file.Close()
		return nil, err
	}
	return c, nil
}

func htons(n uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], n)
	return binary.NativeEndian.Uint16(b[:])
}

func (c *capture) close() { c.file.Close() }

// next waits for a packet until the deadline of c.file; os.ErrDeadlineExceeded
// says that it has come.
func (c *capture) next() (p captured, err error) {
	var failure error
	got := false
	err = c.raw.Read(func(fd uintptr) bool {
		p, got, failure = c.receive(int(fd))
		return got || failure != nil
	})
	return p, errors.Join(err, failure)
}

// waiting is a packet that is there already.
func (c *capture) waiting() (p captured, ok bool) {
	c.raw.Control(func(fd uintptr) { p, ok, _ = c.receive(int(fd)) })
	return p, ok
}

// receive takes packets off the socket until one can be decoded; got is false
// if there is none.
func (c *capture) receive(fd int) (p captured, got bool, err error) {
	for {
		n, from, err := unix.Recvfrom(fd, c.buffer[:], unix.MSG_DONTWAIT)
		switch {
		case err == unix.EAGAIN:
			return p, false, nil
		case err == unix.EINTR || err == unix.ENETDOWN:
			continue
		case err != nil:
			return p, false, err
		}
		link, ok := from.(*unix.SockaddrLinklayer)
		if !ok {
			continue
		}
		if p.packet, ok = decodePacket(c.buffer[:n]); ok {
			p.index, p.outgoing = link.Ifindex, link.Pkttype == packetOutgoing
			return p, true, nil
		}
	}
}

// lost are the packets that the kernel had no room for (PACKET_STATISTICS).
func (c *capture) lost() (n uint32) {
	c.raw.Control(func(fd uintptr) {
		if s, err := unix.GetsockoptTpacketStats(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			n = s.Drops
		}
	})
	return n
}

func (c *capture) until(t time.Time) { c.file.SetReadDeadline(t) }
