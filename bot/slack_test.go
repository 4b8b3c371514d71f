package bot

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/bot/workspace"
)

// TestCommand follows one command from the composer to the verdict.
func TestCommand(t *testing.T) {
	o := newOffice(t, workspace.Config{}, open).ready()
	if said := o.types("/diagnose 127.0.0.1:80"); said != "" {
		t.Errorf("a command that was taken is answered %q", said)
	}
	m := o.settled()
	if len(m) != 3 { // the parent, one step, the verdict
		t.Fatalf("the channel holds %q, want a parent with two replies", texts(m))
	}
	if !strings.Contains(m[0].Text, "No cause proved for 127.0.0.1:80") || m[1].ThreadTS != m[0].TS || m[2].ThreadTS != m[0].TS {
		t.Errorf("the channel holds %q, want the verdict in the parent and the rest in its thread", texts(m))
	}
	if !strings.Contains(string(m[2].Blocks), `"user_id":"U1"`) {
		t.Errorf("the verdict does not name who asked: %s", m[2].Blocks)
	}
}

// badInput is what gets an answer for one person alone, with how it is written.
var badInput = []struct{ text, want string }{
	{"", "Which backend?"},
	{"   ", "Which backend?"},
	{"@@@ ###", "One target at a time"},
	{"web:0", "1 to 65535"},
	{"web:70000", "1 to 65535"},
	{"http://u:hunter2@127.0.0.1:80/", "password"},
	{"u:hunter2@127.0.0.1:80", "password"},
	{"127.0.0.1:80 password=hunter2", `no input "password"`},
	{"127.0.0.1:80 plan=https://u:hunter2@x/", "password"},
	{"127.0.0.1:80 https://u:hunter2@x/", "One target at a time"},
	{strings.Repeat("hunter2 ", 900), "characters long"},
	{"bad-.name..x:80", "no host of that name"},
	{"--verbose", "no flags"},
	{"10.0.0.1:80", "not among the targets"},
	{"167772161:80", "not among the targets"},
	{"10.1:80", "not among the targets"},
	{"0x0a000001:80", "not among the targets"},
	{"[::ffff:10.0.0.1]:80", "not among the targets"},
	{"169.254.169.254:80", "never diagnosed"},
	{"2852039166:80", "never diagnosed"},
	{"[::ffff:169.254.169.254]:80", "never diagnosed"},
	{"[fd00:ec2::254]:80", "never diagnosed"},
	{"224.0.0.1:80", "never diagnosed"},
	{"127.0.0.1:80 plan=nothing", `no plan "nothing"`},
	{"“127.0.0.1:80", "quote"},
	{"<!channel>:80", "mention"},
}

// TestBadInput types what can't be done: that person alone is told how it is
// written, nothing is started, and no secret reaches the log.
func TestBadInput(t *testing.T) {
	o := newOffice(t, workspace.Config{}, open).ready()
	for _, test := range badInput {
		said := o.types("/diagnose " + test.text)
		if !strings.Contains(said, test.want) || !strings.Contains(said, "/diagnose HOST:PORT") {
			t.Errorf("/diagnose %.60s is answered %.300q, want %q and how it is written", test.text, said, test.want)
		}
		if strings.Contains(said, "hunter2") || strings.Contains(said, "<!channel>") {
			t.Errorf("/diagnose %.60s is answered %.300q, which repeats what it must not", test.text, said)
		}
	}
	lines, err := o.bot.Store.AuditLines(1000)
	if err != nil || len(lines) != len(badInput) {
		t.Errorf("%d commands left %d lines in the audit (%v), want one each", len(badInput), len(lines), err)
	}
	if n, m := o.kept(), o.messages(); n != 0 || len(m) != 0 {
		t.Errorf("%d investigations and %q stand, want none", n, texts(m))
	}
	for _, text := range []string{
		"history https://u:hunter2@127.0.0.1:80/", "mute https://u:hunter2@127.0.0.1:80 2h", "cancel https://u:hunter2@x", "unmute https://u:hunter2@x",
		`schedule add "*/5 * * * *" https://u:hunter2@127.0.0.1:80`, "schedule remove https://u:hunter2@x", "runners hunter2",
	} {
		if said := o.types("/diagnose " + text); strings.Contains(said, "hunter2") {
			t.Errorf("/diagnose %s is answered %q, which repeats the password", text, said)
		}
	}
	// A workspace's own limit on a message does not protect the bot from a wire without one.
	large := o.bot.Command(t.Context(), slackapi.Command{Channel: "C1", User: "U1", Trigger: "1", Text: "hunter2" + strings.Repeat("x", 100_000)})
	if !strings.Contains(large.Text, "100007 characters long") || len(large.Text) > 300 {
		t.Errorf("100 KB of text are answered %.300q", large.Text)
	}
	kept, err := os.ReadFile(o.bot.Store.Path())
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"the log": o.log.String(), "the state": string(kept)} {
		if i := strings.Index(text, "hunter2"); i >= 0 {
			t.Errorf("%s holds a password: …%q", what, text[max(0, i-80):i+20])
		}
	}
}

