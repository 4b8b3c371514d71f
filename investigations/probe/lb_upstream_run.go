package probe

import (
	"context"
	"errors"
)

// LBUpstream reads the servers that a load balancer on this host has under a
// name.
func LBUpstream(ctx context.Context, args UpstreamArgs) (UpstreamFacts, error) {
	return UpstreamFacts{}, errors.New("lb.upstream: not yet")
}
