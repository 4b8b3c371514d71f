package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBadConfig holds the exact words about bad files: line, field, and what
// would be right.
func TestBadConfig(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "data: a directory for the state is needed, for example /var/lib/plexor",
		"data: d\nhtp: {}\n":                    `plexor.yml:2: there is no field "htp", did you mean "http"?`,
		"data: d\nhttp: {lisen: x}\n":           `plexor.yml:2: http: there is no field "lisen", did you mean "listen"?`,
		"data: d\ndata: e\n":                    `plexor.yml:2: "data" stands there twice`,
		"data: [a]\n":                           "plexor.yml:1: data: it is a text",
		"data: d\nhttp: x\n":                    "plexor.yml:2: http: it has fields: listen, token_file",
		"data: d\ntargets: {allow: x}":          "plexor.yml:2: targets.allow: it is a list",
		"data: d\nrunners: {labels: [a]}":       "plexor.yml:2: runners.labels: it is a mapping of names to values",
		"data: d\nretention: {age: 90}":         `plexor.yml:2: retention.age: it is a duration such as 90d, 12h or 30s, not "90"`,
		"data: d\nretention: {age: -3d}":        `plexor.yml:2: retention.age: it is a duration such as 90d, 12h or 30s, not "-3d"`,
		"data: d\nretention: {size: big}":       `plexor.yml:2: retention.size: it is a size such as 500MB or 2GB, not "big"`,
		"data: d\nlimits: {user: many}":         `plexor.yml:2: limits.user: it is a whole number, not "many"`,
		"data: d\nlimits: {user: -1}":           "limits.user: it is a number above 0, not -1",
		"data: d\nslack: {mode: rtm}":           `slack.mode: it is socket or http, not "rtm"`,
		"data: d\nlog: loud":                    `log: it is debug, info, warn or error, not "loud"`,
		"data: d\nhttp:\n  listen: '8066'":      `plexor.yml:3: http.listen: it is HOST:PORT, for example 127.0.0.1:8066, not "8066"`,
		"data: d\nrunners: {listen: 'a:b'}":     `plexor.yml:2: runners.listen: it is HOST:PORT`,
		"data: d\nslack: {api_url: slack.com}":  `plexor.yml:2: slack.api_url: it is a URL such as https://slack.com/api/`,
		"data: d\ntargets:\n  allow:\n  - 10/8": "plexor.yml:4: targets.allow: ",
		"data: d\nretention: {age: -5h}":        "plexor.yml:2: retention.age: ",
		"data: &a d\nplans: *a":                 "plexor.yml:2: plans: aliases are not used here",
		"- a":                                   "plexor.yml:1: it has fields: data, http",
		"data: \"":                              "plexor.yml: yaml: ",
		"data: d\nslack: {bot_token: xoxb-1}":   `plexor.yml:2: slack: there is no field "bot_token"; there are channel`,
	} {
		file := filepath.Join(t.TempDir(), "plexor.yml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readConfig(file)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is told %v, want %s", text, err, want)
		}
	}
}

// TestConfigTellsAll holds that every mistake of a file is told at once.
func TestConfigTellsAll(t *testing.T) {
	err := decodeConfig("f.yml", []byte("a: 1\nb: 2\nlimits: {user: x}\n"), new(config))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three mistakes are told as %v", err)
	}
}

// TestConfigExamples decodes what the help shows, and fills what it leaves out.
func TestConfigExamples(t *testing.T) {
	c := new(config)
	if err := decodeConfig("example", []byte(configExample), c); err != nil {
		t.Fatalf("the example of plexor help config: %v", err)
	}
	c.defaults()
	if err := c.check(); err != nil || c.HTTP.Listen != "127.0.0.1:8066" || c.Slack.Mode != "socket" || time.Duration(c.Retention.Age) != 90*24*time.Hour {
		t.Errorf("the example = %+v, %v", c, err)
	}
}

// TestSecrets holds where secrets come from, and what is said where one lacks.
func TestSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("  from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string {
		return map[string]string{"SLACK_BOT_TOKEN": "xoxb-env", "PLEXOR_TOKEN": "env"}[name]
	}
	c := &config{HTTP: httpConfig{TokenFile: file}}
	c.defaults()
	s, err := readSecrets(c, env)
	if err != nil || s.token != "from-file" || s.bot != "xoxb-env" {
		t.Errorf("readSecrets = %+v, %v; want the file before the environment", s, err)
	}
	if got := s.lacking(c); got != "SLACK_APP_TOKEN (or slack.mode: http)" {
		t.Errorf("lacking = %q", got)
	}
	c.Slack.Mode = "http"
	if got := s.lacking(c); got != "SLACK_SIGNING_SECRET" {
		t.Errorf("lacking in HTTP mode = %q", got)
	}
	c.HTTP.TokenFile = file + "-none"
	if _, err := readSecrets(c, env); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a file that is not there = %v", err)
	}
}
