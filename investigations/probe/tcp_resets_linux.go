package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// resetCapture collects the resets that come in from one port. The kernel
// hands a packet to raw sockets before TCP gets it: when a connection has
// failed by a reset, the reset is here already.
type resetCapture struct {
	v4, v6 int // raw sockets; -1 if there is none
	port   uint16
}

// captureResets begins to collect. It needs CAP_NET_RAW.
func captureResets(port uint16) (*resetCapture, error) {
	c := &resetCapture{v4: -1, v6: -1, port: port}
	var err error
	if c.v4, err = rawSocket(unix.AF_INET, resetFilter(port, bpf.LoadMemShift{Off: 0})); err != nil {
		return nil, err
	}
	if err := unix.SetsockoptInt(c.v4, unix.IPPROTO_IP, unix.IP_PKTINFO, 1); err != nil {
		c.close()
		return nil, fmt.Errorf("set IP_PKTINFO: %w", err)
	}
	// A host without IPv6 sees no IPv6 resets.
	c.v6, err = rawSocket(unix.AF_INET6, resetFilter(port, bpf.LoadConstant{Dst: bpf.RegX, Val: 0}))
	if err != nil {
		return c, nil
	}
	unix.SetsockoptInt(c.v6, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
	unix.SetsockoptInt(c.v6, unix.IPPROTO_IPV6, unix.IPV6_RECVHOPLIMIT, 1)
	return c, nil
}

func rawSocket(family int, filter []bpf.Instruction) (fd int, err error) {
	fd, err = unix.Socket(family, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if errors.Is(err, unix.EPERM) {
		return -1, errors.New("needs CAP_NET_RAW")
	}
	if err != nil {
		return -1, fmt.Errorf("open a raw socket: %w", err)
	}
	if err := attachFilter(fd, filter); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (c *resetCapture) close() {
	if c == nil {
		return
	}
	for _, fd := range []int{c.v4, c.v6} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// reset is one captured RST.
type reset struct {
	from  netip.Addr
	to    uint16 // the port it came to
	ttl   uint8
	index int // of the interface it came in on
}

// taken are the resets that came since the capture began, oldest first.
func (c *resetCapture) taken() (resets []reset) {
	for _, fd := range []int{c.v4, c.v6} {
		if fd < 0 {
			continue
		}
		for len(resets) < 1024 {
			r, err := readReset(fd)
			if err != nil {
				break
			}
			resets = append(resets, r)
		}
	}
	return resets
}

// readReset reads a reset from a raw socket; raw(7) says where its header is.
func readReset(fd int) (r reset, err error) {
	var data [256]byte
	var control [256]byte
	n, m, _, sa, err := unix.Recvmsg(fd, data[:], control[:], unix.MSG_DONTWAIT)
	if err != nil {
		return r, err
	}
	r.from = addrPort(sa).Addr()
	segment := data[:n]
	if r.from.Is4() && n >= 20 {
		r.ttl = data[8]
		segment = data[min(n, int(data[0]&0xf)*4):n]
	}
	if len(segment) >= 4 {
		r.to = binary.BigEndian.Uint16(segment[2:])
	}
	messages, err := unix.ParseSocketControlMessage(control[:m])
	if err != nil {
		return r, nil
	}
	for _, m := range messages {
		r.ancillary(m)
	}
	return r, nil
}

// ancillary reads in_pktinfo, in6_pktinfo and the hop limit (ip(7), ipv6(7)).
func (r *reset) ancillary(m unix.SocketControlMessage) {
	v6 := m.Header.Level == unix.IPPROTO_IPV6
	switch {
	case !v6 && m.Header.Type == unix.IP_PKTINFO && len(m.Data) >= 4:
		r.index = int(binary.NativeEndian.Uint32(m.Data))
	case v6 && m.Header.Type == unix.IPV6_PKTINFO && len(m.Data) >= 20:
		r.index = int(binary.NativeEndian.Uint32(m.Data[16:]))
	case v6 && m.Header.Type == unix.IPV6_HOPLIMIT && len(m.Data) >= 4:
		r.ttl = uint8(binary.NativeEndian.Uint32(m.Data))
	}
}

// addResets tells what the capture saw of the first address's resets, and
// whether this host's own kernel sends them.
func (f *ConnectFacts) addResets(ctx context.Context, p connectPlan, c *resetCapture) {
	if !isTrue(f.Reset) {
		return
	}
	if c != nil {
		for _, r := range c.taken() {
			if r.from == p.addresses[0] && slices.Contains(f.SourcePorts, int64(r.to)) {
				f.RST = r.fact(isTrue(f.OwnAddress))
				break
			}
		}
	}
	if isTrue(f.OwnAddress) {
		f.KernelReset = kernelResets(ctx, netip.AddrPortFrom(p.addresses[0], p.port))
	}
}

func (r reset) fact(own bool) *RST {
	f := &RST{TTL: new(int64(r.ttl)), Hops: new(hops(r.ttl))}
	if i, err := net.InterfaceByIndex(r.index); err == nil {
		f.OnLoopback = new(i.Flags&net.FlagLoopback != 0 && !own)
	}
	return f
}

// hops is how many routers a packet with this TTL has passed, if it left with
// one of the usual initial values.
func hops(ttl uint8) int64 {
	for _, initial := range []int64{64, 128, 255} {
		if int64(ttl) <= initial {
			return initial - int64(ttl)
		}
	}
	return 0
}
