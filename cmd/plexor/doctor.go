package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

func doctorCommand() command {
	return command{
		name: "doctor", args: "[--config plexor.yml] [-o json]", short: "checks configuration, tokens, scopes and runners",
		long: "Each line that is not ok says what to do about it. Exit code 3 if one is not.",
		run:  doctorRun,
	}
}

// finding is one thing that the doctor looked at.
type doctorFinding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Said string `json:"said"`
	Do   string `json:"do,omitempty"`
}

type doctor struct {
	found []doctorFinding
}

func (d *doctor) ok(what, said string) {
	d.found = append(d.found, doctorFinding{what, true, said, ""})
}
func (d *doctor) bad(what, said, do string) {
	d.found = append(d.found, doctorFinding{what, false, said, do})
}

func doctorRun(ctx context.Context, p program) (int, error) {
	f := newFlags("doctor")
	var w where
	w.flags(f.FlagSet)
	o := f.output()
	if err := f.parse(p.args, 0, 0); err != nil {
		return exitFailed, err
	}
	d := new(doctor)
	d.examine(ctx, p, w)
	code := exitOK
	var text strings.Builder
	for _, x := range d.found {
		word := "ok  "
		if !x.OK {
			word, code = "FAIL", exitFailed
		}
		fmt.Fprintf(&text, "%s %-14s %s\n", word, x.What, clean(x.Said))
		if x.Do != "" {
			fmt.Fprintf(&text, "     %-14s → %s\n", "", x.Do)
		}
	}
	return code, jsonOrText(p, *o, d.found, text.String())
}

func (d *doctor) examine(ctx context.Context, p program, w where) {
	cfg, err := readConfig(*w.config)
	if err != nil {
		d.bad("configuration", err.Error(), "plexor help config is the reference")
		return
	}
	d.ok("configuration", *w.config)
	d.plans(cfg)
	d.targets(cfg)
	d.schedules(cfg)
	sec, err := readSecrets(cfg, p.env)
	if err != nil {
		d.bad("secrets", err.Error(), "make the file readable for the user that runs the bot")
	}
	d.slack(ctx, cfg, sec)
	d.bot(ctx, p, w, cfg)
}

func (d *doctor) plans(cfg *config) {
	all, err := loadPlans(cfg.Plans)
	if err != nil {
		d.bad("plans", err.Error(), "plexor plan validate FILE shows the place")
		return
	}
	d.ok("plans", strings.Join(sortedKeys(all), ", "))
}

func (d *doctor) targets(cfg *config) {
	if _, err := investigations.NewAllowList(cfg.Targets.Allow); err != nil {
		d.bad("targets", err.Error(), "targets.allow takes prefixes, addresses, and names with * as globs")
		return
	}
	if len(cfg.Targets.Allow) == 0 {
		d.bad("targets", "nothing may be diagnosed", "list what may be in targets.allow, for example 10.0.0.0/8")
		return
	}
	d.ok("targets", strings.Join(cfg.Targets.Allow, ", "))
}

// schedules holds the declared ones against plans, groups and targets.
func (d *doctor) schedules(cfg *config) {
	if len(cfg.Schedules) == 0 {
		return
	}
	all, _ := loadPlans(cfg.Plans)
	allow, err := investigations.NewAllowList(cfg.Targets.Allow)
	if err != nil {
		return // which was said
	}
	s := bot.NewSchedules(&investigations.Engine{Plans: all, Allow: allow}, nil, nil, slog.New(slog.DiscardHandler))
	if err := errors.Join(fillSchedules(cfg, s), declared(cfg, s)); err != nil {
		d.bad("schedules", err.Error(), "plexor help config tells the fields")
		return
	}
	var names []string
	for _, one := range s.Declared {
		names = append(names, one.Name)
	}
	d.ok("schedules", strings.Join(names, ", "))
}

// slackTime bounds what is asked of Slack.
const slackTime = 15 * time.Second

