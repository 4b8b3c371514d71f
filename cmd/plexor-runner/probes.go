package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/probe"
	"github.com/plexorbot/plexor/investigations/probe/firewall"
	"github.com/plexorbot/plexor/investigations/runner/agent"
)

// probes are those of this host.
type probes struct {
	set probe.Set
	wg  sync.WaitGroup
}

var _ agent.Prober = (*probes)(nil)

// Probe carries out one request.
func (p *probes) Probe(ctx context.Context, r investigations.Request) investigations.Answer {
	return p.set.Run(ctx, r)
}

// startProbes makes the probes, and watches who holds which port until ctx ends.
func startProbes(ctx context.Context, state string, log *slog.Logger) (*probes, error) {
	memory, err := probe.NewPortMemory(filepath.Join(state, "ports.json"), log)
	if err != nil {
		return nil, err
	}
	p := &probes{set: probe.Set{Firewall: firewall.Verdict, Rules: firewall.RuleCounters, Memory: memory}}
	p.wg.Go(func() {
		if err := memory.Run(ctx); err != nil && ctx.Err() == nil {
			log.Warn("who holds which port is not remembered", "error", err)
		}
	})
	return p, nil
}

// wait waits until nothing of the probes runs any more.
func (p *probes) wait() { p.wg.Wait() }
