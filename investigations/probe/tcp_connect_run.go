package probe

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// connectPlan is ConnectArgs, checked and with its defaults.
type connectPlan struct {
	addresses []netip.Addr
	port      uint16
	sources   []uint16
	attempts  int
	spacing   time.Duration
	timeout   time.Duration
}

// TCPConnect opens TCP connections to a port of each address, all side by side,
// and closes those that come about. Attempts to one address overlap and the
// first answer of any kind ends them. With one attempt it is a quick check,
// without what is told of resets (RST, KernelReset).
func TCPConnect(ctx context.Context, args ConnectArgs) (ConnectFacts, error) {
	p, err := args.plan()
	if err != nil {
		return ConnectFacts{}, fmt.Errorf("tcp.connect: %w", err)
	}
	var resets *resetCapture
	var denied error
	if p.attempts > 1 {
		resets, denied = captureResets(p.port)
		defer resets.close()
	}
	tries, err := p.run(ctx)
	if err != nil {
		return ConnectFacts{}, fmt.Errorf("tcp.connect: %w", err)
	}
	facts := p.facts(tries)
	if denied != nil {
		facts.NotPermitted = new("resets could not be captured: " + denied.Error())
	}
	if p.attempts > 1 {
		facts.addResets(ctx, p, resets)
	}
	return facts, nil
}

func (a ConnectArgs) plan() (p connectPlan, err error) {
	if len(a.Addresses) == 0 || len(a.Addresses) > 8 {
		return p, fmt.Errorf("%d addresses: 1 to 8 are possible", len(a.Addresses))
	}
	for _, s := range a.Addresses {
		addr, err := parseAddress(s)
		if err != nil {
			return p, err
		}
		p.addresses = append(p.addresses, addr)
	}
	if p.port, err = parsePort(a.Port); err != nil {
		return p, err
	}
	if len(a.SourcePorts) > 40 {
		return p, fmt.Errorf("%d source ports: at most 40 are possible", len(a.SourcePorts))
	}
	for _, n := range a.SourcePorts {
		source, err := parsePort(n)
		if err != nil {
			return p, err
		}
		p.sources = append(p.sources, source)
	}
	p.attempts = int(within(a.Attempts, 2, 1, 5))
	p.spacing = time.Duration(within(a.SpacingMS, 1200, 1, 5000)) * time.Millisecond
	p.timeout = time.Duration(within(a.TimeoutMS, 4000, 1, 15000)) * time.Millisecond
	return p, nil
}

// try is one connect(2) and how it ended.
type try struct {
	address   netip.Addr
	source    netip.AddrPort
	at, took  time.Duration // from the probe's start; from the SYN
	outcome   string        // connected, the errno's name, or "" if it was cut short
	noPacket  bool          // failed before a SYN was sent
	portTaken bool          // the source port asked for was not free
	icmp      *icmpError    // what an ICMP error said, if one ended it
}

const (
	connected = "connected"
	refused   = "ECONNREFUSED"
	timedOut  = "ETIMEDOUT"
)

// answered tells an end that somebody gave from silence.
func (t try) answered() bool { return t.outcome != "" && t.outcome != timedOut }

// run makes all attempts: a list of tries for each address.
func (p connectPlan) run(ctx context.Context) ([][]try, error) {
	start := time.Now()
	tries := make([][]try, len(p.addresses))
	errs := make([]error, len(p.addresses))
	if len(p.addresses) == 1 {
		tries[0], errs[0] = p.address(ctx, p.addresses[0], start)
		return tries, firstError(ctx, errs)
	}
	var all sync.WaitGroup
	for i, addr := range p.addresses {
		all.Go(func() { tries[i], errs[i] = p.address(ctx, addr, start) })
	}
	all.Wait()
	return tries, firstError(ctx, errs)
}

// firstError is ctx's error or the first of errs.
func firstError(ctx context.Context, errs []error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// attempt makes the i-th attempt to an address.
func (p connectPlan) attempt(ctx context.Context, addr netip.Addr, i int, start time.Time) (try, error) {
	var source uint16
	if i < len(p.sources) {
		source = p.sources[i]
	}
	at := time.Since(start)
	t, err := connectOnce(ctx, netip.AddrPortFrom(addr, p.port), source, p.timeout)
	if t.portTaken {
		t, err = connectOnce(ctx, netip.AddrPortFrom(addr, p.port), 0, p.timeout)
		t.portTaken = true
	}
	t.address, t.at = addr, at
	return t, err
}

// ended is an attempt that has come to its end.
type ended struct {
	index int
	try   try
	err   error
}

// address makes the attempts to one address. All of them have ended when it
// returns.
func (p connectPlan) address(ctx context.Context, addr netip.Addr, start time.Time) ([]try, error) {
	if p.attempts == 1 {
		t, err := p.attempt(ctx, addr, 0, start)
		return []try{t}, err
	}
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	results := make(chan ended, p.attempts)
	next := time.NewTimer(0)
	defer next.Stop()

	var failure error
	tries := make([]try, p.attempts)
	started, done := 0, 0
	for started < p.attempts || done < started {
		select {
		case <-next.C:
			go func(i int) {
				t, err := p.attempt(ctx, addr, i, start)
				results <- ended{i, t, err}
			}(started)
			if started++; started < p.attempts {
				next.Reset(p.spacing)
			}
		case e := <-results:
			done++
			tries[e.index] = e.try
			if e.err != nil {
				failure = e.err
			}
			if e.err != nil || e.try.answered() {
				enough()
			}
		case <-ctx.Done():
			for ; done < started; done++ {
				e := <-results
				tries[e.index] = e.try
			}
			return tries[:started], failure
		}
	}
	return tries[:started], failure
}
