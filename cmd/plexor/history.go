package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

func historyCommand() command {
	return command{
		name: "history", args: "[TARGET [--period 7d] [--png FILE]] [--limit N] [-o json]", short: "lists what was looked into, and what a target was",
		long: `
With a target that schedules look at, it says uptime, connect times and incidents
of a period (24h, 7d, 52w; a week unless given), and --png draws them; with
--period, -o json has them beside the list. It asks the running bot, or
reads the state file itself where none runs.`,
		run: historyRun,
	}
}

func historyRun(ctx context.Context, p program) (int, error) {
	f := newFlags("history")
	var w where
	w.flags(f.FlagSet)
	o, limit := f.output(), f.Int("limit", 20, "")
	period, picture := f.String("period", "", ""), f.String("png", "", "")
	if err := f.parse(p.args, 0, 1); err != nil {
		return exitFailed, err
	}
	filter := store.Filter{Limit: *limit}
	if len(f.args) > 0 {
		t, err := investigations.ParseTarget(f.args[0])
		if err != nil {
			return exitFailed, err
		}
		filter.Target = t.Text
	}
	var was bot.TargetHistory
	if filter.Target != "" {
		var err error
		if was, err = targetHistory(ctx, p, w, filter.Target, *period); err != nil {
			return exitFailed, err
		}
	}
	if *picture != "" {
		if filter.Target == "" {
			return exitFailed, &usageError{reason: "a picture of which target?", hint: "plexor history TARGET --png FILE"}
		}
		if err := targetPicture(ctx, p, w, filter.Target, *period, *picture); err != nil || *o != "json" {
			return exitOK, err
		}
		return exitOK, printJSON(p.out, map[string]string{"file": *picture})
	}
	list, err := investigationList(ctx, p, w, filter)
	switch {
	case err != nil:
		return exitFailed, err
	case *o == "json" && *period != "":
		return exitOK, printJSON(p.out, map[string]any{"history": was, "investigations": list})
	case *o == "json":
		return exitOK, printJSON(p.out, list)
	}
	printHistory(p, was, list)
	return exitOK, nil
}

// printHistory tells a person what became of a target, and the investigations,
// one a line.
func printHistory(p program, was bot.TargetHistory, list []investigations.Investigation) {
	if len(list) == 0 && was.Checks == 0 {
		fmt.Fprintln(p.err, "nothing is known of it: plexor diagnose TARGET looks once, plexor schedule add WHEN TARGET again and again")
	}
	printTarget(p.out, was)
	for _, inv := range list {
		what := string(inv.State)
		if inv.Verdict != nil {
			what = fmt.Sprintf("%-12s %s", inv.Verdict.Kind, inv.Verdict.Headline)
		}
		fmt.Fprintf(p.out, "%s  %s  %-28s %s\n", inv.ID, inv.Started.Local().Format("2006-01-02 15:04:05"), clean(inv.Target), clean(what))
	}
}

func investigationList(ctx context.Context, p program, w where, f store.Filter) (list []investigations.Investigation, err error) {
	ask := func(c *client) error {
		q := url.Values{"limit": {strconv.Itoa(f.Limit)}}
		if f.Target != "" {
			q.Set("target", f.Target)
		}
		return c.call(ctx, http.MethodGet, "/api/v1/investigations?"+q.Encode(), nil, &list)
	}
	err = w.either(p.env, ask, func(s *store.Store) error {
		list, err = s.Investigations(f)
		return err
	})
	return list, err
}

// either asks the running bot, or, where none answers and none was named, the
// state file.
func (w *where) either(env func(string) string, ask func(*client) error, read func(*store.Store) error) error {
	c, err := w.client(env)
	if err != nil {
		return err
	}
	err = ask(c)
	if !errors.Is(err, errNoBot) || *w.server != "" {
		return err
	}
	cfg, cfgErr := readConfig(*w.config)
	if cfgErr != nil {
		return cfgErr
	}
	s, err := store.Open(stateFile(cfg), store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	return read(s)
}

// stateFile is where the state is.
func stateFile(c *config) string { return filepath.Join(c.Data, "plexor.db") }
