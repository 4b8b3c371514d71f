package probe

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Numbers of inet_diag (linux/inet_diag.h, linux/sock_diag.h).
const (
	sockDiagByFamily = 20
	tcpListen        = 10 // a state of include/net/tcp_states.h

	inetDiagSKMemInfo = 7  // attributes
	inetDiagSKV6Only  = 11 //
	inetDiagCgroupID  = 21 // since Linux 5.10

	inetDiagMsgSize = 72 // struct inet_diag_msg
	skMemInfoDrops  = 8  // index in the array of INET_DIAG_SKMEMINFO
)

// diagSocket is a listening TCP socket as the kernel tells it.
type diagSocket struct {
	address   netip.Addr
	port      uint16
	v6only    *bool // of IPv6 sockets
	queue     uint32
	queueMax  uint32
	drops     *uint32
	inode     uint32
	cgroup    uint64 // 0 if the kernel does not say
	ifindex   uint32
	namespace string // "" for the runner's own
}

// inetDiag asks inet_diag(7) for sockets. It is not safe for concurrent use.
type inetDiag struct{ conn *netlink.Conn }

// openInetDiag opens a socket in a network namespace, given as a file
// descriptor; 0 is the runner's own.
func openInetDiag(netns int) (*inetDiag, error) {
	conn, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, &netlink.Config{NetNS: netns})
	if err != nil {
		return nil, fmt.Errorf("open inet_diag: %w", err)
	}
	return &inetDiag{conn}, nil
}

func (d *inetDiag) close() { d.conn.Close() }

// listeners are all listening TCP sockets of the namespace.
func (d *inetDiag) listeners() ([]diagSocket, error) {
	if err := d.conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return nil, fmt.Errorf("inet_diag: %w", err)
	}
	var all []diagSocket
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		messages, err := d.conn.Execute(netlink.Message{
			Header: netlink.Header{Type: sockDiagByFamily, Flags: netlink.Request | netlink.Dump},
			Data:   listenRequest(family),
		})
		if err != nil {
			return nil, fmt.Errorf("ask inet_diag for listeners: %w", err)
		}
		for _, m := range messages {
			if s, ok := decodeDiag(m.Data); ok {
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// listenRequest is a struct inet_diag_req_v2 for all listening TCP sockets.
func listenRequest(family byte) []byte {
	request := make([]byte, 56)
	request[0] = family
	request[1] = unix.IPPROTO_TCP
	request[2] = 1 << (inetDiagSKMemInfo - 1)
	binary.NativeEndian.PutUint32(request[4:], 1<<tcpListen)
	return request
}

// decodeDiag decodes a struct inet_diag_msg and its attributes.
func decodeDiag(b []byte) (s diagSocket, ok bool) {
	if len(b) < inetDiagMsgSize {
		return s, false
	}
	if s.address = netip.AddrFrom16([16]byte(b[8:24])); b[0] == unix.AF_INET {
		s.address = netip.AddrFrom4([4]byte(b[8:12]))
	}
	s.port = binary.BigEndian.Uint16(b[4:])
	s.ifindex = binary.NativeEndian.Uint32(b[40:])
	s.queue = binary.NativeEndian.Uint32(b[56:])
	s.queueMax = binary.NativeEndian.Uint32(b[60:])
	s.inode = binary.NativeEndian.Uint32(b[68:])
	attributes, err := netlink.NewAttributeDecoder(b[inetDiagMsgSize:])
	if err != nil {
		return s, true
	}
	for attributes.Next() {
		s.attribute(attributes.Type(), attributes.Bytes())
	}
	return s, true
}

func (s *diagSocket) attribute(kind uint16, b []byte) {
	switch {
	case kind == inetDiagSKMemInfo && len(b) >= 4*(skMemInfoDrops+1):
		s.drops = new(binary.NativeEndian.Uint32(b[4*skMemInfoDrops:]))
	case kind == inetDiagSKV6Only && len(b) >= 1:
		s.v6only = new(b[0] != 0)
	case kind == inetDiagCgroupID && len(b) >= 8:
		s.cgroup = binary.NativeEndian.Uint64(b)
	}
}
