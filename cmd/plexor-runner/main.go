// An idle runner does not ask every second how many processors it may use.
//
//go:debug updatemaxprocs=0

// Command plexor-runner is Plexor's agent on a host: it joins a bot with a token,
// keeps connected to it, and carries out the probes that it asks for and that
// the host's policy allows.
//
//	plexor-runner --join TOKEN|- --state DIR [--policy FILE] [--follow PROGRAM=LOG …]
//
// The token may also come in PLEXOR_JOIN: one in argv shows in ps. With the state
// of a runner that has joined, no token is needed. On a load balancer it follows
// the logs besides, and tells the bot by itself that a backend refuses.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"github.com/plexorbot/plexor/investigations/runner/agent"
)

// Exit codes: as those of plexor.
const (
	exitOK     = 0
	exitFailed = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, program{args: os.Args[1:], in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv})
	stop()
	os.Exit(code)
}

// program is what a run may touch: tests give their own.
type program struct {
	args []string
	in   io.Reader
	out  io.Writer // results
	err  io.Writer // the rest
	env  func(string) string
}

// options are the command line.
type options struct {
	join, state, policy, log string
	follow                   []string
	version                  bool
}

const usage = `Usage: plexor-runner [--join TOKEN|-] --state DIR [--policy FILE] [--follow PROGRAM=LOG …]

  --join TOKEN   joins the bot that made the token (plexor runner token --name NAME);
                 - reads it from standard input; PLEXOR_JOIN does the same unseen by ps.
                 A runner that has joined with it already just runs
  --state DIR    where its key, its audit, its port memory and its places in logs are kept; default /var/lib/plexor-runner
  --policy FILE  which probes and targets this host allows (YAML):
                   probes:  {allow: ["tcp.*", dns.resolve], deny: [net.path]}
                   targets: {allow: [10.0.0.0/8], deny: [10.0.9.0/24]}
                 link-local, multicast and cloud metadata addresses are never allowed
  --follow PROGRAM=LOG
                 a load balancer's log, in which a backend that refuses, does not answer or is down
                 is seen within a second and told to the bot; repeat it for several:
                   nginx=/var/log/nginx/error.log      a file; it may be rotated, truncated, or come later
                   haproxy=journal:haproxy.service     the journal of a unit, read with journalctl
                   haproxy=syslog:/run/plexor/log.sock a Unix datagram socket, made here and open to this host
                   haproxy=udp:127.0.0.1:5514          syslog over UDP, on loopback alone
                 programs: nginx, haproxy, envoy, alb, apache, caddy, traefik. HAProxy's lines name a backend and
                 a server; which address that is, this runner reads from HAProxy's configuration.
                 Without it: nginx=/var/log/nginx/error.log and haproxy=/var/log/haproxy.log, or HAProxy's
                 journal where that file is missing; --follow none follows nothing
  --log LEVEL    debug, info, warn or error; default info
  --version      prints the version
`

func parse(p program) (options, error) {
	var o options
	f := flag.NewFlagSet("plexor-runner", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.join, "join", p.env("PLEXOR_JOIN"), "")
	f.StringVar(&o.state, "state", "/var/lib/plexor-runner", "")
	f.StringVar(&o.policy, "policy", "", "")
	f.StringVar(&o.log, "log", "info", "")
	f.Func("follow", "", func(s string) error { o.follow = append(o.follow, s); return nil })
	f.BoolVar(&o.version, "version", false, "")
	if err := f.Parse(p.args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is not understood", f.Arg(0))
	}
	if o.join == "-" {
		text, err := io.ReadAll(io.LimitReader(p.in, 4096))
		if err != nil {
			return o, fmt.Errorf("read the token from standard input: %w", err)
		}
		if o.join = strings.TrimSpace(string(text)); o.join == "" {
			return o, errors.New("no token came on standard input")
		}
	}
	return o, nil
}

// run is the whole program; it returns the exit code.
func run(ctx context.Context, p program) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(p.err, "plexor-runner: panic: %v\n%s", r, debug.Stack())
			code = exitFailed
		}
	}()
	o, err := parse(p)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(p.out, usage)
		return exitOK
	case err != nil:
		fmt.Fprintf(p.err, "plexor-runner: %v\n\n%s", err, usage)
		return exitFailed
	case o.version:
		fmt.Fprintf(p.out, "plexor-runner %s\n", version())
		return exitOK
	}
	if err := serve(ctx, o, p.err); err != nil {
		fmt.Fprintf(p.err, "plexor-runner: %v\n", err)
		return exitFailed
	}
	return exitOK
}

// frugal keeps the heap of an idle runner small: it is a guest on its host.
func frugal() {
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(64 << 20) // bytes; soft
}

// serve runs the agent until ctx ends.
func serve(ctx context.Context, o options, to io.Writer) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.log)); err != nil {
		return fmt.Errorf("log level: %w", err)
	}
	log := slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level}))
	policy, err := readPolicy(o.policy)
	if err != nil {
		return err
	}
	sources, err := logSources(o.follow)
	if err != nil {
		return fmt.Errorf("--follow: %w", err)
	}
	unlock, err := lockState(o.state)
	if err != nil {
		return err
	}
	defer unlock()
	id, err := agent.Open(o.state, o.join)
	if err != nil {
		return err
	}
	log = log.With("runner", id.Name)
	frugal()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	probes, err := startProbes(ctx, o.state, log)
	if err != nil {
		return err
	}
	var following sync.WaitGroup
	defer probes.wait()
	defer following.Wait()
	defer cancel() // before what waits
	audit := &agent.File{Path: filepath.Join(o.state, "audit.jsonl")}
	defer audit.Close()
	a, err := agent.New(agent.Config{
		Identity: id, Prober: probes, Policy: policy, Version: version(),
		Probes: probes.set.Probes(), Lacks: probes.set.Lacks(), Audit: audit, Log: log,
	})
	if err != nil {
		return err
	}
	f, err := newFollower(sources, o.state, a, log)
	if err != nil {
		return err
	}
	following.Go(func() { f.Run(ctx) })
	return a.Run(ctx)
}
