package probe

// ConnectArgs are the arguments of tcp.connect.
type ConnectArgs struct {
	Addresses   []string `json:"addresses"`    // IP addresses, at most 8; the first is the one the summary is of
	Port        int64    `json:"port"`         // 1 to 65535
	SourcePorts []int64  `json:"source_ports"` // chosen for this one check so that a watcher can tell it; empty: the kernel's choice
	Attempts    int64    `json:"attempts"`     // of each address, 1 to 5; 2 unless given, overlapping; 1 is a quick check, without RST and KernelReset
	SpacingMS   int64    `json:"spacing_ms"`   // between their starts; 1200 unless given
	TimeoutMS   int64    `json:"timeout_ms"`   // each; 4000 unless given: an ARP failure takes 3.05 s to show
}

// ConnectFacts are the facts of tcp.connect: what became of a SYN, and who said
// so. The fields beside Results are those of the first address.
type ConnectFacts struct {
	Address     *string  `json:"address"`
	Port        *int64   `json:"port"`
	Family      *string  `json:"family"` // ipv4 or ipv6
	Connected   *bool    `json:"connected"`
	Refused     *bool    `json:"refused"`      // ECONNREFUSED, whoever sent it
	Reset       *bool    `json:"reset"`        // refused by a RST: ECONNREFUSED with an empty error queue
	TimedOut    *bool    `json:"timed_out"`    // no attempt got any answer
	Errno       *string  `json:"errno"`        // ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT …; unset when connected
	NoPacket    *bool    `json:"no_packet"`    // failed at once by this host's own word: no SYN was sent
	ICMP        *ICMP    `json:"icmp"`         // the ICMP error on the error queue (IP_RECVERR); unset if none came
	RST         *RST     `json:"rst"`          // the reset as captured; needs CAP_NET_RAW
	RTTMS       *float64 `json:"rtt_ms"`       // from SYN to whatever answered
	Source      *string  `json:"source"`       // local address the kernel chose
	SourcePorts []int64  `json:"source_ports"` // really used
	PortsTaken  *bool    `json:"ports_taken"`  // a source port asked for was not free: a paired watch proves nothing
	OwnAddress  *bool    `json:"own_address"`  // the address is one of this host's: the connection stays inside it
	Mixed       *bool    `json:"mixed"`        // attempts came to different ends
	// KernelReset is known only where OwnAddress is true and the kernel's
	// counters are quiet: Tcp:OutRsts of /proc/net/snmp rose by exactly one
	// around each of five further resets (true: this kernel's TCP refused) or
	// by none (false: something else forged them). Linux counts its own resets
	// there and nf_reject's not.
	KernelReset  *bool     `json:"kernel_reset"`
	Accepting    []string  `json:"accepting"`     // addresses that accepted
	Refusing     []string  `json:"refusing"`      // addresses that refused
	Results      []Connect `json:"results"`       // one an address
	Attempts     []Attempt `json:"attempts"`      // all of them, in order of start
	NotPermitted *string   `json:"not_permitted"` // what could not be seen and which privilege it needs
}

// Connect is what one address came to.
type Connect struct {
	Address   *string  `json:"address"`
	Connected *bool    `json:"connected"`
	Refused   *bool    `json:"refused"`
	Reset     *bool    `json:"reset"`
	TimedOut  *bool    `json:"timed_out"`
	Errno     *string  `json:"errno"`
	ICMP      *ICMP    `json:"icmp"`
	RTTMS     *float64 `json:"rtt_ms"`
}

// Attempt is one connect(2).
type Attempt struct {
	Address    *string  `json:"address"`
	SourcePort *int64   `json:"source_port"`
	AtMS       *float64 `json:"at_ms"` // start, from the probe's start
	TookMS     *float64 `json:"took_ms"`
	Outcome    *string  `json:"outcome"` // connected, or the errno's name
	ICMP       *ICMP    `json:"icmp"`
}

// ICMP is an ICMP or ICMPv6 error about a connection (RFC 792, RFC 4443).
type ICMP struct {
	From         *string `json:"from"`          // the offender: who sent it
	FromSelf     *bool   `json:"from_self"`     // an address of this host
	FromEndpoint *bool   `json:"from_endpoint"` // the address that was asked
	Type         *int64  `json:"type"`
	Code         *int64  `json:"code"`
	// Name is one of net-unreachable, host-unreachable, proto-unreachable,
	// port-unreachable, net-prohibited, host-prohibited, admin-prohibited,
	// no-route, addr-unreachable, policy-fail, reject-route, ttl-exceeded, other.
	Name   *string  `json:"name"`
	TookMS *float64 `json:"took_ms"` // after the SYN: 3 s and more is a failed neighbour lookup
}

// RST is a reset as it came in.
type RST struct {
	TTL        *int64 `json:"ttl"`
	Hops       *int64 `json:"hops"`        // nearest of 64, 128, 255 above TTL, minus TTL
	OnLoopback *bool  `json:"on_loopback"` // captured on lo though the address is not this host's: a local rule forged it
}
