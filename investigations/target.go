package investigations

// Target is what the load balancer cannot reach.
type Target struct {
	Text   string // as a person wrote it
	Kind   string // address, name, url or upstream
	Host   string
	Port   int
	Scheme string
}
