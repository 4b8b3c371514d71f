package firewall

import (
	"net/netip"
	"strings"
	"testing"
)

// The tests' rules in short: conditions, and what follows.
func dport(p uint16) []expr {
	return []expr{&payload{baseTransport, 2, 2, 1}, &cmp{cmpEq, 1, port(p)}}
}

func does(v verdict, conditions ...expr) []expr {
	return append(conditions, &immediateVerdict{v})
}

func perhaps() expr { return &doubt{name: "limit", text: "a rate limit"} }

var (
	accepts = verdict{kind: vAccept}
	drops   = verdict{kind: vDrop}
	returns = verdict{kind: vReturn}
	resets  = verdict{kind: vReject, with: "tcp-reset"}
)

func jump(to string) verdict { return verdict{kind: vJump, chain: to} }

func goTo(to string) verdict { return verdict{kind: vGoto, chain: to} }

// chainOf makes a chain; with a hook it is a base chain of that priority.
func chainOf(name, hook string, priority int, rules ...[]expr) *chain {
	c := &chain{name: name, base: hook != "", hook: hook, priority: priority, kind: "filter"}
	for i, e := range rules {
		c.rules = append(c.rules, &rule{chain: c, handle: int64(i + 101), position: int64(i + 1), exprs: e})
	}
	return c
}

func tableOf(name string, chains ...*chain) *table {
	t := &table{engine: engineNft, family: "inet", name: name, byName: map[string]*chain{}, sets: map[string]*set{}}
	for _, c := range chains {
		c.table = t
		t.chains, t.byName[c.name] = append(t.chains, c), c
	}
	return t
}

var testHost = &host{
	kind: func(a netip.Addr, _ int) (addrKind, bool) {
		return pick(a.String() == "10.77.1.254", kindLocal, kindUnicast), true
	},
	route:    func(netip.Addr) (iface, bool) { return iface{index: 2, name: "eth0"}, true },
	redirect: func(iface, bool) (netip.Addr, bool) { return mustAddr("10.77.1.254"), true },
}

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }

func syn(port uint16) packet {
	d := mustAddr("10.77.1.254")
	return packet{src: mustAddr("10.77.1.1"), dst: d, origDst: d, sportLo: 40000, sportHi: 40000, dport: port, origDport: port,
		iif: iface{index: 2, name: "eth0"}, mark: noMark, ctMark: noMark}
}

func decideOn(p packet, hook string, tables ...*table) decision {
	return walk(&ruleset{tables: tables}, p, hook, testHost).decide()
}

// short is a decision in a word: the verdict and where it was made.
func short(d decision) string {
	if !d.decided {
		return "open: " + strings.Join(d.why, "; ")
	}
	s := d.verdict.String()
	switch {
	case d.by.chain == nil:
		return s
	case d.by.rule == nil:
		return s + " by policy of " + d.by.chain.name
	}
	return s + " by " + d.by.chain.name + " " + itoa(d.by.rule.position)
}

