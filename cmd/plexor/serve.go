package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner/hub"
	"github.com/plexorbot/plexor/store"
)

func serveCommand() command {
	return command{
		name: "serve", args: "[--config plexor.yml]", short: "runs the bot",
		long: `
The configuration says where the state is, who may be diagnosed and where runners
dial in: plexor help config. Slack's secrets are SLACK_BOT_TOKEN and
SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode); without any of
them the bot runs without Slack: its API, alerts and runners. SIGTERM ends it;
what was under way goes on with the next start.`,
		run: serveRun, server: true,
	}
}

func serveRun(ctx context.Context, p program) (int, error) {
	ballast = make([]byte, ballastBytes)
	f := newFlags("serve")
	path := f.String("config", "plexor.yml", "")
	if err := f.parse(p.args, 0, 0); err != nil {
		return exitFailed, err
	}
	cfg, err := readConfig(*path)
	if err != nil {
		return exitFailed, err
	}
	sec, err := readSecrets(cfg, p.env)
	if err != nil {
		return exitFailed, err
	}
	log := newLog(p.err, cfg.Log)
	err = serve(ctx, cfg, sec, log, hooks{ready: func(a addresses) {
		log.Info("ready", "http", a.HTTP, "runners", a.Runners, "slack", sec.mode(cfg))
	}})
	if err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// secrets are what the configuration never holds.
type secrets struct {
	bot, app, signing string // Slack's
	token             string // the API's bearer token
}

func readSecrets(c *config, env func(string) string) (s secrets, err error) {
	for _, v := range []struct {
		into           *string
		file, variable string
	}{
		{&s.bot, c.Slack.BotTokenFile, "SLACK_BOT_TOKEN"}, {&s.app, c.Slack.AppTokenFile, "SLACK_APP_TOKEN"},
		{&s.signing, c.Slack.SigningSecretFile, "SLACK_SIGNING_SECRET"}, {&s.token, c.HTTP.TokenFile, "PLEXOR_TOKEN"},
	} {
		text, readErr := secret(v.file, v.variable, env)
		*v.into = text
		err = errors.Join(err, readErr)
	}
	return s, err
}

// lacking says which part of Slack's secrets is missing; empty if none is, or
// all of them.
func (s secrets) lacking(c *config) string {
	switch {
	case s.bot == "" && s.app == "" && s.signing == "":
		return ""
	case s.bot == "":
		return "SLACK_BOT_TOKEN"
	case c.Slack.Mode == "socket" && s.app == "":
		return "SLACK_APP_TOKEN (or slack.mode: http)"
	case c.Slack.Mode == "http" && s.signing == "":
		return "SLACK_SIGNING_SECRET"
	}
	return ""
}

func (s secrets) mode(c *config) string {
	switch {
	case s.lacking(c) != "":
		return "none: lacks " + s.lacking(c)
	case s.bot == "":
		return "none is configured"
	}
	return c.Slack.Mode
}

// addresses are where a bot can be reached.
type addresses struct {
	HTTP    string
	Runners string       // empty: only the bot's own
	Look    func() error // has the port memory look at once who listens
}

// hooks are called once each while a bot starts.
type hooks struct {
	made  func(*bot.Bot)  // before it runs; may be nil
	ready func(addresses) // when it can be reached
}

// serve runs a bot until ctx ends.
func serve(ctx context.Context, cfg *config, sec secrets, log *slog.Logger, on hooks) error {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	state, err := store.Open(stateFile(cfg), store.Options{Log: log})
	if err != nil {
		return err
	}
	defer state.Close()
	if err := removeHalfBackups(cfg.Data); err != nil {
		return fmt.Errorf("clean up the data directory: %w", err)
	}
	fab, err := openFabric(cfg, state, log)
	if err != nil {
		return err
	}
	defer fab.hub.Close()
	b, err := newBot(cfg, sec, state, fab.hub, log)
	if err != nil {
		return err
	}
	if err := openSchedules(cfg, b); err != nil {
		return err
	}
	if err := openAlerts(cfg, sec, b); err != nil {
		return err
	}
	if on.made != nil {
		on.made(b)
	}
	fab.raised.bot.Store(b)
	listener, err := net.Listen("tcp", cfg.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("listen for the API: %w", err)
	}
	parts := newParts(ctx)
	parts.run(fab.agent.Run)
	parts.run(fab.memory.Run)
	parts.run(fab.followLogs)
	parts.run(b.Run)
	parts.run(func(ctx context.Context) error { return serveHTTP(ctx, listener, routes(cfg, sec, b, fab.hub)) })
	at := addresses{HTTP: listener.Addr().String(), Look: fab.memory.Look}
	if a := fab.hub.Addr(); cfg.Runners.Listen != "" && a != nil {
		at.Runners = a.String()
	}
	on.ready(at)
	return parts.wait()
}

// newBot wires engine, runs and Slack together.
func newBot(cfg *config, sec secrets, state *store.Store, d investigations.Dispatcher, log *slog.Logger) (*bot.Bot, error) {
	all, err := loadPlans(cfg.Plans)
	if err != nil {
		log.Error("some plans were left out; plexor plan validate says the same", "error", err)
	}
	allow, err := investigations.NewAllowList(cfg.Targets.Allow)
	if err != nil {
		return nil, fmt.Errorf("targets.allow: %w", err)
	}
	if len(cfg.Targets.Allow) == 0 {
		log.Warn("targets.allow is empty: nothing may be diagnosed")
	}
	engine := &investigations.Engine{
		Plans: all, Dispatcher: d, Allow: allow, Log: log, Local: localName,
		Addresses: cfg.Runners.Addresses, LBs: cfg.Runners.LoadBalancers,
	}
	limits := bot.Limits{AtOnce: cfg.Limits.AtOnce, PerUser: cfg.Limits.User, PerTarget: cfg.Limits.Target}
	b := &bot.Bot{
		Store: state, Engine: engine, Runs: bot.NewRuns(engine, state, limits, log), Channel: cfg.Slack.Channel,
		Access: bot.Access{Users: cfg.Access.Users, Channels: cfg.Access.Channels},
		Keep:   store.Retention{Age: time.Duration(cfg.Retention.Age), Size: int64(cfg.Retention.Size)}, Log: log,
	}
	if lacks := sec.lacking(cfg); lacks != "" {
		b.Lacks = "slack is not connected: " + lacks + " is missing"
		log.Error(b.Lacks)
	} else if sec.bot != "" {
		app := sec.app
		if cfg.Slack.Mode == "http" {
			app = ""
		}
		b.Slack = slackapi.New(slackapi.Config{BotToken: sec.bot, AppToken: app, SigningSecret: sec.signing, APIURL: cfg.Slack.APIURL, Log: log})
	}
	return b, nil
}

func routes(cfg *config, sec secrets, b *bot.Bot, h *hub.Hub) http.Handler {
	api := &bot.API{
		Bot: b, Bearer: sec.token, Token: h.Token,
		Revoke: func(_ context.Context, name string) error { return h.Revoke(name) },
		Extra:  map[string]http.HandlerFunc{"GET /api/v1/backup": backupHandler(b.Store)},
	}
	maps.Copy(api.Extra, b.AlertRoutes())
	mux := http.NewServeMux()
	mux.Handle("/", api.Handler())
	mux.Handle("GET /metrics", b.Metrics())
	mux.Handle("/alerts/", b.Alerts.Handler())
	if b.Slack != nil && cfg.Slack.Mode == "http" {
		mux.Handle("/slack/", b.Slack.HTTP(b))
	}
	return mux
}

// serveHTTP serves until ctx ends, with bounds on slow and large requests.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve the API: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	err := s.Shutdown(stop)
	<-done
	if errors.Is(err, context.DeadlineExceeded) {
		return s.Close()
	}
	return err
}
