package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// scheduleConfig declares one schedule.
type scheduleConfig struct {
	Name    string            `yaml:"name" help:"what it is called: lower case, digits and -"`
	When    string            `yaml:"when" help:"five fields (\"*/5 * * * *\"), @every 90s, @hourly, @daily …"`
	Zone    string            `yaml:"tz" help:"time zone whose wall clock is meant; that of tz unless given"`
	Targets []string          `yaml:"targets" help:"what is looked at"`
	Group   string            `yaml:"group" help:"or the name of a group"`
	File    string            `yaml:"file" help:"or a file with a target a line; # begins a comment"`
	Channel string            `yaml:"channel" help:"where it tells; slack.channel unless given"`
	Plan    string            `yaml:"plan" help:"connection-refused unless given"`
	Inputs  map[string]string `yaml:"inputs" help:"of the plan"`
	Whole   bool              `yaml:"whole" help:"the whole plan every time, not only when the quick check fails"`
	Notify  string            `yaml:"notify" help:"change, always or never; change unless given"`
	Confirm int               `yaml:"confirm" help:"equal results in a row that make a change; 1 unless given"`
	Remind  string            `yaml:"remind" help:"how often to say that it is still failing, for example 4h; never unless given"`
	Jitter  string            `yaml:"jitter" help:"runs come up to this much later, each schedule at its own place; 0 unless given"`
	CatchUp string            `yaml:"catch_up" help:"one (one run for all that were missed) or none; one unless given"`
	Digest  string            `yaml:"digest" help:"daily, weekly, or an expression; none unless given"`
	Title   string            `yaml:"title" help:"what it is about, for people"`
}

// resultsConfig says how long results are kept, and how finely.
type resultsConfig struct {
	Single duration `yaml:"single" help:"single results; then their sums by the hour; 7d unless given"`
	Hours  duration `yaml:"hours" help:"sums by the hour; then by the day; 92d unless given"`
	Days   duration `yaml:"days" help:"sums by the day; 1830d unless given"`
	Size   size     `yaml:"size" help:"bytes above which each is halved until it fits; 512MB unless given"`
}

func (r resultsConfig) retention() store.ResultRetention {
	keep := store.DefaultResults
	for _, v := range []struct {
		into *time.Duration
		from duration
	}{{&keep.Single, r.Single}, {&keep.Hours, r.Hours}, {&keep.Days, r.Days}} {
		if v.from > 0 {
			*v.into = time.Duration(v.from)
		}
	}
	if r.Size > 0 {
		keep.Size = int64(r.Size)
	}
	return keep
}

// scheduleNames are those of declared schedules: what people make is called s1,
// s2 and so on.
var (
	scheduleNames = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	madeNames     = regexp.MustCompile(`^s[0-9]+$`)
)

// checkSchedules refuses what can't be right in the text alone.
func checkSchedules(all []scheduleConfig, groups map[string][]string, bad func(field, format string, args ...any)) {
	seen := map[string]bool{}
	for i, c := range all {
		field := fmt.Sprintf("schedules[%d]", i)
		switch {
		case !scheduleNames.MatchString(c.Name) || madeNames.MatchString(c.Name):
			bad(field+".name", "it is lower case, digits and -, and not s1, s2 …: those are made in Slack")
		case seen[c.Name]:
			bad(field+".name", "%s stands there twice", c.Name)
		}
		seen[c.Name] = true
		switch _, err := schedules.Parse(c.When, c.Zone); {
		case c.Zone != "" && !schedules.IsZone(c.Zone):
			bad(field+".tz", "there is no time zone %q; it is a name of the IANA data base, for example Europe/Berlin", c.Zone)
		case err != nil:
			bad(field+".when", "%s", advice(err))
		}
		if c.Group != "" && groups[c.Group] == nil {
			bad(field+".group", "there is no group %q; there are %s", c.Group, strings.Join(slices.Sorted(maps.Keys(groups)), ", "))
		}
		if n := given(len(c.Targets) > 0, c.Group != "", c.File != ""); n != 1 {
			bad(field, "it has targets, a group or a file, one of them")
		}
	}
}

// advice is what is wrong and what would be right.
func advice(err error) string {
	var hint string
	if bad, ok := errors.AsType[*schedules.Error](err); ok {
		hint = bad.Hint
	}
	if bad, ok := errors.AsType[*bot.UsageError](err); ok {
		hint = bad.Hint
	}
	if bad, ok := errors.AsType[*investigations.TargetError](err); ok {
		hint = bad.Hint
	}
	if hint == "" {
		return err.Error()
	}
	return err.Error() + "; " + hint
}

// declared refuses the configuration's schedules that could not run: a plan that
// there is not, a target that may not be diagnosed.
func declared(cfg *config, s *bot.Schedules) error {
	var all []error
	for i, d := range s.Declared {
		err := s.Check(d.ScheduleRequest)
		if err == nil {
			continue
		}
		field := fmt.Sprintf("schedules[%d]", i)
		if bad, ok := errors.AsType[*bot.FieldError](err); ok {
			field += "." + bad.Field
		}
		all = append(all, fmt.Errorf("%s%s: %s", cfg.places.of(field), field, advice(err)))
	}
	return errors.Join(all...)
}

func given(all ...bool) (n int) {
	for _, b := range all {
		if b {
			n++
		}
	}
	return n
}

// openSchedules gives the bot its schedules.
func openSchedules(cfg *config, b *bot.Bot) error {
	s := bot.NewSchedules(b.Engine, b.Store, b.Runs, b.Log)
	if err := fillSchedules(cfg, s); err != nil {
		return err
	}
	b.Schedules = s
	wrong := declared(cfg, s)
	if wrong == nil {
		return nil
	}
	if _, broken := loadPlans(cfg.Plans); broken != nil {
		b.Log.Error("some declared schedules do not run until the plans that were left out are mended", "error", wrong)
		return nil // a mistake in a plan keeps nothing else from running
	}
	return wrong
}

// fillSchedules gives what the configuration says of schedules.
func fillSchedules(cfg *config, s *bot.Schedules) error {
	s.Zone = cfg.Zone
	s.Groups, s.Channel, s.Keep, s.Age = cfg.Groups, cfg.Slack.Channel, cfg.Results.retention(), time.Duration(cfg.Retention.Age)
	for _, c := range cfg.Schedules {
		targets := c.Targets
		if c.File != "" {
			var err error
			if targets, err = targetFile(c.File); err != nil {
				return fmt.Errorf("schedule %s: %w", c.Name, err)
			}
		}
		s.Declared = append(s.Declared, bot.Declared{Name: c.Name, ScheduleRequest: bot.ScheduleRequest{
			When: c.When, Zone: c.Zone, Targets: targets, Group: c.Group, Channel: c.Channel, Plan: c.Plan, Inputs: c.Inputs, Whole: c.Whole,
			Notify: c.Notify, Confirm: c.Confirm, Remind: c.Remind, Jitter: c.Jitter, CatchUp: c.CatchUp, Digest: c.Digest, Title: c.Title, By: "config",
		}})
	}
	return nil
}

// targetFile reads a target a line.
func targetFile(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read targets: %w", err)
	}
	var list []string
	for l := range strings.Lines(string(text)) {
		l, _, _ = strings.Cut(l, "#")
		if l = strings.TrimSpace(l); l != "" {
			list = append(list, l)
		}
	}
	return list, nil
}
