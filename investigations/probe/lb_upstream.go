package probe

// UpstreamArgs are the arguments of lb.upstream.
type UpstreamArgs struct {
	Name string `json:"name"` // an nginx upstream, a HAProxy backend, or backend/server
}

// UpstreamFacts are the facts of lb.upstream: the servers that a load balancer
// on this host has under a name, read from its configuration files. A server
// written as a host name has the addresses that this host's resolver gives now;
// the load balancer itself may have looked it up long ago.
type UpstreamFacts struct {
	Known     *bool            `json:"known"`
	Program   *string          `json:"program"` // nginx or haproxy
	Servers   []UpstreamServer `json:"servers"`
	Endpoints []string         `json:"endpoints"` // address:port of all, at most 32
	Names     []string         `json:"names"`     // all names known here, at most 200: for the nearest right one
}

// UpstreamServer is one server line.
type UpstreamServer struct {
	Name      *string  `json:"name"`      // HAProxy's
	Address   *string  `json:"address"`   // as written: host:port
	Endpoints []string `json:"endpoints"` // address:port; none for a unix socket, and where variables stand
	Error     *string  `json:"error"`     // why its name has no address
	Disabled  *bool    `json:"disabled"`
	Where     *string  `json:"where"` // file:line
}
