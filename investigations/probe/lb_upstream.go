package probe

// UpstreamArgs are the arguments of lb.upstream.
type UpstreamArgs struct {
	Name string `json:"name"` // an nginx upstream, a HAProxy backend, or backend/server
}

// UpstreamFacts are the facts of lb.upstream: the servers that a load balancer
// on this host has under a name, read from its configuration files.
type UpstreamFacts struct {
	Known     *bool            `json:"known"`
	Program   *string          `json:"program"` // nginx or haproxy
	Servers   []UpstreamServer `json:"servers"`
	Endpoints []string         `json:"endpoints"` // host:port of each, at most 32
	Names     []string         `json:"names"`     // all names known here, at most 200: for the nearest right one
}

// UpstreamServer is one server line.
type UpstreamServer struct {
	Name     *string `json:"name"`    // HAProxy's
	Address  *string `json:"address"` // as written: host:port
	Disabled *bool   `json:"disabled"`
	Where    *string `json:"where"` // file:line
}
