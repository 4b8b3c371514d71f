package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
)

// alertsConfig says who may send alerts and what becomes of them.
type alertsConfig struct {
	Sources     map[string]sourceConfig `yaml:"sources" help:"how each sender proves who it is, by source; a source that is not here takes the API's token, as bearer or as the password of basic authentication"`
	Slack       []string                `yaml:"slack_channels" help:"channels in which the bot reads what integrations post, names or ids; slack.channel unless given, [none] for none"`
	Routes      []routeConfig           `yaml:"routes" help:"what becomes of which alerts; the first that fits counts"`
	TargetRules []string                `yaml:"target_rules" help:"expressions (CEL) that give an alert's targets, asked before the built-in rules, for example labels.upstream + \":8080\""`
	Generic     genericConfig           `yaml:"generic"`
	SNS         snsConfig               `yaml:"sns"`
	AWS         awsConfig               `yaml:"aws"`
	Windows     []windowConfig          `yaml:"windows" help:"times of maintenance, in which alerts that fit make no thread"`
	Cooldown    duration                `yaml:"cooldown" help:"what comes within this time after the last alert joins its thread; 15m unless given"`
	Storm       stormConfig             `yaml:"storm"`
	AtOnce      int                     `yaml:"at_once" help:"investigations for alerts that run at once; 6 unless given"`
	Queue       int                     `yaml:"queue" help:"alerts that may wait to be written down; more are answered 429; 20000 unless given"`
	Kept        int                     `yaml:"kept" help:"fingerprints that are kept; those that came longest ago go first; 50000 unless given"`
}

type sourceConfig struct {
	Open            bool   `yaml:"open" help:"takes everything from everybody; for networks that only senders reach"`
	TokenFile       string `yaml:"token_file" help:"file with tokens, one a line, for Authorization: Bearer or ?auth_token="`
	User            string `yaml:"user" help:"user name of basic authentication"`
	PasswordFile    string `yaml:"password_file" help:"file with passwords, one a line"`
	Header          string `yaml:"header" help:"name of a header with a secret"`
	HeaderFile      string `yaml:"header_file" help:"file with that secret, one a line"`
	SigningKeyFile  string `yaml:"signing_key_file" help:"file with keys of HMAC-SHA256 over the body, one a line: grafana, pagerduty"`
	CertificateFile string `yaml:"certificate_file" help:"PEM certificate of SNS, for sites that can't fetch it"`
}

type routeConfig struct {
	Name    string            `yaml:"name" help:"name of the route; it shows in alerts list"`
	When    string            `yaml:"when" help:"condition (CEL) over labels, annotations, targets, source, severity, title, summary, firing; every alert unless given"`
	Channel string            `yaml:"channel" help:"channel of its threads; slack.channel unless given"`
	Plan    string            `yaml:"plan" help:"plan; connection-refused unless given"`
	Inputs  map[string]string `yaml:"inputs" help:"inputs of the plan; {{ labels.unit }} takes a label"`
}

type genericConfig struct {
	Each   string            `yaml:"each" help:"expression (CEL) over payload that gives the list of alerts; the payload is one alert unless given"`
	Fields map[string]string `yaml:"fields" help:"expressions over payload and item: status, target, targets, key, title, summary, severity, link, starts_at"`
	Labels map[string]string `yaml:"labels" help:"expressions that give labels"`
}

type snsConfig struct {
	Topics       []string            `yaml:"topics" help:"ARNs of the topics that are listened to; none unless given"`
	TargetGroups map[string][]string `yaml:"target_groups" help:"target group (ARN, targetgroup/name/id or name) or load balancer: its targets"`
}

type awsConfig struct {
	Lookup   string `yaml:"lookup" help:"whether AWS is asked which targets stand behind a target group or load balancer: on, off, or auto: where the environment or ~/.aws gives credentials; on takes the role of the EC2 instance too; auto unless given"`
	Profile  string `yaml:"profile" help:"profile of ~/.aws/config and ~/.aws/credentials; the default one unless given"`
	Endpoint string `yaml:"endpoint" help:"URL at which Elastic Load Balancing and EC2 are asked instead of AWS's own, for a private endpoint"`
}

type stormConfig struct {
	Targets int      `yaml:"targets" help:"more new targets than these make one thread; 8 unless given"`
	Within  duration `yaml:"within" help:"within this time; 60s unless given"`
}

type windowConfig struct {
	Name   string            `yaml:"name" help:"name of the window; it shows where an alert was muted"`
	Target string            `yaml:"target" help:"glob over targets; any unless given"`
	Labels map[string]string `yaml:"labels" help:"globs over labels, each must fit"`
	Days   []string          `yaml:"days" help:"days on which it begins: mon, tue, …; every day unless given"`
	From   string            `yaml:"from" help:"when it begins, 22:00, or once: 2026-12-01T22:00:00Z"`
	To     string            `yaml:"to" help:"when it ends, on the next day if before from"`
	Zone   string            `yaml:"zone" help:"time zone of from and to, Europe/Berlin; UTC unless given"`
}

