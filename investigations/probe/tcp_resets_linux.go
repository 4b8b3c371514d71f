package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// resetCapture collects the resets that come in from one port. The kernel
// hands a packet to raw sockets before TCP gets it: when a connection has
// failed by a reset, the reset is here already.
type resetCapture struct{ sockets []resetSocket }

type resetSocket struct {
	fd         int
	onLoopback bool // sees only what comes in on lo; else only the rest
}

// captureResets begins to collect. It needs CAP_NET_RAW.
func captureResets(port uint16) (*resetCapture, error) {
	c := &resetCapture{}
	for _, onLoopback := range []bool{false, true} {
		fd, err := rawSocket(unix.AF_INET, resetFilter(port, bpf.LoadMemShift{Off: 0}, onLoopback))
		if err != nil {
			c.close()
			return nil, err
		}
		c.sockets = append(c.sockets, resetSocket{fd, onLoopback})
		// A host without IPv6 sees no IPv6 resets.
		fd, err = rawSocket(unix.AF_INET6, resetFilter(port, bpf.LoadConstant{Dst: bpf.RegX, Val: 0}, onLoopback))
		if err == nil {
			unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVHOPLIMIT, 1)
			c.sockets = append(c.sockets, resetSocket{fd, onLoopback})
		}
	}
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
	for _, s := range c.sockets {
		unix.Close(s.fd)
	}
}

// reset is one captured RST.
type reset struct {
	from       netip.Addr
	to         uint16 // the port it came to
	ttl        uint8
	onLoopback bool
}

// taken are the resets that came since the capture began.
func (c *resetCapture) taken() (resets []reset) {
	for _, s := range c.sockets {
		for range 1024 {
			r, err := readReset(s.fd)
			if err != nil {
				break
			}
			r.onLoopback = s.onLoopback
			resets = append(resets, r)
		}
	}
	return resets
}

// readReset reads a reset from a raw socket; raw(7) says where its header is.
func readReset(fd int) (r reset, err error) {
	var data, control [256]byte
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
	messages, _ := unix.ParseSocketControlMessage(control[:m])
	for _, m := range messages {
		if m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_HOPLIMIT && len(m.Data) >= 4 {
			r.ttl = uint8(binary.NativeEndian.Uint32(m.Data))
		}
	}
	return r, nil
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
	return &RST{TTL: new(int64(r.ttl)), Hops: new(hops(r.ttl)), OnLoopback: new(r.onLoopback && !own)}
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
