package probe

// WatchArgs are the arguments of tcp.watch.
type WatchArgs struct {
	Address     string  `json:"address"` // the endpoint's
	Port        int64   `json:"port"`
	SourcePorts []int64 `json:"source_ports"` // of the connections to look for
	DurationMS  int64   `json:"duration_ms"`  // at most; 8000 unless given
}

// WatchFacts are the facts of tcp.watch: the backend's end of a paired check.
// Packets are told by their 4-tuple; without CAP_NET_RAW only the host's
// counters are known.
type WatchFacts struct {
	Armed     *bool   `json:"armed"`
	SYNSeen   *bool   `json:"syn_seen"` // the SYN of this very connection came in here; never false where an XDP program may take it first
	SYNs      *int64  `json:"syns"`
	From      *string `json:"from"` // its source address as seen here
	Interface *string `json:"interface"`
	TTL       *int64  `json:"ttl"`    // of the SYN
	Answer    *string `json:"answer"` // none, syn-ack, reset or icmp, as it left here; unset unless the SYN was seen
	AnswerTTL *int64  `json:"answer_ttl"`
	// KernelReset says who made a reset that left here: true if the kernel's
	// TCP did (each reset that left is counted in Tcp:OutRsts), false if
	// OutRsts did not rise at all or the reset came in here before it left;
	// unset where that cannot be told.
	KernelReset *bool `json:"kernel_reset"`
	// Forwarded: the reset that left here came in from another host or network
	// namespace (NAT or IPVS leads there); unset unless a reset was the answer.
	Forwarded       *bool       `json:"forwarded"`
	OutRsts         *int64      `json:"out_rsts"`         // rise of Tcp:OutRsts while armed (/proc/net/snmp)
	ResetsSeen      *int64      `json:"resets_seen"`      // all TCP resets that left while armed
	InSegs          *int64      `json:"in_segs"`          // rise of Tcp:InSegs
	OutUnreachs     *int64      `json:"out_unreachs"`     // rise of Icmp:OutDestUnreachs
	ListenDrops     *int64      `json:"listen_drops"`     // rise of TcpExt:ListenDrops
	ListenOverflows *int64      `json:"listen_overflows"` // rise of TcpExt:ListenOverflows
	Rules           []RuleCount `json:"rules"`            // rules whose counters rose while armed; needs CAP_NET_ADMIN
	NotPermitted    *string     `json:"not_permitted"`
}

// RuleCount is a firewall rule's counter over a watch.
type RuleCount struct {
	Family  *string `json:"family"`
	Table   *string `json:"table"`
	Chain   *string `json:"chain"`
	Handle  *int64  `json:"handle"`
	Text    *string `json:"text"`
	Packets *int64  `json:"packets"` // rise
}
