package firewall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// nfConn is a connection to the kernel's netfilter subsystems.
type nfConn struct {
	*netlink.Conn
}

// openNetfilter dials netfilter in the network namespace of the calling
// thread; it obeys the context's deadline.
func openNetfilter(ctx context.Context) (*nfConn, error) {
	c, err := netlink.Dial(unix.NETLINK_NETFILTER, nil)
	if err != nil {
		return nil, fmt.Errorf("open netfilter netlink: %w", err)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(10 * time.Second)
	}
	if err := c.SetDeadline(deadline); err != nil {
		c.Close()
		return nil, fmt.Errorf("set netlink deadline: %w", err)
	}
	return &nfConn{c}, nil
}

// ask sends one message of a subsystem and gives the attributes of each answer,
// with its family.
func (c *nfConn) ask(subsys, msg uint16, family uint8, body []netlink.Attribute, dump bool) ([]nfMessage, error) {
	b, err := netlink.MarshalAttributes(body)
	if err != nil {
		return nil, err
	}
	flags := netlink.Request // no Acknowledge: it would come after the answer
	if dump {
		flags |= netlink.Dump
	}
	answers, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(subsys<<8 | msg), Flags: flags},
		Data:   append([]byte{family, unix.NFNETLINK_V0, 0, 0}, b...),
	})
	if err != nil {
		return nil, err
	}
	out := make([]nfMessage, 0, len(answers))
	for _, a := range answers {
		if len(a.Data) < 4 {
			continue
		}
		as, err := parseAttrs(a.Data[4:])
		if err != nil {
			return nil, err
		}
		out = append(out, nfMessage{a.Data[0], as})
	}
	return out, nil
}

// nfMessage is an answer: its family (struct nfgenmsg) and attributes.
type nfMessage struct {
	family uint8
	attrs
}

// notThere says whether an error means that the kernel has no such subsystem.
func notThere(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EPROTONOSUPPORT) ||
		errors.Is(err, unix.ENOPROTOOPT) || errors.Is(err, unix.ENOENT)
}

// lacking is an error for want of a privilege.
type lacking struct {
	what string // such as CAP_NET_ADMIN
	err  error
}

func (l *lacking) Error() string { return l.err.Error() + " (needs " + l.what + ")" }

func (l *lacking) Unwrap() error { return l.err }

// lacks says which privilege an operation needs, if it failed for want of one.
func lacks(what string, err error) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return &lacking{what, err}
	}
	return err
}
