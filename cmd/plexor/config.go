package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner/follow"
)

// config is the configuration file. The help tags are its reference: `plexor
// help config` prints them.
type config struct {
	Data      string              `yaml:"data" help:"directory of the state file and of the keys; made if missing"`
	HTTP      httpConfig          `yaml:"http"`
	Slack     slackConfig         `yaml:"slack"`
	Runners   runnersConfig       `yaml:"runners"`
	Targets   targetsConfig       `yaml:"targets"`
	Plans     string              `yaml:"plans" help:"directory of plans of your own (*.yml); one with a built-in plan's name replaces it"`
	Access    accessConfig        `yaml:"access"`
	Retention retentionConfig     `yaml:"retention"`
	Results   resultsConfig       `yaml:"results"`
	Groups    map[string][]string `yaml:"groups" help:"named lists of targets, for schedules"`
	Schedules []scheduleConfig    `yaml:"schedules"`
	Limits    limitsConfig        `yaml:"limits"`
	Alerts    alertsConfig        `yaml:"alerts"`
	Zone      string              `yaml:"tz" help:"time zone of schedules that name none, and of people whose own Slack does not tell; UTC unless given"`
	Log       string              `yaml:"log" help:"debug, info, warn or error; info unless given"`

	places places // of the fields in the file
}

type httpConfig struct {
	Listen    string `yaml:"listen" help:"address of the API, alerts and /metrics; 127.0.0.1:8066 unless given"`
	TokenFile string `yaml:"token_file" help:"file with the API's bearer token; or PLEXOR_TOKEN"`
}

type slackConfig struct {
	Channel           string `yaml:"channel" help:"channel for what nobody asked for in a channel of their own"`
	APIURL            string `yaml:"api_url" help:"Slack's API; https://slack.com/api/ unless given"`
	Mode              string `yaml:"mode" help:"socket (Socket Mode) or http (signed requests to /slack/…); socket unless given"`
	BotTokenFile      string `yaml:"bot_token_file" help:"file with the bot token; or SLACK_BOT_TOKEN"`
	AppTokenFile      string `yaml:"app_token_file" help:"file with the app-level token; or SLACK_APP_TOKEN"`
	SigningSecretFile string `yaml:"signing_secret_file" help:"file with the signing secret; or SLACK_SIGNING_SECRET"`
}

type runnersConfig struct {
	Listen        string            `yaml:"listen" help:"address that runners dial, for example 0.0.0.0:4222; none unless given"`
	Advertise     string            `yaml:"advertise" help:"address in join tokens, where listen is not what runners dial"`
	Labels        map[string]string `yaml:"labels" help:"labels of the runner inside the bot, for example role: lb"`
	Addresses     map[string]string `yaml:"addresses" help:"address of NAT or of a cloud: name of the runner behind it"`
	Follow        []string          `yaml:"follow" help:"logs of a load balancer on the bot's own host, written PROGRAM=LOG as for plexor-runner --follow, for example nginx=/var/log/nginx/error.log"`
	LoadBalancers map[string]string `yaml:"load_balancers" help:"target: name of the runner that connects to it, where several are labelled role=lb"`
}

type targetsConfig struct {
	Allow []string `yaml:"allow" help:"what may be diagnosed: prefixes, addresses, and names with * as globs; nothing unless given"`
}

type accessConfig struct {
	Users    []string `yaml:"users" help:"Slack ids of those who may use the bot; everybody unless given"`
	Channels []string `yaml:"channels" help:"channels in which it may be used; all unless given"`
}

type retentionConfig struct {
	Age  duration `yaml:"age" help:"how long ended investigations are kept, for example 90d; 90d unless given"`
	Size size     `yaml:"size" help:"bytes in use above which the oldest go, for example 2GB; 1GB unless given"`
}

type limitsConfig struct {
	AtOnce int `yaml:"at_once" help:"investigations that run at once; 16 unless given"`
	User   int `yaml:"user" help:"investigations that one person starts a minute; 20 unless given"`
	Target int `yaml:"target" help:"investigations of one target a minute; 12 unless given"`
}

// duration is a time.Duration that also knows days.
type duration time.Duration

// size is a number of bytes.
type size int64

// defaults fills what the file leaves out.
func (c *config) defaults() {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&c.HTTP.Listen, "127.0.0.1:8066")
	set(&c.Slack.Mode, "socket")
	set(&c.Log, "info")
	if c.Retention.Age == 0 {
		c.Retention.Age = duration(90 * 24 * time.Hour)
	}
	if c.Retention.Size == 0 {
		c.Retention.Size = 1 << 30
	}
}

// check refuses what can't work, with the field and what would be right.
func (c *config) check() error {
	var all []error
	bad := func(field, format string, args ...any) {
		all = append(all, fmt.Errorf("%s%s: %s", c.places.of(field), field, fmt.Sprintf(format, args...)))
	}
	if c.Data == "" {
		bad("data", "a directory for the state is needed, for example /var/lib/plexor")
	}
	if c.Slack.Mode != "socket" && c.Slack.Mode != "http" {
		bad("slack.mode", "it is socket or http, not %q", c.Slack.Mode)
	}
	if _, err := logLevel(c.Log); err != nil {
		bad("log", "it is debug, info, warn or error, not %q", c.Log)
	}
	c.Alerts.check(bad)
	if c.Zone != "" && !schedules.IsZone(c.Zone) {
		bad("tz", "there is no time zone %q; it is a name of the IANA data base, for example Europe/Berlin", c.Zone)
	}
	checkSchedules(c.Schedules, c.Groups, bad)
	if _, err := follow.ParseSources(c.Runners.Follow, alerts.Programs()); err != nil {
		bad("runners.follow", "%v", err)
	}
	for field, n := range map[string]int{"limits.at_once": c.Limits.AtOnce, "limits.user": c.Limits.User, "limits.target": c.Limits.Target} {
		if n < 0 {
			bad(field, "it is a number above 0, not %d", n)
		}
	}
	checkAddresses(c, bad)
	return errors.Join(all...)
}

// checkAddresses refuses what is no address, before anything listens on it.
func checkAddresses(c *config, bad func(field, format string, args ...any)) {
	for field, address := range map[string]string{"http.listen": c.HTTP.Listen, "runners.listen": c.Runners.Listen, "runners.advertise": c.Runners.Advertise} {
		_, port, err := net.SplitHostPort(address)
		if n, portErr := strconv.Atoi(port); address != "" && (err != nil || portErr != nil || n < 0 || n > 65535) {
			bad(field, "it is HOST:PORT, for example 127.0.0.1:8066, not %q", address)
		}
	}
	if u, err := url.Parse(c.Slack.APIURL); c.Slack.APIURL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		bad("slack.api_url", "it is a URL such as https://slack.com/api/, not %q", c.Slack.APIURL)
	}
	if _, err := investigations.NewAllowList(c.Targets.Allow); err != nil {
		bad("targets.allow", "%v", err)
	}
	if c.Retention.Age < 0 {
		bad("retention.age", "it is a duration such as 90d, not a negative one")
	}
}

// readConfig reads, decodes and checks a file.
func readConfig(path string) (*config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w (plexor help config shows one)", err)
	}
	c := new(config)
	if err := decodeConfig(filepath.Base(path), text, c); err != nil {
		return nil, err
	}
	c.defaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// secret is a value that never stands in the configuration itself: from a file
// that it names, or from the environment.
func secret(file, variable string, env func(string) string) (string, error) {
	if file == "" {
		return env(variable), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
