package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"
)

// signals are how a watch and its paired check find each other.
type signals struct {
	armed  func()          // may be nil
	finish <-chan struct{} // may be nil
}

// TCPWatch watches for the connections of a paired check until finish is
// closed or the watch's duration is over. armed is called as soon as no packet
// can be missed.
func (s *Set) TCPWatch(ctx context.Context, args WatchArgs, sig signals) (WatchFacts, error) {
	addr, err := parseAddress(args.Address)
	if err != nil {
		return WatchFacts{}, fmt.Errorf("tcp.watch: %w", err)
	}
	port, err := parsePort(args.Port)
	if err != nil {
		return WatchFacts{}, fmt.Errorf("tcp.watch: %w", err)
	}
	if len(args.SourcePorts) > 40 {
		return WatchFacts{}, fmt.Errorf("tcp.watch: %d source ports: at most 40 are possible", len(args.SourcePorts))
	}
	duration := time.Duration(within(args.DurationMS, 8000, 1, 60000)) * time.Millisecond
	ends := time.Now().Add(duration)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(ends) {
		ends = deadline.Add(-100 * time.Millisecond) // so that there is an answer
	}
	w := newWatcher(addr, port, args.SourcePorts)
	rules, denied := s.rules(ctx)
	facts, err := w.run(ctx, sig, ends)
	if err != nil {
		return WatchFacts{}, fmt.Errorf("tcp.watch: %w", err)
	}
	if denied == "" {
		var after []RuleCount
		if after, denied = s.rules(ctx); denied == "" {
			facts.Rules = risen(rules, after)
		}
	}
	facts.lacks(denied)
	return facts, nil
}

// rules reads the rules' counters, if this runner was given a way to.
func (s *Set) rules(ctx context.Context) (counts []RuleCount, denied string) {
	if s.Rules == nil {
		return nil, "rule counters are not available"
	}
	counts, err := s.Rules(ctx)
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			return nil, "needs CAP_NET_ADMIN to see the rules' counters"
		}
		return nil, "rule counters: " + err.Error()
	}
	return counts, ""
}

func (f *WatchFacts) lacks(what string) {
	switch {
	case what == "":
	case f.NotPermitted == nil:
		f.NotPermitted = &what
	default:
		f.NotPermitted = new(*f.NotPermitted + "; " + what)
	}
}

// risen are the rules whose counters rose, by how much.
func risen(before, after []RuleCount) []RuleCount {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	key := func(r RuleCount) string {
		handle := int64(0)
		if r.Handle != nil {
			handle = *r.Handle
		}
		return strings.Join([]string{text(r.Family), text(r.Table), text(r.Chain), text(r.Text), fmt.Sprint(handle)}, "\x00")
	}
	was := map[string]int64{}
	for _, r := range before {
		if r.Packets != nil {
			was[key(r)] = *r.Packets
		}
	}
	list := []RuleCount{}
	for _, r := range after {
		if n, ok := was[key(r)]; ok && r.Packets != nil && *r.Packets > n && len(list) < 64 {
			r.Packets = new(*r.Packets - n)
			list = append(list, r)
		}
	}
	return list
}

// watcher is one watch: what to look for, and what was seen.
type watcher struct {
	address netip.Addr
	here    bool // the address is this host's; if not, NAT leads here and it is not compared
	port    uint16
	sources []uint16
	seen    sighting
}

func newWatcher(addr netip.Addr, port uint16, sources []int64) *watcher {
	w := &watcher{address: addr, port: port, here: isTrue(ownAddress(addr))}
	for _, n := range sources {
		if p, err := parsePort(n); err == nil {
			w.sources = append(w.sources, p)
		}
	}
	return w
}

