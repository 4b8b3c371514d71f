package probe

// PathArgs are the arguments of net.path.
type PathArgs struct {
	Address string `json:"address"`
	Port    int64  `json:"port"`
	MaxHops int64  `json:"max_hops"` // 1 to 30; 16 unless given
}

// PathFacts are the facts of net.path: SYNs with a rising TTL (traceroute over
// TCP), read from the error queue, without privileges.
type PathFacts struct {
	Hops    []Hop    `json:"hops"`
	Reached *bool    `json:"reached"`  // the endpoint itself answered: SYN/ACK, reset, or an ICMP error from it
	Length  *int64   `json:"length"`   // the TTL at which the last answer came
	Answer  *string  `json:"answer"`   // what ended it: connected, reset, icmp or none
	By      *string  `json:"by"`       // who sent the last answer, where that is known
	LastHop *string  `json:"last_hop"` // the last router that answered
	TookMS  *float64 `json:"took_ms"`
}

// Hop is one TTL.
type Hop struct {
	TTL     *int64   `json:"ttl"`
	Address *string  `json:"address"` // unset: silent for four seconds, in which it was asked at least three times
	Answer  *string  `json:"answer"`  // ttl-exceeded, the ICMP error's name, connected, reset or none
	RTTMS   *float64 `json:"rtt_ms"`  // from the first SYN: seconds are those of a SYN sent again, or of a neighbour lookup
}
