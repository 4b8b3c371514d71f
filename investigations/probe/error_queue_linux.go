package probe

import (
	"encoding/binary"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// tellsICMP says if this kernel keeps ICMP errors about a SYN on the socket's
// error queue (commit 45af29ca761c, Linux 5.8). Where it does not, an empty
// queue proves no reset.
var tellsICMP = sync.OnceValue(func() bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	major, minor := kernelVersion(unix.ByteSliceToString(u.Release[:]))
	return major > 5 || major == 5 && minor >= 8
})

// kernelVersion reads the first two numbers of a release such as 6.1.0-18-amd64.
func kernelVersion(release string) (major, minor int) {
	n := [2]int{}
	i := 0
	for _, c := range release {
		switch {
		case c >= '0' && c <= '9':
			n[i] = n[i]*10 + int(c-'0')
		case c == '.' && i == 0:
			i++
		default:
			return n[0], n[1]
		}
	}
	return n[0], n[1]
}

// readErrorQueue empties a socket's error queue and returns the first ICMP
// error on it, with the errno that it stands for.
func readErrorQueue(fd int) (first *icmpError, errno unix.Errno) {
	var data [256]byte
	var control [512]byte
	for {
		_, n, _, _, err := unix.Recvmsg(fd, data[:], control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			return first, errno
		}
		messages, err := unix.ParseSocketControlMessage(control[:n])
		if err != nil || first != nil {
			continue
		}
		for _, m := range messages {
			if e, no, ok := extendedError(m); ok {
				first, errno = &e, no
				break
			}
		}
	}
}

// extendedError decodes a struct sock_extended_err and the offender's address
// behind it (linux/errqueue.h, ip(7)).
func extendedError(m unix.SocketControlMessage) (e icmpError, errno unix.Errno, ok bool) {
	v4 := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR
	v6 := m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR
	const size = 16
	if !v4 && !v6 || len(m.Data) < size {
		return e, 0, false
	}
	errno = unix.Errno(binary.NativeEndian.Uint32(m.Data))
	origin := m.Data[4]
	if origin != unix.SO_EE_ORIGIN_ICMP && origin != unix.SO_EE_ORIGIN_ICMP6 {
		return e, 0, false
	}
	e = icmpError{v6: origin == unix.SO_EE_ORIGIN_ICMP6, kind: m.Data[5], code: m.Data[6]}
	e.offender = rawSockaddr(m.Data[size:])
	return e, errno, true
}

// rawSockaddr is the address of a struct sockaddr_in or sockaddr_in6.
func rawSockaddr(b []byte) netip.Addr {
	if len(b) < 8 {
		return netip.Addr{}
	}
	switch family := binary.NativeEndian.Uint16(b); {
	case family == unix.AF_INET:
		return netip.AddrFrom4([4]byte(b[4:8]))
	case family == unix.AF_INET6 && len(b) >= 24:
		return netip.AddrFrom16([16]byte(b[8:24])).Unmap()
	}
	return netip.Addr{}
}
