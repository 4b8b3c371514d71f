package main

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/probe"
	"github.com/plexorbot/plexor/investigations/probe/firewall"
	"github.com/plexorbot/plexor/investigations/runner/agent"
)

// prober carries out probes on this host.
type prober struct{ set *probe.Set }

// Probe carries out one request.
func (p prober) Probe(ctx context.Context, r investigations.Request) investigations.Answer {
	return p.set.Run(ctx, r)
}

// newProber makes the probes of this host with a port memory in a file, "" for
// none that is kept. What it returns besides watches the ports until ctx ends.
func newProber(memoryFile string, log *slog.Logger) (prober, *probe.PortMemory, error) {
	memory, err := probe.NewPortMemory(memoryFile, log)
	if err != nil {
		return prober{}, nil, err
	}
	return prober{&probe.Set{Firewall: firewall.Verdict, Rules: firewall.RuleCounters, Memory: memory}}, memory, nil
}

// direct is a Dispatcher without a fabric: `plexor diagnose` asks the probes of
// its own process.
type direct struct {
	prober prober
	policy agent.Policy
	labels map[string]string
}

var _ investigations.Dispatcher = direct{}

// Runners returns the one runner that there is.
func (d direct) Runners(context.Context) ([]investigations.Runner, error) {
	addresses, err := agent.Addresses()
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	return []investigations.Runner{{
		Name: localName, Labels: d.labels, Addresses: addresses, Host: host, OS: goos, Version: version(),
		Probes: d.prober.set.Probes(), Lacks: d.prober.set.Lacks(), Alive: true, Seen: time.Now(),
	}}, nil
}

// Probe carries the request out here, under the policy that every runner has.
func (d direct) Probe(ctx context.Context, _ string, r investigations.Request) (investigations.Answer, error) {
	if err := d.policy.Allow(r); err != nil {
		return investigations.Answer{Error: err.Error(), Started: time.Now()}, nil
	}
	return d.prober.Probe(ctx, r), nil
}

// localName is the name of the runner inside the bot.
const localName = "local"

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
