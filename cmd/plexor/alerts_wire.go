package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/plexorbot/plexor/bot"
)

// openAlerts gives a bot its intake of alerts.
func openAlerts(cfg *config, sec secrets, b *bot.Bot) error {
	rules, err := alertRules(cfg, b.Engine.Plans)
	if err != nil {
		return err
	}
	if rules.Auth, err = alertAuth(cfg, sec.token); err != nil {
		return err
	}
	if rules.Lookup, err = targetLookup(cfg.Alerts.AWS, b.Log); err != nil {
		return fmt.Errorf("alerts.aws: %w", err)
	}
	aws := newSNSClient()
	rules.Confirm = aws.confirm
	sns := rules.Auth["sns"]
	if sns.Certificate == nil {
		sns.Certificate, sns.Check.Roots = aws.certificate, systemRoots()
	}
	sns.Topics = rules.Topics
	rules.Auth["sns"] = sns
	b.Alerts = bot.NewIntake(rules, b.Store, b.Engine, b.Runs, b.Log)
	return nil
}

// errStarting has a runner tell it again: the bot is not there yet.
var errStarting = errors.New("the bot is still starting")

// raiser hands what runners raise to the bot, once there is one.
type raiser struct{ bot atomic.Pointer[bot.Bot] }

func (r *raiser) take(ctx context.Context, runner, id string, payload []byte) error {
	b := r.bot.Load()
	if b == nil {
		return errStarting
	}
	return b.TakeRaised(ctx, runner, id, payload)
}
