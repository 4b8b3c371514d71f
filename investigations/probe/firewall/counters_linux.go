package firewall

import (
	"context"
	"fmt"
	"runtime"

	"github.com/plexorbot/plexor/investigations/probe"
)

// RuleCounters are the packet counters of all rules that have one, in both
// engines. Without CAP_NET_ADMIN it gives an error.
func RuleCounters(ctx context.Context) ([]probe.RuleCount, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	rs, _, err := readAll(ctx)
	if err != nil {
		return nil, fmt.Errorf("read rule counters: %w", err)
	}
	return rs.counters(), nil
}
