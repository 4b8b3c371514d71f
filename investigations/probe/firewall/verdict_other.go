//go:build !linux

package firewall

import (
	"context"
	"fmt"
	"runtime"

	"github.com/plexorbot/plexor/investigations/probe"
)

// Verdict is not available here: only Linux has netfilter.
func Verdict(context.Context, probe.FirewallArgs) (probe.FirewallFacts, error) {
	return probe.FirewallFacts{}, fmt.Errorf("firewall verdict: not available on %s", runtime.GOOS)
}

// RuleCounters is not available here: only Linux has netfilter.
func RuleCounters(context.Context) ([]probe.RuleCount, error) {
	return nil, fmt.Errorf("rule counters: not available on %s", runtime.GOOS)
}
