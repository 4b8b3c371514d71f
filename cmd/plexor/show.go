package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

func showCommand() command {
	return command{
		name: "show", args: "ID [-o json]", short: "prints an investigation, with all that was found",
		long: "It asks the running bot, or reads the state file itself where none runs.",
		run:  showRun,
	}
}

func showRun(ctx context.Context, p program) (int, error) {
	f := newFlags("show")
	var w where
	w.flags(f.FlagSet)
	o := f.output()
	if err := f.parse(p.args, 1, 1); err != nil {
		return exitFailed, err
	}
	var inv investigations.Investigation
	ask := func(c *client) error {
		return c.call(ctx, http.MethodGet, "/api/v1/investigations/"+url.PathEscape(f.args[0]), nil, &inv)
	}
	err := w.either(p.env, ask, func(s *store.Store) (err error) {
		inv, err = s.Investigation(f.args[0])
		return err
	})
	if err != nil {
		return exitFailed, err
	}
	if *o == "json" {
		return exitOK, printJSON(p.out, inv)
	}
	pr := newPrinter(p.out)
	fmt.Fprintf(p.out, "%s  %s  plan %s  %s\n\n", inv.ID, clean(inv.Target), inv.Plan, inv.Started.Local().Format("2006-01-02 15:04:05"))
	pr.steps(inv)
	pr.end(inv)
	return exitOK, nil
}
