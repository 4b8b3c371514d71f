package probe

import (
	"net/netip"
	"slices"
)

// facts sums up what the attempts came to; tries are in the order of the
// plan's addresses.
func (p connectPlan) facts(tries [][]try) ConnectFacts {
	f := ConnectFacts{Port: new(int64(p.port)), Accepting: []string{}, Refusing: []string{}}
	for i, addr := range p.addresses {
		c := sumUp(addr, tries[i])
		f.Results = append(f.Results, c)
		switch {
		case isTrue(c.Connected):
			f.Accepting = append(f.Accepting, addr.String())
		case isTrue(c.Refused):
			f.Refusing = append(f.Refusing, addr.String())
		}
	}
	f.first(p.addresses[0], tries[0])
	f.OwnAddress = p.own(f.Source)

	var all []try
	for _, t := range tries {
		all = append(all, t...)
	}
	slices.SortStableFunc(all, func(a, b try) int { return int(a.at - b.at) })
	for _, t := range all {
		f.Attempts = append(f.Attempts, t.attempt())
		if t.source.Port() != 0 {
			f.SourcePorts = append(f.SourcePorts, int64(t.source.Port()))
		}
	}
	if len(p.sources) > 0 {
		f.PortsTaken = new(slices.ContainsFunc(all, func(t try) bool { return t.portTaken }))
	}
	return f
}

// first fills in the summary, which is of the first address.
func (f *ConnectFacts) first(addr netip.Addr, tries []try) {
	c := f.Results[0]
	f.Address, f.Connected, f.Refused, f.Reset = c.Address, c.Connected, c.Refused, c.Reset
	f.TimedOut, f.Errno, f.ICMP, f.RTTMS = c.TimedOut, c.Errno, c.ICMP, c.RTTMS
	f.Family = new("ipv6")
	if addr.Is4() {
		f.Family = new("ipv4")
	}
	var ends []string
	for _, t := range tries {
		if t.outcome != "" {
			ends = append(ends, t.outcome)
		}
		if t.source.Addr().IsValid() {
			f.Source = new(t.source.Addr().String())
		}
	}
	if len(ends) > 0 {
		slices.Sort(ends)
		f.Mixed = new(len(slices.Compact(ends)) > 1)
	}
	if t, ok := telling(tries); ok {
		f.NoPacket = new(t.noPacket)
	}
}

// own says if the first address is this host's. A quick check knows it only
// where the kernel chose the address itself to come from.
func (p connectPlan) own(source *string) *bool {
	addr := p.addresses[0]
	switch {
	case addr.IsLoopback() || source != nil && *source == addr.String():
		return new(true)
	case p.attempts == 1:
		return nil
	}
	return ownAddress(addr)
}

// telling is the attempt that says most: one that was answered before one that
// was not.
func telling(tries []try) (t try, ok bool) {
	for _, t := range tries {
		if t.answered() {
			return t, true
		}
	}
	for _, t := range tries {
		if t.outcome != "" {
			return t, true
		}
	}
	return try{}, false
}

// sumUp is what one address came to. With no attempt at an end nothing is
// known of it but its name.
func sumUp(addr netip.Addr, tries []try) Connect {
	c := Connect{Address: new(addr.String())}
	t, ok := telling(tries)
	if !ok {
		return c
	}
	c.Connected = new(t.outcome == connected)
	c.Refused = new(t.outcome == refused)
	c.TimedOut = new(t.outcome == timedOut)
	c.ICMP = t.icmpFact()
	switch {
	case t.outcome != refused || t.icmp != nil:
		c.Reset = new(false)
	case tellsICMP():
		c.Reset = new(true)
	}
	if t.outcome != connected {
		c.Errno = new(t.outcome)
	}
	if t.answered() && !t.noPacket {
		c.RTTMS = milliseconds(t.took)
	}
	return c
}

// attempt is the try as a fact.
func (t try) attempt() Attempt {
	a := Attempt{Address: new(t.address.String()), AtMS: milliseconds(t.at), TookMS: milliseconds(t.took), ICMP: t.icmpFact()}
	if t.source.Port() != 0 {
		a.SourcePort = new(int64(t.source.Port()))
	}
	if t.outcome != "" {
		a.Outcome = new(t.outcome)
	}
	return a
}

func isTrue(b *bool) bool { return b != nil && *b }

// icmpFact is the ICMP error that ended the try, if one did.
func (t try) icmpFact() *ICMP {
	if t.icmp == nil {
		return nil
	}
	return t.icmp.fact(t.address, t.took)
}
