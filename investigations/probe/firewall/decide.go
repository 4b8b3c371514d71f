package firewall

import (
	"net/netip"
	"slices"
)

// decision is what all ways of a packet come to.
type decision struct {
	decided bool
	verdict verdict
	by      decider // zero: several may, or none
	state   state   // at the decider
	why     []string
	empty   bool
	to      destination
}

// destination is where the rules lead the packet.
type destination struct {
	rewritten bool
	place     netip.AddrPort // zero: not one place, or not known
}

// decide compares the ends of all ways: only what all agree on is decided.
func (t *trip) decide() decision {
	d := decision{empty: !t.seen}
	if t.gaveUp != "" {
		d.why = []string{t.gaveUp}
		return d
	}
	if len(t.ends) == 0 {
		d.why = []string{"no way through the rules"}
		return d
	}
	first := t.ends[0]
	d.decided, d.verdict, d.by, d.state = true, first.verdict, first.by, first.state
	for _, e := range t.ends {
		if e.verdict.kind == vLost || e.verdict.kind != first.verdict.kind || e.verdict.with != first.verdict.with {
			d.decided = false
		}
		if e.by != first.by {
			d.by = decider{}
		}
	}
	if !d.decided || d.by == (decider{}) {
		d.why = t.reasons()
	}
	if !d.decided {
		d.verdict, d.by = verdict{}, decider{}
	}
	d.to = t.leads()
	return d
}

// leads is where all ways lead that are not ended before.
func (t *trip) leads() destination {
	d := destination{}
	for i, e := range t.ends {
		at := netip.AddrPortFrom(e.dst, e.dport)
		d.rewritten = d.rewritten || e.dstUnknown || at != netip.AddrPortFrom(e.origDst, e.origDport)
		if e.dstUnknown || i > 0 && at != d.place {
			return destination{rewritten: true}
		}
		d.place = at
	}
	return d
}

// doubt takes a decision back for what stands beside the rules.
func (d decision) doubt(beside []string) decision {
	if len(beside) == 0 {
		return d
	}
	return decision{empty: d.empty, why: append(slices.Clone(beside), d.why...)}
}

// reasons are the assumptions of all ways, each once, in the order met.
func (t *trip) reasons() []string {
	var out []string
	for _, e := range t.ends {
		var way []string
		for r := e.why; r != nil; r = r.prev {
			way = append(way, r.text)
		}
		slices.Reverse(way)
		for _, s := range way {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
