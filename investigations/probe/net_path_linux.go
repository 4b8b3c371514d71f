package probe

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// pathWait is for the whole trace. In it the kernel sends a SYN that nobody
	// answers twice more at least, which ICMP rate limits make needed, and a
	// router's failed neighbour lookup shows, after three seconds.
	pathWait    = 4 * time.Second
	pathStagger = 20 * time.Millisecond // between hops: a near end shows before the far hops are asked
	pathHops    = 16
)

// NetPath traces the path to an endpoint: SYNs with a TTL of one, two and so
// on, all hops side by side. It takes at most four seconds.
func NetPath(ctx context.Context, args PathArgs) (PathFacts, error) {
	addr, err := parseAddress(args.Address)
	if err != nil {
		return PathFacts{}, fmt.Errorf("net.path: %w", err)
	}
	port, err := parsePort(args.Port)
	if err != nil {
		return PathFacts{}, fmt.Errorf("net.path: %w", err)
	}
	start := time.Now()
	tr := trace{to: netip.AddrPortFrom(addr, port), hops: make([]try, within(args.MaxHops, pathHops, 1, 30))}
	if err := tr.run(ctx); err != nil {
		return PathFacts{}, fmt.Errorf("net.path: %w", err)
	}
	f := pathFacts(addr, tr.hops)
	f.TookMS = milliseconds(time.Since(start))
	return f, nil
}

// trace is a path trace under way.
type trace struct {
	to   netip.AddrPort
	hops []try // what each TTL came to, from one on

	mu   sync.Mutex
	end  int // the lowest TTL that met the end of the path, 0 unless known
	stop []context.CancelFunc
}

// run asks all hops and waits for them.
func (tr *trace) run(ctx context.Context) error {
	errs := make([]error, len(tr.hops))
	tr.stop = make([]context.CancelFunc, len(tr.hops))
	contexts := make([]context.Context, len(tr.hops))
	for i := range tr.hops {
		contexts[i], tr.stop[i] = context.WithCancel(ctx)
		defer tr.stop[i]()
	}
	var all sync.WaitGroup
	for i := range tr.hops {
		all.Go(func() { tr.hops[i], errs[i] = tr.hop(contexts[i], i+1) })
	}
	all.Wait()
	return firstError(ctx, errs)
}

// hop asks one TTL.
func (tr *trace) hop(ctx context.Context, ttl int) (t try, err error) {
	after := time.Duration(ttl-1) * pathStagger
	select {
	case <-ctx.Done():
		return t, nil
	case <-time.After(after):
	}
	t, err = connectTTL(ctx, tr.to, ttl, pathWait-after)
	t.address = tr.to.Addr()
	if err == nil && endsPath(t) {
		tr.ended(ttl)
	}
	return t, err
}

// ended stops the hops behind one that met the end of the path.
func (tr *trace) ended(ttl int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.end == 0 || ttl < tr.end {
		tr.end = ttl
	}
	for _, stop := range tr.stop[tr.end:] {
		stop()
	}
}

func connectTTL(ctx context.Context, to netip.AddrPort, ttl int, wait time.Duration) (t try, err error) {
	fd, err := tcpSocket(to.Addr())
	if err != nil {
		return t, err
	}
	level, option := unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS
	if to.Addr().Is4() {
		level, option = unix.IPPROTO_IP, unix.IP_TTL
	}
	if err := unix.SetsockoptInt(fd, level, option, ttl); err != nil {
		unix.Close(fd)
		return t, fmt.Errorf("set the TTL: %w", err)
	}
	return connectSocket(ctx, fd, to, 0, wait)
}

// endsPath says if an answer came from where the path ends: anything but a
// router's word that the TTL ran out.
func endsPath(t try) bool {
	return t.answered() && (t.icmp == nil || t.icmp.name() != "ttl-exceeded")
}

// maxSilent are the silent hops that are told behind the last that answered.
const maxSilent = 3

// pathFacts sums up what each TTL came to.
func pathFacts(asked netip.Addr, hops []try) PathFacts {
	f := PathFacts{Hops: []Hop{}, Reached: new(false), Answer: new("none")}
	last := 0
	for i, t := range hops {
		ttl := int64(i + 1)
		f.Hops = append(f.Hops, hopFact(ttl, asked, t))
		if !t.answered() || t.noPacket {
			continue
		}
		last, f.Length = i+1, new(ttl)
		if !endsPath(t) {
			f.LastHop = f.Hops[i].Address
			continue
		}
		f.Answer, f.By = new("icmp"), f.Hops[i].Address
		if t.icmp == nil {
			f.Answer = f.Hops[i].Answer
		}
		f.Reached = new(t.icmp == nil || t.icmp.offender == asked)
		break
	}
	f.Hops = f.Hops[:min(len(f.Hops), last+maxSilent)]
	return f
}

func hopFact(ttl int64, asked netip.Addr, t try) Hop {
	h := Hop{TTL: new(ttl), Answer: new("none")}
	if !t.answered() || t.noPacket {
		return h
	}
	h.RTTMS = milliseconds(t.took)
	switch {
	case t.icmp != nil:
		h.Answer = new(t.icmp.name())
		if t.icmp.offender.IsValid() {
			h.Address = new(t.icmp.offender.String())
		}
	case t.outcome == connected:
		h.Answer, h.Address = new("connected"), new(asked.String())
	case t.outcome == refused:
		h.Answer = new("reset")
	}
	return h
}
