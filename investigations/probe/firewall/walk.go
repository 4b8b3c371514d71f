package firewall

import (
	"fmt"
	"slices"
)

// trip is the way of a packet through the hooks of a host.
type trip struct {
	*walker
	rules *ruleset
	asked string // the hook asked about
	seen  bool   // a rule, or a policy that drops, stood on the way
	ends  []ended
}

// walk takes the packet through all hooks and gives every way it may end.
// A way that was not dropped ends with accept.
func walk(rs *ruleset, p packet, hook string, h *host) *trip {
	t := &trip{walker: &walker{host: h}, rules: rs, asked: hook}
	in := p.iif
	start := []way{{state: state{packet: p}}}
	if hook == hookOutput {
		start = t.hook(hookOutput, start)
		t.finish(t.leave(t.reroute(start)))
		return t
	}
	out := p.oif
	start[0].oif = iface{}
	start = t.hook(hookIngress, start)
	start = t.hook(hookPrerouting, start)
	local, forward := t.route(start, in, out)
	t.finish(t.hook(hookInput, local))
	t.finish(t.leave(t.hook(hookForward, forward)))
	return t
}

// leave takes ways through the last hooks on the way out.
func (t *trip) leave(ways []way) []way {
	return t.hook(hookEgress, t.hook(hookPostrouting, ways))
}

// route splits what comes out of prerouting into what is for this host and
// what goes on.
func (t *trip) route(ways []way, in, out iface) (local, forward []way) {
	for _, w := range ways {
		kind, known := t.kindAfter(w)
		switch {
		case !known:
			w = w.assuming("where the rewritten destination lies")
			t.ends = append(t.ends, ended{w, verdict{kind: vLost}, decider{}})
		case kind == kindLocal:
			w.iif = in
			local = append(local, w)
		default:
			w.oif = out
			if w.dst != w.origDst {
				w.oif = t.leaves(w)
			}
			forward = append(forward, w)
		}
	}
	return local, forward
}

func (t *trip) kindAfter(w way) (addrKind, bool) {
	switch {
	case w.dstUnknown:
		return 0, false
	case w.dst != w.origDst:
		return t.host.kind(w.dst, 0)
	case t.asked == hookForward:
		return kindUnicast, true
	}
	return kindLocal, true
}

// reroute finds the interface again for what was rewritten on its way out.
func (t *trip) reroute(ways []way) []way {
	for i, w := range ways {
		if w.dst != w.origDst || w.dstUnknown {
			ways[i].oif = t.leaves(w)
		}
	}
	return ways
}

func (t *trip) leaves(w way) iface {
	if out, ok := t.host.route(w.dst); ok && !w.dstUnknown {
		return out
	}
	return iface{unknown: true}
}

// hook takes ways through all base chains of a hook.
func (t *trip) hook(hook string, ways []way) []way {
	if len(ways) == 0 {
		return nil
	}
	for i := range ways {
		ways[i].skipNAT = false
	}
	for _, group := range t.rules.baseChains(hook, &ways[0].packet) {
		var out []way
		possible := orders(group)
		for _, order := range possible {
			w := slices.Clone(ways)
			if len(possible) > 1 {
				w = assumeOrder(w, group[0])
			}
			for _, c := range order {
				w = t.baseChain(c, w)
			}
			out = append(out, w...)
		}
		ways = t.merge(out)
	}
	return ways
}

// assumeOrder notes that an order among tables was assumed.
func assumeOrder(ways []way, c *chain) []way {
	for i, w := range ways {
		ways[i] = w.assuming(fmt.Sprintf("which chain of priority %d at hook %s runs first", c.priority, c.hook))
	}
	return ways
}

// orders are the orders in which a group of equal rank may run: one, if all
// are of one table or nothing in them can end a packet.
func orders(group []*chain) [][]*chain {
	tables := map[*table]bool{}
	for _, c := range group {
		if c.drop || len(c.rules) > 0 {
			tables[c.table] = true
		}
	}
	if len(tables) < 2 {
		return [][]*chain{group}
	}
	back := slices.Clone(group)
	slices.Reverse(back)
	return [][]*chain{group, back}
}

// baseChain takes ways through one base chain: accept goes on with the next.
func (t *trip) baseChain(c *chain, in []way) []way {
	var out, enter []way
	for _, w := range in {
		if c.kind == "nat" && (w.skipNAT || w.untracked) {
			out = append(out, w)
		} else {
			enter = append(enter, w)
		}
	}
	t.seen = t.seen || c.drop || len(c.rules) > 0
	t.base = c
	through, ends := t.chain(c, enter, 0)
	for _, e := range ends {
		if e.verdict.kind == vAccept {
			out = append(out, e.acceptedBy(e.by))
		} else {
			t.ends = append(t.ends, e)
		}
	}
	for _, w := range through {
		if c.drop {
			t.ends = append(t.ends, ended{w, verdict{kind: vDrop}, decider{nil, c, c}})
		} else {
			out = append(out, w.passedBy(c))
		}
	}
	return t.merge(out)
}

// acceptedBy remembers the last rule that accepted; one of NAT only rewrites.
func (w way) acceptedBy(d decider) way {
	if d.base.kind != "nat" {
		w.accepted = d
	}
	return w
}

// passedBy remembers the policy that let the packet pass, unless a rule did
// already: that of the hook where filters stand says most.
func (w way) passedBy(c *chain) way {
	filters := c.hook == hookInput || c.hook == hookForward || c.hook == hookOutput
	if w.accepted.rule == nil && c.kind != "nat" && (w.accepted.base == nil || filters) {
		w.accepted = decider{nil, c, c}
	}
	return w
}

func (t *trip) finish(ways []way) {
	for _, w := range ways {
		t.ends = append(t.ends, ended{w, verdict{kind: vAccept}, w.accepted})
	}
}