func TestWalk(t *testing.T) {
	dropping := func(c *chain) *chain { c.drop = true; return c }
	for _, c := range []struct {
		name   string
		chains []*chain
		want   string
	}{
		{"no rules", nil, "accept"},
		{"policy", []*chain{dropping(chainOf("in", hookInput, 0))}, "drop by policy of in"},
		{"first match", []*chain{chainOf("in", hookInput, 0, does(resets, dport(80)...), does(drops))}, "reject with tcp-reset by in 1"},
		{"no match", []*chain{chainOf("in", hookInput, 0, does(drops, dport(81)...))}, "accept by policy of in"},
		{"accept goes on with the next base chain",
			[]*chain{chainOf("early", hookInput, -10, does(accepts)), chainOf("late", hookInput, 10, does(drops))}, "drop by late 1"},
		{"drop is final",
			[]*chain{chainOf("late", hookInput, 10, does(accepts)), chainOf("early", hookInput, -10, does(drops))}, "drop by early 1"},
		{"prerouting comes first",
			[]*chain{chainOf("in", hookInput, -400, does(resets)), chainOf("pre", hookPrerouting, 0, does(drops))}, "drop by pre 1"},
		{"jump and return",
			[]*chain{chainOf("sub", "", 0, does(returns, dport(80)...), does(drops)), chainOf("in", hookInput, 0, does(jump("sub")), does(resets))}, "reject with tcp-reset by in 2"},
		{"jump and fall off",
			[]*chain{chainOf("sub", "", 0, does(drops, dport(81)...)), chainOf("in", hookInput, 0, does(jump("sub")), does(resets))}, "reject with tcp-reset by in 2"},
		{"goto does not come back",
			[]*chain{chainOf("sub", "", 0, does(drops, dport(81)...)), dropping(chainOf("in", hookInput, 0, does(goTo("sub")), does(accepts)))}, "drop by policy of in"},
		{"goto in a jump comes back to the caller",
			[]*chain{chainOf("b", "", 0), chainOf("a", "", 0, does(goTo("b")), does(drops)), chainOf("in", hookInput, 0, does(jump("a")), does(resets))}, "reject with tcp-reset by in 2"},
		{"return in a base chain is its policy",
			[]*chain{dropping(chainOf("in", hookInput, 0, does(returns), does(accepts)))}, "drop by policy of in"},
		{"an open match that changes nothing",
			[]*chain{chainOf("in", hookInput, 0, []expr{perhaps(), &logLine{}}, does(drops))}, "drop by in 2"},
		{"an open match that leads to another verdict",
			[]*chain{chainOf("in", hookInput, 0, does(accepts, perhaps()), does(drops))}, "open: a rate limit in rule 1 of chain in (table inet t)"},
		{"an open match and the same verdict",
			[]*chain{chainOf("in", hookInput, 0, does(drops, perhaps()), does(drops))}, "drop"},
		{"an open match and another kind of reject",
			[]*chain{chainOf("in", hookInput, 0, does(resets, perhaps()), does(verdict{kind: vReject, with: "port-unreachable"}))}, "open: a rate limit in rule 1 of chain in (table inet t)"},
		{"an open match after one that does not hold",
			[]*chain{chainOf("in", hookInput, 0, does(accepts, append(dport(81), perhaps())...), does(drops))}, "drop by in 2"},
		{"a queue",
			[]*chain{chainOf("in", hookInput, 0, []expr{&lost{"queue", "a queue"}})}, "open: a queue in rule 1 of chain in (table inet t)"},
		{"another hook", []*chain{dropping(chainOf("fwd", hookForward, 0)), dropping(chainOf("out", hookOutput, 0))}, "accept"},
		{"endless jumps", []*chain{chainOf("a", "", 0, does(jump("a"))), chainOf("in", hookInput, 0, does(jump("a")))}, "open: chains nest too deep"},
	} {
		if got := short(decideOn(syn(80), hookInput, tableOf("t", c.chains...))); got != c.want {
			t.Errorf("%s: decided %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWalkEqualPriority(t *testing.T) {
	one := tableOf("one", chainOf("a", hookInput, 0, does(drops)))
	two := tableOf("two", chainOf("b", hookInput, 0, does(resets)))
	if got := short(decideOn(syn(80), hookInput, one, two)); got != "open: which chain of priority 0 at hook input runs first" {
		t.Errorf("drop and reject of equal priority: decided %s", got)
	}
	three := tableOf("three", chainOf("c", hookInput, 0, does(drops)))
	if got := short(decideOn(syn(80), hookInput, one, three)); got != "drop" {
		t.Errorf("drop and drop of equal priority: decided %s, want drop", got)
	}
}

func TestWalkDNAT(t *testing.T) {
	nat := func(to string, p uint16) *chain {
		a := mustAddr(to)
		c := chainOf("pre", hookPrerouting, priorityNATDst, []expr{&nat{kind: "dnat", fixed: &natTarget{a, a, p, p}}})
		c.kind = "nat"
		return c
	}
	in := chainOf("in", hookInput, 0, does(resets, dport(8080)...))
	fwd := chainOf("fwd", hookForward, 0, does(drops, dport(8080)...))
	if got := short(decideOn(syn(80), hookInput, tableOf("t", nat("10.77.1.254", 8080), in, fwd))); got != "reject with tcp-reset by in 1" {
		t.Errorf("DNAT to another port: decided %s", got)
	}
	if got := short(decideOn(syn(80), hookInput, tableOf("t", nat("10.77.2.1", 8080), in, fwd))); got != "drop by fwd 1" {
		t.Errorf("DNAT to another host: decided %s", got)
	}
}

// TestConntrackStates tells what ct state is where.
func TestConntrackStates(t *testing.T) {
	state := func(bits uint32) []expr {
		return []expr{&ctLoad{ctState, 1, dirNone}, &bitwise{0, 1, 1, 4, host32(bits), host32(0)}, &cmp{cmpNeq, 1, host32(0)}}
	}
	for _, c := range []struct {
		name string
		c    []*chain
		want string
	}{
		{"new at input", []*chain{chainOf("in", hookInput, -500, does(drops, state(stateNew)...))}, "drop by in 1"},
		{"invalid before conntrack", []*chain{chainOf("pre", hookPrerouting, -300, does(drops, state(stateInvalid)...))}, "drop by pre 1"},
		{"new after conntrack", []*chain{chainOf("pre", hookPrerouting, -150, does(drops, state(stateNew)...))}, "drop by pre 1"},
		{"open at its own priority", []*chain{chainOf("pre", hookPrerouting, -200, does(drops, state(stateNew)...))},
			"open: the order of conntrack and this chain in rule 1 of chain pre (table inet t)"},
		{"untracked", []*chain{chainOf("pre", hookPrerouting, -300, []expr{notrack{}}), chainOf("in", hookInput, 0, does(drops, state(stateUntracked)...))}, "drop by in 1"},
		{"notrack comes too late", []*chain{chainOf("pre", hookPrerouting, -150, []expr{notrack{}}), chainOf("in", hookInput, 0, does(drops, state(stateNew)...))}, "drop by in 1"},
	} {
		if got := short(decideOn(syn(80), hookInput, tableOf("t", c.c...))); got != c.want {
			t.Errorf("%s: decided %s, want %s", c.name, got, c.want)
		}
	}
}