// TestAnswers types the commands that only answer.
func TestAnswers(t *testing.T) {
	o := newOffice(t, workspace.Config{}, open).ready()
	for text, want := range map[string]string{
		"help": "/diagnose HOST:PORT", "HELP": "/diagnose HOST:PORT", "--help": "/diagnose HOST:PORT", "?": "/diagnose HOST:PORT",
		"runners": "1 runner", "history": "looked into", "history 127.0.0.1:80": "looked into", "cancel": "Which investigation?", "cancel X": "does not run",
	} {
		if said := o.types("/diagnose " + text); !strings.Contains(said, want) {
			t.Errorf("/diagnose %s is answered %q, want %q", text, said, want)
		}
	}
	if n := o.kept(); n != 0 {
		t.Errorf("answers started %d investigations", n)
	}
	lines, err := o.bot.Store.AuditLines(100)
	if err != nil || len(lines) != 9 {
		t.Errorf("the audit holds %+v (%v), want a line a question", lines, err)
	}
}

// TestJoin has two people ask for one target: one investigation, one thread,
// and the second is shown the way to it.
func TestJoin(t *testing.T) {
	o := newOffice(t, workspace.Config{}, nil).ready()
	o.types("/diagnose 127.1:80")
	o.eventually("the parent stands", func() bool { return len(o.messages()) == 1 })
	o.eventually("the second is shown the thread", func() bool {
		return strings.Contains(o.typesAs("U2", "ops", "/diagnose 2130706433:80"), "/archives/C1/p")
	})
	open(o)
	if m := o.settled(); o.kept() != 1 || len(m) != 3 {
		t.Errorf("%d investigations, %q; want one", o.kept(), texts(m))
	}
}

// TestSlackTrouble has Slack fail in each way while somebody asks: nothing is
// lost, nothing said twice, and /readyz says why it waits.
func TestSlackTrouble(t *testing.T) {
	for name, test := range map[string]struct {
		fault workspace.Fault
		says  string
	}{
		"down":     {workspace.Fault{Method: "chat.postMessage", Status: http.StatusServiceUnavailable, Times: 3}, "chat.postMessage: 503"},
		"gone":     {workspace.Fault{Method: "*", After: "drop", Times: 6}, "EOF"},
		"slow":     {workspace.Fault{Method: "chat.postMessage", DelayMS: 900, Times: 3}, "slack is slow"},
		"too slow": {workspace.Fault{Method: "chat.postMessage", DelayMS: 2600, Times: 2}, "chat.postMessage: no answer in time"},
		"late":     {workspace.Fault{Method: "chat.postMessage", DelayMS: 2600, Times: 3, After: "apply"}, "chat.postMessage: no answer in time"},
		"limiting": {workspace.Fault{Method: "chat.postMessage", Status: http.StatusTooManyRequests, RetryAfter: 1, Times: 2}, "chat.postMessage: ratelimited"},
		"refusing": {workspace.Fault{Method: "chat.postMessage", Error: "token_revoked", Times: 3}, "token_revoked: slack does not take this app's tokens; reinstall"},
		"losing":   {workspace.Fault{Method: "chat.postMessage", Status: http.StatusBadGateway, Times: 2, After: "apply"}, "chat.postMessage: 502"},
		"fatal":    {workspace.Fault{Method: "chat.postMessage", Error: "fatal_error", Times: 2, After: "apply"}, "chat.postMessage: fatal_error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, workspace.Config{}, func(o *office) {
				open(o)
				o.bot.Slack = slackapi.New(slackapi.Config{
					BotToken: "xoxb-test", AppToken: "xapp-test", APIURL: o.control.URL + "/api/", Log: o.bot.Log, Timeout: 2 * time.Second,
				})
				o.bot.begin.Do(o.bot.wire)
				o.bot.outbox.pace = quickPace
			}).ready()
			if err := o.control.Fault(t.Context(), test.fault); err != nil {
				t.Fatal(err)
			}
			o.types("/diagnose 127.0.0.1:80")
			o.eventually("/readyz says "+test.says, func() bool {
				err := o.bot.Ready()
				return err != nil && strings.Contains(err.Error(), test.says)
			})
			if m := o.settled(); len(m) != 3 {
				t.Errorf("the channel holds %q, want a parent and two replies", texts(m))
			}
			o.ready()
		})
	}
}

