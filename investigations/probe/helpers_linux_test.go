package probe

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// listenOn is what a helper listens on.
type listenOn struct {
	Address string // host:port
	V6Only  bool
	Backlog int  // of listen(2), 128 unless given
	Accept  bool // and close; else connections wait for ever
}

// listen makes a host listen.
func (w *world) listen(host string, l listenOn) {
	w.t.Helper()
	raw, _ := json.Marshal(l)
	w.background(host, helperListen, string(raw))
}

// hold makes a host connect to an address (host:port) and keep the connection,
// or keep trying.
func (w *world) hold(host, address string) {
	w.t.Helper()
	w.background(host, helperHold, address)
}

// helpHold keeps a connection, until standard input ends, for which a SYN was
// sent.
func helpHold(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	fd, err := tcpSocket(to.Addr())
	if err != nil {
		return err
	}
	if err := unix.Connect(fd, sockaddr(to)); err != nil && err != unix.EINPROGRESS {
		return err
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// helpListen listens until standard input ends.
func helpListen(raw string) error {
	var l listenOn
	if err := json.Unmarshal([]byte(raw), &l); err != nil {
		return err
	}
	fd, err := listenSocket(l)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if l.Accept {
		go func() {
			for {
				c, _, err := unix.Accept(fd)
				if err != nil {
					return
				}
				unix.Close(c)
			}
		}()
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// listenSocket is a listening socket, with what the net package does not let
// one choose.
func listenSocket(l listenOn) (fd int, err error) {
	to, err := netip.ParseAddrPort(l.Address)
	if err != nil {
		return -1, err
	}
	family := unix.AF_INET6
	if to.Addr().Is4() {
		family = unix.AF_INET
	}
	if fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return -1, err
	}
	if family == unix.AF_INET6 {
		v6only := 0
		if l.V6Only {
			v6only = 1
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, v6only); err != nil {
			return -1, err
		}
	}
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err := unix.Bind(fd, sockaddr(to)); err != nil {
		return -1, err
	}
	if l.Backlog == 0 {
		l.Backlog = 128
	}
	return fd, unix.Listen(fd, l.Backlog)
}

// helpDNS answers DNS questions on port 53 of an address, from the lines of a
// zone file behind it.
func helpDNS(text string) error {
	address, records, _ := strings.Cut(text, "\n")
	c, err := net.ListenPacket("udp", net.JoinHostPort(address, dnsPort))
	if err != nil {
		return err
	}
	s := &dns.Server{PacketConn: c, Handler: zone(strings.Split(records, "\n")...)}
	go s.ActivateAndServe()
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
