package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/bot/workspace"
)

func demoCommand() command {
	return command{
		name: "demo", args: "[--listen 127.0.0.1:8065] [--dir DIR]", short: "shows it all on this machine: bot, workspace, load balancer and broken backends",
		long: `
Open the page that it prints and type what the channel says, or press "Break a
backend": that stops one behind the demo's load balancer on 127.0.0.1:8067, whose
log the bot follows, and the thread comes by itself. Everything is on loopback and
in one temporary directory unless --dir names one; Ctrl-C leaves nothing behind.
Where a port is taken, another is.`,
		run: demoRun, server: true,
	}
}

func demoRun(ctx context.Context, p program) (int, error) {
	f := newFlags("demo")
	listen, dir, level := f.String("listen", "127.0.0.1:8065", ""), f.String("dir", "", ""), f.String("log", "warn", "")
	if err := f.parse(p.args, 0, 0); err != nil {
		return exitFailed, err
	}
	if *dir == "" {
		tmp, err := os.MkdirTemp("", "plexor-demo-")
		if err != nil {
			return exitFailed, fmt.Errorf("make a directory for the demo: %w", err)
		}
		defer os.RemoveAll(tmp)
		*dir = tmp
	}
	if err := os.MkdirAll(*dir, 0o700); err != nil {
		return exitFailed, fmt.Errorf("make the demo's directory: %w", err)
	}
	d := &demo{dir: *dir, log: newLog(p.err, *level)}
	err := d.run(ctx, *listen, func(url string) {
		fmt.Fprintf(p.out, "The workspace is at %s\nOpen it, and type what the channel says. Ctrl-C ends it.\n", url)
	})
	if err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// demo is a bot and its workspace, with backends of which most are broken.
type demo struct {
	dir      string
	log      *slog.Logger
	backends []*demoBackend
	shop     *demoShop
}

func (d *demo) run(ctx context.Context, listen string, ready func(url string)) error {
	page, err := listenNear(listen)
	if err != nil {
		return err
	}
	w := workspace.New(workspaceConfig(workspace.Config{Log: d.log}))
	defer w.Close()
	if err := d.start(ctx); err != nil {
		return err
	}
	defer d.stop()
	api, err := listenNear("127.0.0.1:8066")
	if err != nil {
		return err
	}
	api.Close() // serve listens there again
	parts := newParts(ctx)
	parts.run(func(ctx context.Context) error { return servePage(ctx, page, w.Handler()) })
	parts.run(d.shop.lb.serve)
	base := "http://" + page.Addr().String()
	parts.run(func(ctx context.Context) error {
		return serve(ctx, d.config(base, api.Addr().String()), secrets{bot: "xoxb-demo", app: "xapp-demo", token: demoToken}, d.log, hooks{
			made: func(b *bot.Bot) { b.Pressed = d.shop.buttons() },
			ready: func(a addresses) {
				parts.run(func(ctx context.Context) error { return d.introduce(ctx, base, a.Look, func() { ready(base + "/") }) })
			},
		})
	})
	return parts.wait()
}

// demoToken is the API's token in the demo, which listens on loopback alone.
const demoToken = "demo"

func (d *demo) config(base, api string) *config {
	c := &config{
		Data:    filepath.Join(d.dir, "data"),
		HTTP:    httpConfig{Listen: api},
		Slack:   slackConfig{APIURL: base + "/api/", Channel: "ops"},
		Runners: runnersConfig{Labels: map[string]string{"role": "lb"}, Follow: []string{"nginx=" + d.shop.log}},
		Targets: targetsConfig{Allow: []string{"127.0.0.0/8", "::1"}},
	}
	c.Schedules = demoSchedules(d.shop.target)
	c.defaults()
	c.Log = "warn"
	return c
}

// start brings the backends up, each a process of its own.
func (d *demo) start(ctx context.Context) error {
	for _, k := range demoKinds() {
		b, err := startBackend(ctx, k)
		if err != nil {
			return errors.Join(err, d.stop())
		}
		d.backends = append(d.backends, b)
	}
	shop, err := openDemoShop(ctx, d.dir)
	if err != nil {
		return errors.Join(err, d.stop())
	}
	d.shop = shop
	return nil
}

func (d *demo) stop() error {
	var all []error
	if d.shop != nil {
		all = append(all, d.shop.stop())
	}
	for _, b := range d.backends {
		all = append(all, b.stop())
	}
	return errors.Join(all...)
}

// introduce breaks what is to be broken once the bot has seen it whole, says in
// the channel what to type, and then that the demo is ready.
func (d *demo) introduce(ctx context.Context, base string, look func() error, ready func()) error {
	if err := look(); err != nil {
		return err
	}
	for _, b := range d.backends {
		if err := b.spoil(ctx); err != nil {
			return err
		}
	}
	if err := look(); err != nil {
		return err
	}
	d.shop.ready(look)
	control := workspace.Control{URL: base}
	blocks, text, err := demoWelcome(d.backends, d.shop.lb.address())
	if err != nil {
		return fmt.Errorf("say what to type: %w", err)
	}
	if _, err := control.Message(ctx, workspace.NewMessage{Channel: "ops", Bot: "guide", Text: text, Blocks: blocks}); err != nil {
		return fmt.Errorf("say what to type: %w", err)
	}
	if err := introduceSchedule(ctx, control); err != nil {
		return err
	}
	ready()
	return nil
}

// listenNear listens on an address, or on a free port of its host where that
// one is taken.
func listenNear(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err == nil {
		return l, nil
	}
	host, _, splitErr := net.SplitHostPort(address)
	if splitErr != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, splitErr)
	}
	if l, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}