func (d *doctor) slack(ctx context.Context, cfg *config, sec secrets) {
	if lacks := sec.lacking(cfg); lacks != "" {
		d.bad("slack", lacks+" is missing", "set it in the environment, or name a file with it in the configuration")
		return
	}
	if sec.bot == "" {
		d.ok("slack", "none is configured: API, alerts and runners only")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, slackTime)
	defer cancel()
	app := sec.app
	if cfg.Slack.Mode == "http" {
		app = ""
	}
	c := slackapi.New(slackapi.Config{BotToken: sec.bot, AppToken: app, APIURL: cfg.Slack.APIURL})
	me, err := c.Identity(ctx)
	if err != nil {
		d.bad("bot token", err.Error(), slackAdvice(err, "SLACK_BOT_TOKEN: reinstall the app and copy the Bot User OAuth Token (xoxb-…)"))
		return
	}
	d.ok("bot token", me.TeamName+" ("+me.Team+") as "+me.User)
	missing, err := c.MissingScopes(ctx, slackapi.NeededScopes)
	switch {
	case err != nil:
		d.bad("scopes", err.Error(), "try again")
	case len(missing) > 0:
		d.bad("scopes", "missing: "+strings.Join(missing, ", "), "paste manifest.yml into the app's settings and reinstall it")
	default:
		d.ok("scopes", "complete")
	}
	if app == "" {
		return
	}
	if err := c.CheckSocketMode(ctx); err != nil {
		d.bad("app token", err.Error(), slackAdvice(err, "SLACK_APP_TOKEN: make an app-level token (xapp-…) with the scope connections:write"))
		return
	}
	d.ok("app token", "Socket Mode opens")
}

func slackAdvice(err error, advice string) string {
	if slackapi.KindOf(err) == slackapi.Auth {
		return advice
	}
	return "Slack could not be reached: check the network, a proxy, and slack.api_url"
}

func (d *doctor) bot(ctx context.Context, p program, w where, cfg *config) {
	c, err := w.client(p.env)
	if err != nil {
		d.bad("bot", err.Error(), "")
		return
	}
	var runners []investigations.Runner
	err = c.call(ctx, http.MethodGet, "/api/v1/runners", nil, &runners)
	if errors.Is(err, errNoBot) {
		d.ok("bot", "does not run")
		d.state(cfg)
		return
	}
	if err != nil {
		d.bad("bot", err.Error(), "the token in http.token_file must be the one that the bot started with")
		return
	}
	d.ok("bot", "answers at "+c.base)
	d.runners(runners)
}

func (d *doctor) state(cfg *config) {
	if _, err := os.Stat(cfg.Data); errors.Is(err, os.ErrNotExist) {
		d.ok("state", cfg.Data+" will be made")
		return
	}
	if _, err := os.Stat(stateFile(cfg)); errors.Is(err, os.ErrNotExist) {
		d.writable(cfg.Data)
		return
	}
	s, err := store.Open(stateFile(cfg), store.Options{})
	if err != nil {
		d.bad("state", err.Error(), stateRemedy(err))
		return
	}
	defer s.Close()
	d.ok("state", fmt.Sprintf("%s, %d KB", s.Path(), s.Size()>>10))
}

// stateRemedy is what to do about a state file that can't be opened.
func stateRemedy(err error) string {
	switch {
	case errors.Is(err, store.ErrLocked):
		return "stop the other process, or give this bot a data directory of its own"
	case errors.Is(err, store.ErrNewer):
		return "run the plexor that wrote it, or a later one"
	case errors.Is(err, store.ErrDamaged):
		return "plexor backup makes such copies while the bot runs"
	}
	return "let the user that runs the bot read and write it"
}

func (d *doctor) writable(dir string) {
	f, err := os.CreateTemp(dir, "doctor-")
	if err != nil {
		d.bad("state", err.Error(), "make "+dir+" writable for the user that runs the bot")
		return
	}
	f.Close()
	os.Remove(filepath.Join(dir, filepath.Base(f.Name())))
	d.ok("state", dir+" is writable")
}

func (d *doctor) runners(all []investigations.Runner) {
	lb := 0
	for _, r := range all {
		switch {
		case !r.Alive:
			d.bad("runner "+r.Name, "lost since "+r.Seen.Local().Format(time.DateTime), "on its host: systemctl status plexor-runner; or plexor runner revoke "+r.Name)
		case len(r.Lacks) > 0:
			var lacks []string
			for _, probe := range sortedKeys(r.Lacks) {
				lacks = append(lacks, probe+": "+r.Lacks[probe])
			}
			d.ok("runner "+r.Name, "alive; sees less: "+strings.Join(lacks, "; "))
		default:
			d.ok("runner "+r.Name, "alive")
		}
		if r.Labels["role"] == "lb" && r.Alive {
			lb++
		}
	}
	if lb == 0 {
		d.bad("load balancer", "no runner is labelled role=lb", "plexor runner token --name LB --label role=lb, and start it on the load balancer")
	}
}
