package firewall

import "net/netip"

// Engines of the kernel, as facts name them.
const (
	engineNft    = "nftables"
	engineLegacy = "iptables-legacy"
)

// Hooks, in the order in which a packet meets them.
const (
	hookIngress     = "ingress"
	hookPrerouting  = "prerouting"
	hookInput       = "input"
	hookForward     = "forward"
	hookOutput      = "output"
	hookPostrouting = "postrouting"
	hookEgress      = "egress"
)

// ruleset is everything that the kernel holds, of both engines.
type ruleset struct {
	bridged bool // a bridge has rules of its own, which are not walked
	tables  []*table
}

type table struct {
	engine  string
	family  string // ip, ip6, inet, netdev
	name    string
	handle  uint64
	dormant bool
	chains  []*chain
	byName  map[string]*chain
	sets    map[string]*set
	links   map[int]string // names of interfaces by index, to print rules
}

type chain struct {
	table    *table
	name     string
	handle   uint64
	rules    []*rule
	base     bool
	kind     string // filter, nat, route
	hook     string
	priority int
	device   []string // ingress
	drop     bool     // the policy
	packets  *int64   // of the policy, where it counts
}

type rule struct {
	chain    *chain
	handle   int64
	position int64 // from 1
	exprs    []expr
	comment  string
	packets  *int64
}

// set is a set or map of nftables.
type set struct {
	name     string
	anon     bool
	interval bool
	isMap    bool
	verdicts bool  // a map to verdicts
	fields   []int // lengths of a concatenation's fields, unpadded
	keyLen   int
	keyType  uint32
	dataType uint32
	elems    []element
	// partial is set where the elements could not be read whole.
	partial bool
}

// element is one element of a set: keys from..to, both included.
type element struct {
	from, to []byte
	data     []byte
	verdict  *verdict
	comment  string
	catchall bool
	// unsure is set for an element with an expression of its own, such as a limit.
	unsure string
}

// verdictKind is what becomes of a packet.
type verdictKind int8

const (
	vContinue verdictKind = iota // on with the next expression
	vBreak                       // on with the next rule
	vAccept
	vDrop
	vReject
	vJump
	vGoto
	vReturn
	vLost // it leaves the rules: queued to a program, stolen, answered by a proxy
)

type verdict struct {
	kind  verdictKind
	chain string // jump, goto
	with  string // reject: as FirewallFacts.RejectWith
	why   string // lost
	note  string // the comment of the map's element that gave it
}

// expr is one expression of a rule. eval reads and changes the work; what it
// returns ends the rule or goes on.
type expr interface {
	eval(w *work) outcome
}

// outcome of an expression: whether it matched, and if so what then.
type outcome struct {
	match    tri
	why      string    // if maybe
	verdicts []verdict // any of these, if it matched; none: the next expression
}

func matched() outcome { return outcome{match: yes} }

func matches(t tri, why string) outcome { return outcome{match: t, why: why} }

func ends(v verdict) outcome { return outcome{match: yes, verdicts: []verdict{v}} }

// ipsetRef is a use of a set of ipset's in a rule.
type ipsetRef struct {
	index uint16
	dim   int
	src   []bool // per dimension: the packet's source side
}

func addrFrom(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	return a
}
