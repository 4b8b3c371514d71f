package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations/probe"
	"github.com/plexorbot/plexor/investigations/runner/agent"
	"github.com/plexorbot/plexor/investigations/runner/follow"
	"github.com/plexorbot/plexor/investigations/runner/hub"
	"github.com/plexorbot/plexor/store"
)

// fabric is the hub that runners dial, and the runner inside the bot.
type fabric struct {
	hub    *hub.Hub
	agent  *agent.Agent
	memory *probe.PortMemory
	raised *raiser
	follow *follow.Follower
}

func openFabric(cfg *config, state *store.Store, log *slog.Logger) (*fabric, error) {
	raised := new(raiser)
	h, err := hub.Open(hub.Config{
		OnRaise: raised.take,
		Listen:  cfg.Runners.Listen, Advertise: cfg.Runners.Advertise, Dir: cfg.Data, Store: state.Runners(),
		Version: version(), Probes: probeNames(), Log: log, Audit: func(e hub.Entry) { auditRunner(state, e, log) },
	})
	if err != nil {
		return nil, err
	}
	f := &fabric{hub: h, raised: raised}
	if err := f.local(cfg, log); err != nil {
		h.Close()
		return nil, fmt.Errorf("start the bot's own runner: %w", err)
	}
	return f, nil
}

// local makes the runner inside the bot.
func (f *fabric) local(cfg *config, log *slog.Logger) error {
	pr, memory, err := newProber(filepath.Join(cfg.Data, "ports.json"), log)
	if err != nil {
		return err
	}
	f.memory = memory
	seed, err := f.hub.Local(localName, cfg.Runners.Labels)
	if err != nil {
		return err
	}
	f.agent, err = agent.New(agent.Config{
		Identity: agent.Identity{Name: localName, Seed: seed}, InProc: f.hub, Prober: pr,
		Version: version(), Probes: pr.set.Probes(), Lacks: pr.set.Lacks(), Log: log,
	})
	if err != nil {
		return err
	}
	sources, err := follow.ParseSources(cfg.Runners.Follow, alerts.Programs())
	if err != nil {
		return fmt.Errorf("runners.follow: %w", err)
	}
	f.follow, err = follow.New(follow.Config{Sources: sources, State: cfg.Data, Recognise: alerts.Key, Raise: f.agent.Raise, Log: log})
	return err
}

// followLogs raises what the load balancer on this host logs, until ctx ends.
func (f *fabric) followLogs(ctx context.Context) error {
	f.follow.Run(ctx)
	return nil
}

// auditRunner keeps what the fabric noticed of a runner.
func auditRunner(state *store.Store, e hub.Entry, log *slog.Logger) {
	err := state.Audit(store.AuditLine{Who: "runner:" + e.Runner, Did: string(e.Event), What: e.Detail, Result: fmt.Sprint(e.Count)})
	if err != nil {
		log.Error("audit", "error", err)
	}
}
