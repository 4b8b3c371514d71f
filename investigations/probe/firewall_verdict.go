package probe

// FirewallArgs are the arguments of firewall.verdict: one packet, the first SYN
// of a connection.
type FirewallArgs struct {
	Hook        string `json:"hook"` // input, output or forward
	Source      string `json:"source"`
	SourcePort  int64  `json:"source_port"` // 0: some ephemeral port
	Destination string `json:"destination"`
	Port        int64  `json:"port"`
	// Interface is where the packet was seen to come in, such as eth0; "" where
	// that is not known: the route back tells it then, unless the destination is
	// another interface's.
	Interface string `json:"interface"`
}

// FirewallFacts are the facts of firewall.verdict: which rule decides about
// the packet, in nftables (native and iptables-nft) and in legacy iptables.
// Where a match cannot be evaluated, or a program beside the rules (XDP, tc,
// IPVS) sees the packet, Decided is false and Why says which.
type FirewallFacts struct {
	Decided      *bool    `json:"decided"`
	Action       *string  `json:"action"`      // accept, drop or reject; unset unless decided
	RejectWith   *string  `json:"reject_with"` // tcp-reset, port-unreachable, host-unreachable, net-unreachable, proto-unreachable, admin-prohibited, host-prohibited, net-prohibited, no-route, addr-unreachable …
	ByPolicy     *bool    `json:"by_policy"`   // a base chain's policy, not a rule
	Engine       *string  `json:"engine"`      // nftables or iptables-legacy
	Manager      *string  `json:"manager"`     // firewalld, ufw, iptables-nft, kube-proxy, docker or none: who writes these rules
	Family       *string  `json:"family"`      // ip, ip6, inet, netdev …
	Table        *string  `json:"table"`
	Chain        *string  `json:"chain"` // where the deciding rule or policy stands
	BaseChain    *string  `json:"base_chain"`
	Hook         *string  `json:"hook"`     // prerouting, input, output, forward …
	Handle       *int64   `json:"handle"`   // nftables
	Position     *int64   `json:"position"` // 1-based in its chain, as iptables -D counts
	Rule         *string  `json:"rule"`     // its text as nft or iptables-save prints it, comment included
	Comment      *string  `json:"comment"`
	Zone         *string  `json:"zone"`      // firewalld's, from the chain's name
	Packets      *int64   `json:"packets"`   // its counter, if it has one
	Rewritten    *bool    `json:"rewritten"` // the rules give the packet another destination (DNAT, redirect); unset unless decided
	To           *string  `json:"to"`        // that destination, address:port, if it is one
	Why          []string `json:"why"`       // why not decided
	Rulesets     []string `json:"rulesets"`  // what was looked at: nftables, iptables-legacy, ip6tables-legacy
	Empty        *bool    `json:"empty"`     // there are no rules at all on these hooks
	NotPermitted *string  `json:"not_permitted"`
	// Delete and Allow are facts about how this rule set is changed so that
	// this packet passes: the first takes the rule away, the second puts an
	// accept for this source and port before it, in the words of the tool that
	// manages these rules (nft, iptables, ip6tables, firewall-cmd). argv lists,
	// one command a list; unset where there is none.
	Delete [][]string `json:"delete"`
	Allow  [][]string `json:"allow"`
}
