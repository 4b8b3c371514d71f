package probe

// ResolveArgs are the arguments of dns.resolve.
type ResolveArgs struct {
	Name string `json:"name"` // a host name or an address, without port
	Port int64  `json:"port"` // joined to each address in Endpoints
}

// ResolveFacts are the facts of dns.resolve: a name as this host's programs
// see it, and as each of its DNS servers answers when asked alone.
type ResolveFacts struct {
	Name      *string     `json:"name"`
	Literal   *bool       `json:"literal"`   // the name is an address: nothing was asked
	Source    *string     `json:"source"`    // literal, hosts (the hosts file) or dns
	Resolved  *bool       `json:"resolved"`  // at least one address was found
	Addresses []string    `json:"addresses"` // IPv4 and IPv6, sorted, v4-mapped ones unmapped
	Endpoints []string    `json:"endpoints"` // each address with the port
	Code      *string     `json:"code"`      // why not: nxdomain, nodata, servfail, refused, timeout, no-servers, other
	Error     *string     `json:"error"`     // the resolver's own words
	TookMS    *float64    `json:"took_ms"`
	Servers   []DNSServer `json:"servers"` // of /etc/resolv.conf and systemd-resolved's stub, each asked for A and AAAA
	// ResolverDown is true if every server that this host is told to ask
	// refuses (ICMP port unreachable, or a refused TCP connection) or is
	// silent; false if at least one answered, with any rcode.
	ResolverDown *bool `json:"resolver_down"`
	// Others are addresses that a server or the hosts file gives and
	// Addresses lacks: the disagreement, if any.
	Others []string `json:"others"`
}

// DNSServer is one server's own answer.
type DNSServer struct {
	Address   *string  `json:"address"`   // host:port asked
	Answered  *bool    `json:"answered"`  // it sent a DNS message back
	Refused   *bool    `json:"refused"`   // its host refused the packet: nothing listens there
	Silent    *bool    `json:"silent"`    // no answer within 2 s, asked twice
	Rcode     *string  `json:"rcode"`     // NOERROR, NXDOMAIN, SERVFAIL, REFUSED … (RFC 1035, 4.1.1)
	Addresses []string `json:"addresses"` // A and AAAA records, sorted
	TookMS    *float64 `json:"took_ms"`
	Error     *string  `json:"error"`
}
