package firewall

// immediate is [ immediate reg DATA ]; immediateVerdict writes the verdict register.
type immediate struct {
	dreg uint32
	data []byte
}

func (e *immediate) eval(w *work) outcome {
	w.regs.load(e.dreg, exact(e.data...))
	return matched()
}

type immediateVerdict struct{ verdict }

func (e *immediateVerdict) eval(*work) outcome { return ends(e.verdict) }

// pass is an expression without influence on the verdict: a counter, a log
// line, an object, a mark of something we do not follow.
type pass struct {
	name string
	text string
}

func (*pass) eval(*work) outcome { return matched() }

// doubt is an expression that may match or not.
type doubt struct {
	name  string
	text  string // what is not known
	print string // the expression as nft prints it
}

func (e *doubt) eval(*work) outcome { return matches(maybe, e.text) }

// lost is an expression that takes the packet out of the rules.
type lost struct {
	name string
	why  string
}

func (e *lost) eval(*work) outcome { return ends(verdict{kind: vLost, why: e.why}) }

// reject is [ reject type T code C ] (net/netfilter/nft_reject.h).
type reject struct {
	typ  uint32
	code uint8
}

const (
	rejectICMP = iota
	rejectReset
	rejectICMPX
)

func (e *reject) eval(w *work) outcome {
	return ends(verdict{kind: vReject, with: rejectWith(e.typ, e.code, w.v6())})
}

// rejectWith names what goes back, as FirewallFacts.RejectWith does.
func rejectWith(typ uint32, code uint8, v6 bool) string {
	switch {
	case typ == rejectReset:
		return "tcp-reset"
	case typ == rejectICMPX && v6:
		return nameOf(icmpx6, code)
	case typ == rejectICMPX:
		return nameOf(icmpx4, code)
	case v6:
		return nameOf(icmp6Names, code)
	}
	return nameOf(icmpNames, code)
}

func nameOf(names map[uint8]string, code uint8) string {
	if n, ok := names[code]; ok {
		return n
	}
	return "icmp-code-" + itoa(int64(code))
}

// Codes of ICMP type 3 (RFC 792, 1812), of ICMPv6 type 1 (RFC 4443), and of
// nftables' icmpx, which stands for either.
var (
	icmpNames = map[uint8]string{
		0: "net-unreachable", 1: "host-unreachable", 2: "proto-unreachable", 3: "port-unreachable",
		9: "net-prohibited", 10: "host-prohibited", 13: "admin-prohibited",
	}
	icmp6Names = map[uint8]string{
		0: "no-route", 1: "admin-prohibited", 3: "addr-unreachable", 4: "port-unreachable",
		5: "policy-fail", 6: "reject-route",
	}
	icmpxNames = map[uint8]string{
		0: "no-route", 1: "port-unreachable", 2: "host-unreachable", 3: "admin-prohibited",
	}
	// What becomes of icmpx (icmp_code_v4, icmp_code_v6 in nft_reject.c).
	icmpx4 = map[uint8]string{
		0: "net-unreachable", 1: "port-unreachable", 2: "host-unreachable", 3: "admin-prohibited",
	}
	icmpx6 = map[uint8]string{
		0: "no-route", 1: "port-unreachable", 2: "addr-unreachable", 3: "admin-prohibited",
	}
)

// dynset is [ dynset add|update|delete reg SET ]: it matches unless the set is
// full, or unless an expression bound to the element says otherwise.
type dynset struct {
	op, key uint32
	set     string
	bound   []string // names of the expressions bound to the element
	invert  bool
}

const dynsetUpdate = 1 // NFT_DYNSET_OP_UPDATE; 0 adds

func (e *dynset) eval(*work) outcome {
	if e.op > dynsetUpdate {
		return matches(maybe, "a change of set "+e.set)
	}
	for _, b := range e.bound {
		if b != "counter" && b != "last" {
			return matches(maybe, "the "+b+" of set "+e.set)
		}
	}
	return matches(yes.xor(e.invert), "")
}