// run captures from when it says armed until the end.
func (w *watcher) run(ctx context.Context, sig signals, ends time.Time) (f WatchFacts, err error) {
	c, denied := openCapture(w.port)
	if denied == nil {
		defer c.close()
	}
	before, err := readSettled(c, func(captured) {})
	if err != nil {
		return f, err
	}
	if sig.armed != nil {
		sig.armed()
	}
	if denied == nil {
		err = w.watch(ctx, c, sig.finish, ends)
	} else {
		err = pause(ctx, sig.finish, ends)
	}
	if err != nil {
		return f, err
	}
	after, err := readSettled(c, w.take)
	if err != nil {
		return f, err
	}
	f = w.seen.facts(denied == nil && c.lost() == 0, before, after)
	if denied != nil {
		f = WatchFacts{NotPermitted: new(denied.Error() + " to see packets")}
	}
	f.behind(takesFirst())
	f.Armed = new(true)
	f.counters(before, after)
	return f, nil
}

// readSettled reads the counters at a moment at which every packet that they
// count was taken from the capture, if there is one, and none that they do not.
func readSettled(c *capture, take func(captured)) (n counters, err error) {
	for range 10 {
		c.drain(take)
		if n, err = readAllCounters(); err != nil {
			return n, err
		}
		if c.drain(take) == 0 {
			return n, nil
		}
	}
	return n, nil // a busy host: ResetsSeen and OutRsts will not agree
}

// drain takes what is there and says how many that were.
func (c *capture) drain(take func(captured)) (n int) {
	if c == nil {
		return 0
	}
	for ; n < 10000; n++ {
		p, ok := c.waiting()
		if !ok {
			break
		}
		take(p)
	}
	return n
}

// watch takes packets until the end.
func (w *watcher) watch(ctx context.Context, c *capture, finish <-chan struct{}, ends time.Time) error {
	c.until(ends)
	over := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
		case <-finish:
		case <-over:
		}
		c.until(time.Unix(1, 0))
	}()
	defer func() { close(over); <-stopped }()
	for {
		p, err := c.next()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return cancelled(ctx)
		}
		if err != nil {
			return fmt.Errorf("capture: %w", err)
		}
		w.take(p)
	}
}

// pause waits until the end without looking.
func pause(ctx context.Context, finish <-chan struct{}, ends time.Time) error {
	timer := time.NewTimer(time.Until(ends))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-finish:
	case <-timer.C:
	}
	return cancelled(ctx)
}

// cancelled is ctx's error if it was cancelled; at its deadline a watch still
// tells what it saw.
func cancelled(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return nil
}

// take looks at a packet. To the watch a SYN is one that comes in here, and an
// answer one that leaves.
func (w *watcher) take(p captured) {
	reset := p.protocol == protoTCP && p.flags&flagRST != 0
	if reset && p.outgoing {
		w.seen.resets++
	}
	switch {
	case !p.outgoing && w.isSYN(p.packet):
		w.seen.syn(p)
	case !p.outgoing && reset && w.from(p.destination):
		w.seen.passing = w.seen.passing || !isLoopback(p.index)
	case p.outgoing && w.isAnswer(p.packet):
		w.seen.answer(p)
	}
}

func (w *watcher) isEndpoint(a netip.AddrPort) bool {
	return a.Port() == w.port && (a.Addr() == w.address || !w.here)
}

func (w *watcher) from(a netip.AddrPort) bool { return slices.Contains(w.sources, a.Port()) }

func (w *watcher) isSYN(p packet) bool {
	return p.protocol == protoTCP && p.flags&(flagSYN|flagACK|flagRST) == flagSYN && w.isEndpoint(p.destination) && w.from(p.source)
}

// isAnswer says if a packet answers a SYN of the paired check: from the
// endpoint to its source, or an ICMP error that quotes it.
func (w *watcher) isAnswer(p packet) bool {
	if p.quoted != nil {
		return p.quoted.protocol == protoTCP && w.isEndpoint(p.quoted.destination) && w.from(p.quoted.source)
	}
	return p.protocol == protoTCP && w.isEndpoint(p.source) && w.from(p.destination) && p.flags&(flagSYN|flagRST) != 0 &&
		p.flags&(flagSYN|flagACK) != flagSYN
}

func isLoopback(index int) bool {
	i, err := net.InterfaceByIndex(index)
	return err == nil && i.Flags&net.FlagLoopback != 0
}