// check refuses what can't work.
func (c *alertsConfig) check(bad func(field, format string, args ...any)) {
	for name := range c.Sources {
		if !slices.Contains(alerts.Sources(), name) || name == "slack" {
			bad("alerts.sources", "there is no source %q; there are %s", name, strings.Join(alerts.Sources(), ", "))
		}
	}
	for i, r := range c.Routes {
		if r.Name == "" {
			c.Routes[i].Name = fmt.Sprintf("route %d", i+1)
		}
	}
	for i, w := range c.Windows {
		if _, err := w.window(); err != nil {
			bad(fmt.Sprintf("alerts.windows[%d]", i), "%v", err)
		}
	}
	if err := c.AWS.check(); err != nil {
		bad("alerts.aws", "%v", err)
	}
	for field, n := range map[string]int{"alerts.at_once": c.AtOnce, "alerts.queue": c.Queue, "alerts.kept": c.Kept, "alerts.storm.targets": c.Storm.Targets} {
		if n < 0 {
			bad(field, "it is a number above 0, not %d", n)
		}
	}
}

var weekdays = map[string]time.Weekday{"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}

func (w windowConfig) window() (bot.Window, error) {
	out := bot.Window{Name: w.Name, Target: w.Target, Labels: w.Labels, Zone: time.UTC}
	if w.Target == "" && len(w.Labels) == 0 {
		out.Target = "*"
	}
	for _, d := range w.Days {
		day, ok := weekdays[strings.ToLower(d[:min(len(d), 3)])]
		if !ok {
			return out, fmt.Errorf("days are mon, tue, wed, thu, fri, sat and sun, not %q", d)
		}
		out.Days = append(out.Days, day)
	}
	if w.Zone != "" {
		zone, err := time.LoadLocation(w.Zone)
		if err != nil {
			return out, fmt.Errorf("zone: there is no time zone %q", w.Zone)
		}
		out.Zone = zone
	}
	if from, err := time.Parse(time.RFC3339, w.From); err == nil {
		to, err := time.Parse(time.RFC3339, w.To)
		if err != nil || !to.After(from) {
			return out, errors.New("to: it is a time after from, 2026-12-01T23:00:00Z")
		}
		out.Begin, out.End = from, to
		return out, nil
	}
	var err error
	if out.From, err = clockTime(w.From); err == nil {
		out.To, err = clockTime(w.To)
	}
	return out, err
}

func clockTime(s string) (time.Duration, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("from and to are times such as 22:00 or 2026-12-01T22:00:00Z, not %q", s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// alertRules makes of the configuration what needs no secrets and no bot.
func alertRules(c *config, plans map[string]*investigations.Plan) (bot.AlertConfig, error) {
	a := c.Alerts
	out := bot.AlertConfig{
		Topics: slices.Concat([]string{}, a.SNS.Topics), TargetGroups: a.SNS.TargetGroups, Queue: a.Queue, SlackChannels: a.Slack,
		Limits: bot.TriageLimits{
			Cooldown: time.Duration(a.Cooldown), StormTargets: a.Storm.Targets, StormWithin: time.Duration(a.Storm.Within), AtOnce: a.AtOnce, Kept: a.Kept,
		},
	}
	var all []error
	var rules []bot.Rule
	for i, r := range a.Routes {
		rules = append(rules, bot.Rule(r))
		if p := plans[r.Plan]; r.Plan != "" && p == nil {
			all = append(all, fmt.Errorf("alerts.routes[%d].plan: there is no plan %q", i, r.Plan))
		}
	}
	router, err := bot.NewRouter(rules, a.TargetRules, c.Slack.Channel)
	all = append(all, err)
	out.Router = router
	for _, w := range a.Windows {
		window, err := w.window()
		all = append(all, err)
		out.Windows = append(out.Windows, window)
	}
	if len(a.Generic.Fields) > 0 {
		out.Extract, err = bot.NewExtract(bot.Mapping(a.Generic))
		all = append(all, err)
	}
	return out, errors.Join(all...)
}

// alertAuth reads how each sender proves who it is.
func alertAuth(c *config, apiToken string) (map[string]alerts.Auth, error) {
	all := map[string]alerts.Auth{}
	var errs []error
	for _, name := range alerts.Sources() {
		if name == "slack" {
			continue
		}
		s, ok := c.Alerts.Sources[name]
		if !ok {
			all[name] = defaultAuth(apiToken)
			continue
		}
		a, err := s.auth()
		if err != nil {
			errs = append(errs, fmt.Errorf("alerts.sources.%s: %w", name, err))
		}
		all[name] = a
	}
	return all, errors.Join(errs...)
}

func defaultAuth(token string) (a alerts.Auth) {
	if token != "" {
		a.Bearers = []string{token}
		a.Users = []alerts.BasicUser{{Name: "plexor", Password: token}}
	}
	return a
}

func (s sourceConfig) auth() (a alerts.Auth, err error) {
	a.Open = s.Open
	var users []string
	for _, f := range []struct {
		file string
		into *[]string
	}{{s.TokenFile, &a.Bearers}, {s.PasswordFile, &users}, {s.HeaderFile, &a.Secrets}, {s.SigningKeyFile, &a.SigningKeys}} {
		lines, readErr := secretLines(f.file)
		err = errors.Join(err, readErr)
		*f.into = lines
	}
	for _, password := range users {
		a.Users = append(a.Users, alerts.BasicUser{Name: s.User, Password: password})
	}
	a.Header = s.Header
	if s.CertificateFile != "" {
		pem, readErr := os.ReadFile(s.CertificateFile)
		err = errors.Join(err, readErr)
		a.Certificate = func(string) ([]byte, error) { return pem, nil }
	}
	return a, err
}

func secretLines(file string) (lines []string, err error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read a secret: %w", err)
	}
	for l := range strings.Lines(string(text)) {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("read a secret: %s is empty", file)
	}
	return lines, nil
}
