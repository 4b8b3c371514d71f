package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/store"
)

func TestScheduleUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string // in either output
	}{
		{[]string{"schedule", "explain", "*/5 * * * *", "--tz", "Europe/Berlin"}, exitOK, "Every 5 minutes, Europe/Berlin"},
		{[]string{"schedule", "explain", "0 0 30 2 *"}, exitFailed, "there is no such day"},
		{[]string{"schedule", "explain", "TZ=UTC"}, exitFailed, "time zone stands beside"},
		{[]string{"schedule", "explain", "@daily", "--tz", "Nowhere"}, exitFailed, "tz=Europe/Berlin"},
		{[]string{"schedule", "explain", "@daily", "-o", "json"}, exitOK, `"words"`},
		{[]string{"schedule"}, exitFailed, "add, list"},
		{[]string{"schedule", "dance", "--server", "http://127.0.0.1:9"}, exitFailed, "it is add, list"},
		{[]string{"schedule", "show"}, exitFailed, "plexor help schedule"},
		{[]string{"help", "schedule"}, exitOK, "the autumn change repeats"},
		{[]string{"help", "config"}, exitOK, "schedules[].when"},
		{[]string{"history", "--png", "x.png", "--server", "http://127.0.0.1:9"}, exitFailed, "a picture of which target?"},
	} {
		code, out, errs := plexor(t, test.args...)
		if code != test.code || !strings.Contains(out+errs, test.want) {
			t.Errorf("plexor %q = %d, %q; want %d and %q", test.args, code, out+errs, test.code, test.want)
		}
	}
}

// TestScheduleDeclaredRefused holds what only a bot can tell of a declared
// schedule to be refused with its line.
func TestScheduleDeclaredRefused(t *testing.T) {
	for text, want := range map[string]string{
		"{name: a, when: '@daily', targets: ['127.0.0.1:1'], plan: nothing}":         `plexor.yml:8: schedules[0].plan: there is no plan "nothing"; there are plan=`,
		"{name: a, when: '@daily', targets: ['127.0.0.1:1'], inputs: {color: red}}":  "plexor.yml:8: schedules[0].inputs: the plan connection-refused takes no input",
		"{name: a, when: '@daily', targets: ['10.0.0.1:1']}":                         "plexor.yml:8: schedules[0].targets: 10.0.0.1 is not among the targets",
		"{name: a, when: '@daily', targets: ['127.0.0.1']}":                          "plexor.yml:8: schedules[0].targets: ",
		"{name: a, when: '@daily', group: g}":                                        "plexor.yml:8: schedules[0].targets: 10.0.0.2 is not among",
		"{name: a, when: '@daily', targets: ['127.0.0.1:1'], notify: loudly}":        "plexor.yml:8: schedules[0].notify: there is no notify=loudly; notify=change",
		"{name: a, when: '@daily', targets: ['127.0.0.1:1'], jitter: -5s}":           "plexor.yml:8: schedules[0].jitter: jitter is a time of up to",
		"{name: a, when: '@daily', targets: ['127.0.0.1:1'], digest: '* * * * * *'}": "plexor.yml:8: schedules[0].digest: that has six fields",
		"{name: a, when: '@daily', targets: ['127.0.0.1:1'], tz: Mars}":              "plexor.yml:8: schedules[0].tz: there is no time zone",
		"{name: a, when: '61 * * * *', targets: ['127.0.0.1:1']}":                    "plexor.yml:8: schedules[0].when: that expression can't be read",
	} {
		dir := t.TempDir()
		cfg := "data: " + dir + "/data\nhttp: {listen: 127.0.0.1:0}\ntargets: {allow: [127.0.0.0/8]}\ngroups:\n  g: ['10.0.0.2:1']\n\nschedules:\n  - " + text + "\n"
		if err := os.WriteFile(dir+"/plexor.yml", []byte(cfg), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := plexor(t, "serve", "--config", dir+"/plexor.yml")
		if code != exitFailed || !strings.Contains(out+errs, want) {
			t.Errorf("%s: serve = %d, %q; want %d and %q", text, code, out+errs, exitFailed, want)
		}
		if code, out, _ := plexor(t, "doctor", "--config", dir+"/plexor.yml"); code != exitFailed || !strings.Contains(out, want) {
			t.Errorf("%s: doctor = %d, %q; want %q", text, code, out, want)
		}
	}
}

func TestScheduleConfig(t *testing.T) {
	for text, want := range map[string]string{
		"schedules: [{name: s1, when: '@daily', targets: ['a:1']}]":                                                               "schedules[0].name",
		"schedules: [{name: a, when: '@daily', targets: ['a:1']}, {name: a, when: '@daily', targets: ['a:1']}]":                   "stands there twice",
		"schedules: [{name: a, when: '* * * * * *', targets: ['a:1']}]":                                                           "six fields",
		"schedules: [{name: a, when: '@daily', tz: Mars, targets: ['a:1']}]":                                                      "time zone",
		"schedules: [{name: a, when: '@daily'}]":                                                                                  "one of them",
		"schedules: [{name: a, when: '@daily', group: g}]":                                                                        "no group",
		"groups: {g: ['a:1', 'b:2']}\nschedules: [{name: a, when: '@daily', group: g, file: x}]":                                  "one of them",
		"schedules: [{name: a, wen: '@daily', targets: ['a:1']}]":                                                                 `did you mean "when"?`,
		"groups: {g: ['a:1', 'b:2']}\nresults: {single: 3d, size: 1GB}\nschedules: [{name: a, when: '@daily', group: g}]\nlog: x": "log",
	} {
		c := new(config)
		err := decodeConfig("plexor.yml", []byte("data: /d\n"+text), c)
		if err == nil {
			c.defaults()
			err = c.check()
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%s: %v, want one error with %q", text, err, want)
		}
	}
}

// TestScheduleOfBrokenPlan has a declared schedule name a plan whose file has a
// mistake: that plan is left out, and the bot runs without both.
func TestScheduleOfBrokenPlan(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/mine.yml", []byte("plan: mine\ntitle: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := new(config)
	text := "data: " + dir + "/data\nplans: " + dir + "\ntargets: {allow: [127.0.0.0/8]}\nschedules:\n  - {name: a, when: '@daily', targets: ['127.0.0.1:1'], plan: mine}\n"
	if err := decodeConfig("plexor.yml", []byte(text), cfg); err != nil {
		t.Fatal(err)
	}
	cfg.defaults()
	state, err := store.Open(filepath.Join(dir, "plexor.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	b, err := newBot(cfg, secrets{}, state, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := openSchedules(cfg, b); err != nil {
		t.Errorf("openSchedules = %v, want that the bot runs", err)
	}
	cfg.Plans = ""
	if err := openSchedules(cfg, b); err == nil {
		t.Error("openSchedules takes a plan that nobody wrote")
	}
}
