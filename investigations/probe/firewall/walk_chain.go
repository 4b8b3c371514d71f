package firewall

import "fmt"

// Bounds of a walk; beyond them nothing is decided.
const (
	maxWays  = 512
	maxSteps = 1_000_000
	maxDepth = 64 // the kernel allows 16 in nftables
)

// ended is a way with the verdict that ended it in a base chain.
type ended struct {
	way
	verdict verdict
	by      decider
}

// walker carries a packet through chains.
type walker struct {
	host  *host
	base  *chain
	steps int
	// gaveUp says why the walk is not complete, if it is not.
	gaveUp string
}

// chain walks a chain from its first rule. The ways that fall off its end, or
// return, come back as through.
func (k *walker) chain(c *chain, in []way, depth int) (through []way, ends []ended) {
	if depth > maxDepth {
		k.gaveUp = "chains nest too deep"
		return nil, nil
	}
	ways := in
	for _, r := range c.rules {
		var next []way
		for _, w := range ways {
			v := visit{walker: k, chain: c, rule: r, depth: depth}
			v.run(w)
			next = append(next, v.next...)
			through = append(through, v.returned...)
			ends = append(ends, v.ends...)
		}
		ways = k.merge(next)
		if len(ways) == 0 {
			break
		}
	}
	return k.merge(append(through, ways...)), ends
}

// visit is one rule met by one way.
type visit struct {
	*walker
	chain    *chain
	rule     *rule
	depth    int
	next     []way // on with the next rule
	returned []way
	ends     []ended
}

func (v *visit) run(start way) {
	if v.steps++; v.steps > maxSteps {
		v.gaveUp = "too many rules and possibilities"
		return
	}
	w := &work{way: &start, host: v.host, base: v.base, table: v.chain.table}
	for _, e := range v.rule.exprs {
		o := e.eval(w)
		if o.match == no {
			break
		}
		if o.match == maybe || len(o.verdicts) > 1 {
			start = start.assuming(v.describe(o.why))
		}
		if o.match == maybe {
			v.next = append(v.next, start)
		}
		if len(o.verdicts) > 0 {
			for _, d := range o.verdicts {
				v.take(start, d)
			}
			return
		}
	}
	v.next = append(v.next, start)
}

// take follows one verdict of the rule.
func (v *visit) take(w way, d verdict) {
	if d.note != "" {
		w.note = d.note
	}
	switch d.kind {
	case vContinue, vBreak:
		v.next = append(v.next, w)
	case vReturn:
		v.returned = append(v.returned, w)
	case vJump, vGoto:
		v.follow(w, d)
	default:
		if d.kind == vLost {
			w = w.assuming(v.describe(d.why))
		}
		v.ends = append(v.ends, ended{w, d, decider{v.rule, v.chain, v.base}})
	}
}

func (v *visit) follow(w way, d verdict) {
	to := v.chain.table.byName[d.chain]
	if to == nil {
		v.gaveUp = "no chain " + d.chain
		return
	}
	if z := zone(to); z != "" && firewalld(to.table) {
		w.zone = z
	}
	through, ends := v.walker.chain(to, []way{w}, v.depth+1)
	v.ends = append(v.ends, ends...)
	if d.kind == vGoto {
		v.returned = append(v.returned, through...)
	} else {
		v.next = append(v.next, through...)
	}
}

// describe says what is not known and in which rule.
func (v *visit) describe(what string) string {
	return fmt.Sprintf("%s in rule %d of chain %s (table %s %s)", orElse(what, "a match that cannot be evaluated"),
		v.rule.position, v.chain.name, v.chain.table.family, v.chain.table.name)
}

// merge makes ways that came to the same state one way.
func (k *walker) merge(ways []way) []way {
	if len(ways) < 2 {
		return ways
	}
	seen := make(map[state]bool, len(ways))
	out := ways[:0:0]
	for _, w := range ways {
		if !seen[w.state] {
			seen[w.state] = true
			out = append(out, w)
		}
	}
	if len(out) > maxWays {
		k.gaveUp = "too many possibilities"
		return nil
	}
	return out
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