// TestDisconnect drops the connections in each of Slack's ways between commands.
func TestDisconnect(t *testing.T) {
	o := newOffice(t, workspace.Config{}, open).ready()
	for i, reason := range []string{"warning", "refresh_requested", "drop"} {
		if err := o.control.Disconnect(t.Context(), reason); err != nil {
			t.Fatal(err)
		}
		o.eventually("a command is taken again", func() bool {
			_, err := o.control.Command(t.Context(), "ops", "U1", fmt.Sprintf("/diagnose 127.0.0.1:%d", 80+i))
			return err == nil
		})
		o.eventually("it is kept", func() bool { return o.kept() == i+1 })
	}
	o.settled()
}

// TestLoad types many commands at once: each is acknowledged in time (the
// workspace holds the 3 s), and each has its thread.
func TestLoad(t *testing.T) {
	o := newOffice(t, workspace.Config{Limits: workspace.Limits{PostPerSecond: -1, UpdatePerMinute: -1, OtherPerMinute: -1}}, open).ready()
	const many = 100
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			ack, err := o.control.Command(t.Context(), []string{"ops", "payments"}[i%2], "U1", fmt.Sprintf("/diagnose 127.0.0.1:%d", 1000+i))
			if err != nil || strings.Contains(string(ack.Body), "text") {
				t.Errorf("command %d = %s, %v; want it taken", i, ack.Body, err)
			}
		})
	}
	wg.Wait()
	if n := o.kept(); n != many {
		t.Errorf("%d commands made %d investigations", many, n)
	}
	o.settled()
}

// TestLimits has somebody ask too often, too often about one target, and for
// more than may run at once: they are told, and what waits for its turn comes.
func TestLimits(t *testing.T) {
	o := newOffice(t, workspace.Config{}, func(o *office) {
		o.bot.Runs = NewRuns(o.bot.Engine, o.bot.Store, Limits{AtOnce: 1, PerUser: 3, PerTarget: 2}, o.bot.Log)
	}).ready()
	o.types("/diagnose 127.0.0.1:1")
	o.types("/diagnose 127.0.0.1:2")
	o.eventually("both have their parent, although one waits", func() bool { return len(o.messages()) == 2 })
	open(o)
	if m := o.settled(); len(m) != 6 {
		t.Errorf("two commands at once end in %q", texts(m))
	}
	o.types("/diagnose 127.0.0.1:1")
	o.settled()
	if said := o.types("/diagnose 127.0.0.1:3"); said != "You started 3 investigations within a minute; wait a moment." {
		t.Errorf("the fourth within a minute is answered %q", said)
	}
	if said := o.typesAs("U2", "ops", "/diagnose 127.0.0.1:1"); said != "127.0.0.1:1 was looked into 2 times within a minute; wait a moment." {
		t.Errorf("the third about one target is answered %q", said)
	}
	if n := o.kept(); n != 3 {
		t.Errorf("%d investigations are kept, want 3", n)
	}
}

// TestNotInvited asks in a channel that the bot is not in: who asked is told,
// the bot is ready all the same, and the thread comes with the invitation.
func TestNotInvited(t *testing.T) {
	o := newOffice(t, workspace.Config{}, func(o *office) {
		open(o)
		o.bot.begin.Do(o.bot.wire)
		o.bot.outbox.pace = quickPace
	}).ready()
	member := false
	change := workspace.ChannelChange{Channel: "ops", Member: &member}
	if err := o.control.Channel(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	o.types("/diagnose 127.0.0.1:80")
	o.eventually("who asked is told", func() bool {
		all, err := o.control.Messages(t.Context(), "U1")
		return err == nil && len(all) == 1 && strings.Contains(all[0].Text, "127.0.0.1:80") && strings.Contains(all[0].Text, "/invite @plexor")
	})
	o.eventually("it waits for nobody else", func() bool {
		n, err := o.bot.outbox.Waiting()
		return err == nil && n == 0 && o.bot.Ready() == nil && o.bot.Runs.Count() == 0
	})
	member = true
	if err := o.control.Channel(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if m := o.settled(); len(m) != 3 || !strings.Contains(m[0].Text, "No cause proved for 127.0.0.1:80") {
		t.Errorf("after the invitation the channel holds %q, want the thread", texts(m))
	}
	if all, err := o.control.Messages(t.Context(), "U1"); err != nil || len(all) != 1 {
		t.Errorf("who asked is told %q (%v), want once", texts(all), err)
	}
}
