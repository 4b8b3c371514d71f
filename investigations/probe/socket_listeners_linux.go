package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

const (
	secondLook = 300 * time.Millisecond
	maxOthers  = 64
	maxList    = 256
)

// SocketListeners asks the kernel who listens on a port, in this network
// namespace and in every other one of the host, and judges which of them takes
// the address.
func SocketListeners(ctx context.Context, args ListenersArgs) (ListenersFacts, error) {
	port, err := parsePort(args.Port)
	if err != nil {
		return ListenersFacts{}, fmt.Errorf("socket.listeners: %w", err)
	}
	var addr netip.Addr
	if args.Address != "" {
		if addr, err = parseAddress(args.Address); err != nil {
			return ListenersFacts{}, fmt.Errorf("socket.listeners: %w", err)
		}
	}
	own, err := ownListeners()
	if err != nil {
		return ListenersFacts{}, fmt.Errorf("socket.listeners: %w", err)
	}
	others, denied := elsewhere(port)
	onPort := slices.DeleteFunc(slices.Clone(own), func(s diagSocket) bool { return s.port != port })
	rest := slices.DeleteFunc(own, func(s diagSocket) bool { return s.port == port })

	f := ListenersFacts{}
	if addr.IsLoopback() {
		denied = nil // packets to such an address do not leave the namespace
	}
	f.Complete = new(len(denied) == 0)
	f.describe(slices.Concat(onPort, others), rest, &denied)
	f.judge(onPort, others, addr)
	if len(denied) > 0 {
		f.NotPermitted = new(strings.Join(denied, "; "))
	}
	if i := taker(onPort, addr); i >= 0 {
		f.Taker = &f.List[i]
		err = f.queue(ctx, onPort[i])
	}
	return f, err
}

const deniedNetns = "other network namespaces: needs CAP_SYS_ADMIN and CAP_SYS_PTRACE"

func ownListeners() ([]diagSocket, error) {
	d, err := openInetDiag(0)
	if err != nil {
		return nil, err
	}
	defer d.close()
	return d.listeners()
}

// elsewhere are the listeners on the port in the host's other network
// namespaces, and what could not be looked into.
func elsewhere(port uint16) (found []diagSocket, denied []string) {
	namespaces, complete := otherNetns()
	for _, n := range namespaces {
		list, err := n.listeners()
		complete = complete && err == nil
		for _, s := range list {
			if s.port == port {
				found = append(found, s)
			}
		}
	}
	if !complete {
		denied = append(denied, deniedNetns)
	}
	return found, denied
}

// describe lists the sockets with their owners.
func (f *ListenersFacts) describe(onPort, rest []diagSocket, denied *[]string) {
	all := slices.Concat(onPort, rest)
	inodes := make([]uint32, len(all))
	for i, s := range all {
		inodes[i] = s.inode
	}
	pids, complete := owners(inodes)
	if !complete && len(pids) < len(inodes) {
		*denied = append(*denied, "owners of sockets: needs CAP_SYS_PTRACE")
	}
	f.List, f.Others = []Listener{}, []Listener{}
	for _, s := range onPort[:min(len(onPort), maxList)] {
		f.List = append(f.List, s.listener(pids[s.inode]))
	}
	for _, s := range rest[:min(len(rest), maxOthers)] {
		f.Others = append(f.Others, s.listener(pids[s.inode]))
	}
}

// listener is the socket as a fact; pid is 0 where it is not known.
func (s diagSocket) listener(pid int) Listener {
	l := Listener{
		Address: new(s.address.String()), Port: new(int64(s.port)), Family: new("ipv6"), V6Only: s.v6only,
		Queue: new(int64(s.queue)), QueueMax: new(int64(s.queueMax)), Inode: new(int64(s.inode)), Netns: new(s.namespace),
	}
	if s.address.Is4() {
		l.Family = new("ipv4")
	}
	if s.drops != nil {
		l.Drops = new(int64(*s.drops))
	}
	if name := interfaceName(s); name != "" {
		l.Interface = new(name)
	}
	cgroup := ""
	if pid != 0 {
		p := readProcess(pid)
		cgroup = p.cgroup
		l.PID, l.Process, l.Command = new(int64(pid)), filled(p.name), filled(p.command)
	} else {
		cgroup = cgroupByID(s.cgroup)
	}
	l.Unit, l.Container = filled(cgroupUnit(cgroup)), filled(cgroupContainer(cgroup))
	return l
}

// filled is a pointer to the text, nil if there is none.
func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// interfaceName is that of the interface that a socket of this namespace is
// bound to.
func interfaceName(s diagSocket) string {
	if s.ifindex == 0 || s.namespace != "" {
		return ""
	}
	i, err := net.InterfaceByIndex(int(s.ifindex))
	if err != nil {
		return ""
	}
	return i.Name
}

func (s diagSocket) bound() bound {
	return bound{address: s.address, v6only: isTrue(s.v6only), onLo: interfaceName(s) == "lo"}
}

// judge says who listens where, and what the listeners leave out.
func (f *ListenersFacts) judge(here, others []diagSocket, addr netip.Addr) {
	f.Here = new(len(here) > 0)
	switch {
	case len(here)+len(others) > 0:
		f.Found = new(true)
	case *f.Complete:
		f.Found = new(false)
	}
	f.Bound = boundTo(here)
	if len(here) == 0 {
		f.Bound = boundTo(others)
		f.Accepts = new(false)
		switch {
		case len(others) > 0:
			f.Binding = new(bindOtherNetns)
		case *f.Complete:
			f.Binding = new(bindNone)
		}
		return
	}
	if !addr.IsValid() {
		return
	}
	var bounds []bound
	for _, s := range here {
		bounds = append(bounds, s.bound())
	}
	takes := slices.ContainsFunc(bounds, func(b bound) bool { return b.takes(addr) })
	f.Accepts, f.Binding = new(takes), new(bindTakes)
	if !takes {
		f.Binding = new(binding(bounds, addr))
	}
}

func boundTo(list []diagSocket) []string {
	addresses := []string{}
	for _, s := range list {
		addresses = append(addresses, s.address.String())
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// taker is the index of the listener that takes the address, -1 for none: the
// kernel prefers one that is bound to it to a wildcard.
func taker(here []diagSocket, addr netip.Addr) int {
	best := -1
	for i, s := range here {
		if !addr.IsValid() || i >= maxList || !s.bound().takes(addr) {
			continue
		}
		if best < 0 || here[best].address.IsUnspecified() && !s.address.IsUnspecified() {
			best = i
		}
	}
	return best
}

// queue looks at the taker's accept queue, and a second time if it is over its
// limit.
func (f *ListenersFacts) queue(ctx context.Context, taker diagSocket) error {
	full := func(s diagSocket) bool { return s.queue > s.queueMax }
	f.QueueFull = new(full(taker))
	drops := taker.drops
	if full(taker) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(secondLook):
		}
		again, err := ownListeners()
		if err != nil {
			return fmt.Errorf("socket.listeners: %w", err)
		}
		i := slices.IndexFunc(again, func(s diagSocket) bool { return s.inode == taker.inode })
		f.QueueFull = new(i >= 0 && full(again[i]))
		if i >= 0 {
			drops = again[i].drops
		}
	}
	if drops != nil {
		f.Dropping = new(*drops > 0)
	}
	return nil
}
