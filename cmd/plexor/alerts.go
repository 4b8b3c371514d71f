package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/store"
)

func alertsCommand() command {
	return command{
		name:  "alerts",
		args:  "test --source NAME [--header K=V] FILE|- | list [--firing] [--limit N] | mute TARGET|label=value … 2h [reason] | unmute ID | mutes",
		short: "tries out a payload, lists alerts, mutes them",
		long:  alertsHelp,
		run:   alertsRun,
	}
}

func alertsRun(ctx context.Context, p program) (int, error) {
	if len(p.args) == 0 {
		return exitFailed, &usageError{reason: "test, list, mute, unmute or mutes?", hint: "plexor help alerts"}
	}
	verb := p.args[0]
	p.args = p.args[1:]
	switch verb {
	case "test":
		return alertsTest(ctx, p)
	case "list":
		return alertsList(ctx, p)
	case "mute", "unmute", "mutes":
		return alertsMute(ctx, p, verb)
	}
	return exitFailed, &usageError{reason: fmt.Sprintf("alerts %s: it is test, list, mute, unmute or mutes", verb), hint: "plexor help alerts"}
}

func alertsList(ctx context.Context, p program) (int, error) {
	f := newFlags("alerts")
	var w where
	w.flags(f.FlagSet)
	o, limit, firing := f.output(), f.Int("limit", 50, ""), f.Bool("firing", false, "")
	if err := f.parse(p.args, 0, 0); err != nil {
		return exitFailed, err
	}
	var list []store.Alert
	ask := func(c *client) error {
		return c.call(ctx, http.MethodGet, fmt.Sprintf("/api/v1/alerts?limit=%d&firing=%t", *limit, *firing), nil, &list)
	}
	err := w.either(p.env, ask, func(s *store.Store) (err error) {
		list, err = bot.ListAlerts(s, bot.AlertFilter{Firing: *firing, Limit: *limit})
		return err
	})
	if err != nil {
		return exitFailed, err
	}
	if *o == "json" {
		return exitOK, printJSON(p.out, list)
	}
	for _, a := range list {
		state := "resolved"
		if a.Firing {
			state = "firing"
		}
		if a.Muted {
			state = "muted"
		}
		targets := strings.Join(a.Targets, " ")
		if targets == "" {
			targets = "-"
		}
		fmt.Fprintf(p.out, "%-8s %s %6d× %-12s %-24s %s", state, a.Last.Local().Format("2006-01-02 15:04:05"), a.Count, a.Source, clean(targets), clean(a.Title))
		if a.Why != "" {
			fmt.Fprintf(p.out, " (%s)", clean(a.Why))
		}
		fmt.Fprintln(p.out)
	}
	return exitOK, nil
}

func alertsMute(ctx context.Context, p program, verb string) (int, error) {
	f := newFlags("alerts")
	var w where
	w.flags(f.FlagSet)
	o := f.output()
	if err := f.parse(p.args, 0, 100); err != nil {
		return exitFailed, err
	}
	c, err := w.client(p.env)
	if err != nil {
		return exitFailed, err
	}
	switch {
	case verb == "mute":
		return muteAdd(ctx, p, c, f.args, *o)
	case verb == "unmute" && len(f.args) == 1:
		if err := c.call(ctx, http.MethodDelete, "/api/v1/mutes/"+url.PathEscape(f.args[0]), nil, nil); err != nil {
			return exitFailed, err
		}
		return exitOK, done(p.out, *o, "unmuted", f.args[0])
	case verb == "unmute":
		return exitFailed, &usageError{reason: "which mute?", hint: "plexor alerts mutes lists them"}
	}
	var list []store.Mute
	if err := c.call(ctx, http.MethodGet, "/api/v1/mutes", nil, &list); err != nil {
		return exitFailed, err
	}
	if *o == "json" {
		return exitOK, printJSON(p.out, list)
	}
	for _, m := range list {
		printMute(p, m)
	}
	return exitOK, nil
}

func muteAdd(ctx context.Context, p program, c *client, words []string, o string) (int, error) {
	i := 0
	for i < len(words) {
		if _, err := parseDuration(words[i]); err == nil {
			break
		}
		i++
	}
	if i == 0 || i == len(words) {
		return exitFailed, &usageError{reason: "what is to be muted, and for how long?", hint: "plexor alerts mute 10.0.3.12:8080 2h being replaced"}
	}
	req := map[string]string{"what": strings.Join(words[:i], " "), "for": words[i], "reason": strings.Join(words[i+1:], " ")}
	var m store.Mute
	if err := c.call(ctx, http.MethodPost, "/api/v1/mutes", req, &m); err != nil {
		return exitFailed, err
	}
	if o == "json" {
		return exitOK, printJSON(p.out, m)
	}
	printMute(p, m)
	return exitOK, nil
}

func printMute(p program, m store.Mute) {
	what := m.Target
	for _, k := range sortedKeys(m.Labels) {
		what = strings.TrimSpace(what + " " + k + "=" + m.Labels[k])
	}
	fmt.Fprintf(p.out, "%s  until %s  %-24s %s\n", m.ID, m.Until.Local().Format("2006-01-02 15:04"), clean(what), clean(m.Reason))
}
