package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/investigations"
)

func diagnoseCommand() command {
	return command{
		name: "diagnose", args: "TARGET [plan=NAME] [key=value …] [--server URL] [-o json]", short: "finds out why a backend can't be connected to",
		long: `
TARGET is host:port, a URL, or the name of an upstream; the rest is written as in
Slack. Without --server the probes are those of this host alone; with it a running
bot asks its runners.

Exit code: 0 healthy, 1 a cause was found, 2 something is wrong but no cause was
proved, 3 it could not run, 130 interrupted.`,
		run: diagnoseRun,
	}
}

func diagnoseRun(ctx context.Context, p program) (int, error) {
	f := newFlags("diagnose")
	var w where
	w.flags(f.FlagSet)
	o, plans := f.output(), f.String("plans", "", "")
	if err := f.parse(p.args, 0, 20); err != nil {
		return exitFailed, err
	}
	c, err := bot.ParseCommand(strings.Join(quoteAll(f.args), " "))
	if err == nil && c.Verb != "diagnose" {
		err = &bot.UsageError{Reason: c.Verb + " is not a target", Hint: "plexor diagnose HOST:PORT"}
	}
	if err != nil {
		return exitFailed, usageOf(err)
	}
	pr := newPrinter(p.out)
	show := func(inv investigations.Investigation) {
		if *o == "text" {
			pr.steps(inv)
		}
	}
	var inv investigations.Investigation
	if *w.server != "" {
		inv, err = diagnoseThere(ctx, p, w, c, show)
	} else {
		inv, err = diagnoseHere(ctx, p, c, *plans, show)
	}
	if err != nil {
		return exitFailed, err
	}
	if *o == "json" {
		err = printJSON(p.out, inv)
	} else {
		pr.end(inv)
	}
	if inv.State != investigations.Concluded {
		return exitFailed, err
	}
	return inv.Verdict.ExitCode(), err
}

// usageOf turns a command's error into one of the command line.
func usageOf(err error) error {
	if bad, ok := err.(*bot.UsageError); ok {
		return &usageError{reason: bad.Reason, hint: strings.ReplaceAll(bad.Hint, "/diagnose", "plexor diagnose")}
	}
	return err
}

// quoteAll keeps words that the shell has parted already in one piece.
func quoteAll(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = a
		if strings.ContainsAny(a, " \t") {
			out[i] = `"` + strings.ReplaceAll(a, `"`, "") + `"`
		}
	}
	return out
}

// diagnoseHere runs the plan with the probes of this process.
func diagnoseHere(ctx context.Context, p program, c bot.Command, plans string, show func(investigations.Investigation)) (investigations.Investigation, error) {
	log := newLog(p.err, "warn")
	all, err := loadPlans(plans)
	if err != nil {
		return investigations.Investigation{}, err
	}
	pr, _, err := newProber("", log)
	if err != nil {
		return investigations.Investigation{}, err
	}
	anything, err := investigations.NewAllowList([]string{"0.0.0.0/0", "::/0"})
	if err != nil {
		return investigations.Investigation{}, err
	}
	engine := &investigations.Engine{Plans: all, Dispatcher: direct{prober: pr}, Allow: anything, Log: log, Local: localName}
	inv, err := bot.Prepare(engine, bot.Request{
		Target: c.Target, Plan: c.Plan, Inputs: c.Inputs, Trigger: investigations.Trigger{Kind: "command", By: "cli"},
	}, time.Now())
	if err != nil {
		return inv, usageOf(err)
	}
	err = engine.Run(ctx, inv, func(_ context.Context, e investigations.Event) error {
		inv.Apply(e)
		show(inv)
		return nil
	})
	return inv, err
}

// pollEvery is how often a bot is asked for news of a run.
const pollEvery = 250 * time.Millisecond

// diagnoseThere has a bot run the plan, and follows it.
func diagnoseThere(ctx context.Context, p program, w where, c bot.Command, show func(investigations.Investigation)) (inv investigations.Investigation, err error) {
	api, err := w.client(p.env)
	if err != nil {
		return inv, err
	}
	var started struct {
		ID string `json:"id"`
	}
	err = api.call(ctx, http.MethodPost, "/api/v1/investigations", map[string]any{"target": c.Target, "plan": c.Plan, "inputs": c.Inputs}, &started)
	if err != nil {
		return inv, err
	}
	path := "/api/v1/investigations/" + url.PathEscape(started.ID)
	for {
		var now investigations.Investigation
		if err := api.call(ctx, http.MethodGet, path+"?wait="+pollEvery.String(), nil, &now); err != nil {
			return inv, err
		}
		inv = now
		show(inv)
		if inv.State.Ended() {
			return inv, nil
		}
	}
}

// planCommand is `plexor plan`.
func planCommand() command {
	return command{
		name: "plan", args: "list | show NAME|FILE | validate FILE … | test NAME|FILE …  [--plans DIR] [-o json]", short: "explains, checks and tests plans",
		long: `
A plan is one YAML file: steps made of checks, and the causes that their facts can
prove. plan show explains one in words; plan validate says what is wrong with a
file, with line and column; plan test runs the tests that stand in it.

  plexor help plans                                how one is written
  plexor help connection-refused.yml > mine.yml    the built-in one, to begin with
  plexor plan validate mine.yml && plexor plan test mine.yml

serve takes it from the directory that plans: names, and --plans DIR here and of
diagnose; one with a built-in plan's name takes its place.`,
		run: planRun,
	}
}

// done says, as a command's result, what it did.
func done(out io.Writer, o, did, what string) error {
	if o == "json" {
		return printJSON(out, map[string]string{did: what})
	}
	_, err := fmt.Fprintln(out, what, did)
	return err
}

// jsonOrText prints v as JSON or text as it is.
func jsonOrText(p program, o string, v any, text string) error {
	if o == "json" {
		return printJSON(p.out, v)
	}
	_, err := fmt.Fprint(p.out, text)
	return err
}
