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
	"github.com/plexorbot/plexor/bot/schedules"
)

func scheduleCommand() command {
	return command{
		name: "schedule", short: "makes, lists and changes the schedules of a running bot",
		args: `add WHEN TARGET… [--tz ZONE] … | list | show ID | pause ID | resume ID | remove ID | run ID | digest ID | explain WHEN [--tz ZONE]`,
		long: `
WHEN is five fields ("*/5 * * * *"), @every 90s, @hourly or @daily. add takes
--tz, --channel, --group, --plan, --notify change|always|never, --confirm N,
--remind 4h, --jitter 30s, --catch-up one|none, --digest daily|weekly|WHEN,
--title, --whole, and --input key=value. Each run connects first; the whole plan
looks for the cause when that fails, or always with --whole. explain says an
expression in words and its next five times, and asks no bot.

At a change of the clock, an expression whose hour is * goes on in real time; one
that names hours runs once for each: a time that the spring change skips runs as
much later as the clock jumped, one that the autumn change repeats, the first time.

Without --tz the zone is that of tz: in the configuration, and in Slack that of the
person who asks. Uptime is the share of looks that found a target well: times in
which nobody looked (the bot was down, the schedule paused, no runner there) count
neither way, and a mute keeps a channel quiet but not the looks from counting. While
a target goes on failing as it did, its whole plan is run again after four times as
long as it took, so that slow plans never hold looks up.`,
		run: scheduleRun,
	}
}

// scheduleFlags are the flags of schedule add.
type scheduleFlags struct {
	request bot.ScheduleRequest
	inputs  pairs
}

func (s *scheduleFlags) flags(f *flags) {
	r := &s.request
	s.inputs = pairs{}
	for name, into := range map[string]*string{
		"tz": &r.Zone, "channel": &r.Channel, "group": &r.Group, "plan": &r.Plan, "notify": &r.Notify, "remind": &r.Remind,
		"jitter": &r.Jitter, "catch-up": &r.CatchUp, "digest": &r.Digest, "title": &r.Title,
	} {
		f.StringVar(into, name, "", "")
	}
	f.IntVar(&r.Confirm, "confirm", 0, "")
	f.BoolVar(&r.Whole, "whole", false, "")
	f.Var(s.inputs, "input", "")
}

func scheduleRun(ctx context.Context, p program) (int, error) {
	if len(p.args) == 0 {
		return exitFailed, &usageError{reason: "add, list, show, pause, resume, remove, run, digest or explain?", hint: "plexor help schedule"}
	}
	verb, args := p.args[0], p.args[1:]
	f := newFlags("schedule")
	var w where
	w.flags(f.FlagSet)
	o := f.output()
	var s scheduleFlags
	s.flags(f)
	least := map[string]int{"add": 1, "show": 1, "pause": 1, "resume": 1, "remove": 1, "run": 1, "digest": 1, "explain": 1}[verb]
	most := map[string]int{"add": 200}[verb]
	if err := f.parse(args, least, max(least, most)); err != nil {
		return exitFailed, err
	}
	if verb == "explain" {
		return explain(p.out, f.args[0], s.request.Zone, *o)
	}
	c, err := w.client(p.env)
	if err != nil {
		return exitFailed, err
	}
	if verb == "add" {
		s.request.When, s.request.Targets, s.request.Inputs = f.args[0], f.args[1:], s.inputs
		return scheduleOne(ctx, p.out, c, *o, http.MethodPost, "/api/v1/schedules", s.request)
	}
	return scheduleVerb(ctx, p.out, c, *o, verb, append(f.args, "")[0])
}

func scheduleVerb(ctx context.Context, out io.Writer, c *client, o, verb, id string) (int, error) {
	path := "/api/v1/schedules/" + url.PathEscape(id)
	switch verb {
	case "list":
		return exitOK, scheduleList(ctx, out, c, o)
	case "show":
		return scheduleOne(ctx, out, c, o, http.MethodGet, path, nil)
	case "pause", "resume":
		return scheduleOne(ctx, out, c, o, http.MethodPost, path+"/"+verb, nil)
	case "run", "digest":
		if err := c.call(ctx, http.MethodPost, path+"/"+verb, nil, nil); err != nil {
			return exitFailed, err
		}
		return exitOK, done(out, o, map[string]string{"run": "started", "digest": "digested"}[verb], id)
	case "remove":
		if err := c.call(ctx, http.MethodDelete, path, nil, nil); err != nil {
			return exitFailed, err
		}
		return exitOK, done(out, o, "removed", id)
	}
	return exitFailed, &usageError{reason: fmt.Sprintf("schedule %s: it is add, list, show, pause, resume, remove, run, digest or explain", verb), hint: "plexor help schedule"}
}

func scheduleOne(ctx context.Context, out io.Writer, c *client, o, method, path string, body any) (int, error) {
	var st bot.ScheduleState
	if err := c.call(ctx, method, path, body, &st); err != nil {
		return exitFailed, err
	}
	if o == "json" {
		return exitOK, printJSON(out, st)
	}
	fmt.Fprintf(out, "%s  %s\n", st.ID, clean(st.Words))
	if st.Paused {
		fmt.Fprintf(out, "  paused  %s\n", clean(st.Why))
	}
	printTimes(out, st.Next, st.Zone)
	for _, watch := range st.Watches {
		state := watch.State
		if state == "" {
			state = "not seen yet"
		}
		fmt.Fprintf(out, "  %-28s %-12s %s\n", clean(watch.Target), state, clean(strings.TrimSpace(watch.Cause+" "+watch.Headline)))
	}
	fmt.Fprintf(out, "  runs %d, not started because the one before was going %d, missed %d\n", st.Runs, st.Overlap, st.Missed)
	return exitOK, nil
}

func printTimes(out io.Writer, next []time.Time, zone string) {
	for _, t := range next {
		fmt.Fprintf(out, "  next    %s\n", t.In(schedules.ZoneOf(zone)).Format("Mon 2006-01-02 15:04 MST"))
	}
}

func scheduleList(ctx context.Context, out io.Writer, c *client, o string) error {
	var all []bot.ScheduleState
	if err := c.call(ctx, http.MethodGet, "/api/v1/schedules", nil, &all); err != nil {
		return err
	}
	if o == "json" {
		return printJSON(out, all)
	}
	for _, st := range all {
		state := "runs"
		switch {
		case st.Paused:
			state = "paused"
		case st.Declared:
			state = "declared"
		}
		fmt.Fprintf(out, "%-12s %-9s %-36s %s\n", st.ID, state, clean(st.Words), clean(strings.Join(st.Targets, " ")))
	}
	return nil
}

// explain says an expression in words, and when it fires next.
func explain(out io.Writer, when, zone, o string) (int, error) {
	spec, err := schedules.Parse(when, zone)
	if err != nil {
		return exitFailed, scheduleUsage(err)
	}
	next := spec.Upcoming(time.Now(), 5)
	if o == "json" {
		return exitOK, printJSON(out, map[string]any{"words": spec.Words(), "tz": spec.Zone.String(), "next": next})
	}
	fmt.Fprintln(out, spec.Words())
	printTimes(out, next, spec.Zone.String())
	return exitOK, nil
}

func scheduleUsage(err error) error {
	if bad, ok := err.(*schedules.Error); ok {
		return &usageError{reason: bad.Reason, hint: bad.Hint}
	}
	return err
}
