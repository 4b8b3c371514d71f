package main

import (
	"strings"
	"testing"
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
