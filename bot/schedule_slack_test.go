package bot

import (
	"bytes"
	"context"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/bot/workspace"
)

// watchRoom is a bot in a workspace, with a clock for its schedules that the test
// moves.
type watchRoom struct {
	*bench
	control workspace.Control
	url     string
	bot     *Bot
	quit    func()
	looks   atomic.Int32 // at a channel: conversations.info
}

func newWatchRoom(t *testing.T, start time.Time) *watchRoom {
	t.Helper()
	w := workspace.New(workspace.Config{Limits: workspace.Limits{PostPerSecond: -1, UpdatePerMinute: -1, OtherPerMinute: -1}})
	o, handler := &watchRoom{bench: newBench(t, start)}, w.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(rw, r)
		if strings.HasSuffix(r.URL.Path, "/conversations.info") {
			o.looks.Add(1)
		}
	}))
	t.Cleanup(func() { w.Close(); server.Close() })
	o.control, o.url = workspace.Control{URL: server.URL}, server.URL
	o.open()
	t.Cleanup(func() { o.quit() })
	return o
}

// open starts the bot; quit ends it.
func (o *watchRoom) open() {
	o.t.Helper()
	log := slog.New(slog.DiscardHandler)
	o.bot = &Bot{
		Store: o.store, Engine: o.engine, Runs: NewRuns(o.engine, o.store, Limits{}, log), Channel: "ops", Log: log,
		Slack: slackapi.New(slackapi.Config{BotToken: "xoxb-test", AppToken: "xapp-test", APIURL: o.url + "/api/", Log: log}),
	}
	o.s = NewSchedules(o.engine, o.store, o.bot.Runs, log)
	o.s.Now, o.s.Channel, o.bot.Schedules = o.clock, "ops", o.s
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := o.bot.Run(ctx); err != nil {
			o.t.Error(err)
		}
	}()
	o.quit = func() { cancel(); <-done }
	eventually(o.t, "the bot is ready", func() bool { return o.bot.Ready() == nil })
}

// command types a command and returns what only that person sees.
func (o *watchRoom) command(text string) string {
	o.t.Helper()
	ack, err := o.control.Command(o.t.Context(), "ops", "U1", text)
	if err != nil {
		o.t.Fatal(err)
	}
	return string(ack.Body)
}

// run moves the clock by a while and waits until a schedule has made n runs.
func (o *watchRoom) run(id string, by time.Duration, n uint64) {
	o.t.Helper()
	o.set(o.clock().Add(by))
	eventually(o.t, "the run has ended", func() bool {
		st, err := o.s.Get(id)
		return err == nil && st.Runs >= n && !st.Going
	})
}

// said waits until all is said, and returns the channel's messages.
func (o *watchRoom) said(channel string) []workspace.Message {
	o.t.Helper()
	eventually(o.t, "nothing waits to be said", func() bool {
		dirty, err := o.store.Dirty()
		return err == nil && len(dirty) == 0
	})
	all, err := o.control.Messages(o.t.Context(), channel)
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

// TestScheduleStory tells a failure from its first word to its last, over a
// restart, and sums the day up.
func TestScheduleStory(t *testing.T) {
	o := newWatchRoom(t, noon)
	b := newBackend(t)
	if got := o.command(`/diagnose schedule add “@every 5m” ` + b.address + ` in #ops tz=Europe/Berlin digest=daily`); !strings.Contains(got, "Every 5 minutes, Europe/Berlin") {
		t.Fatalf("the answer is %s", got)
	}
	o.run("s1", 5*time.Minute, 1)
	wantTexts(t, o.said("ops"))
	b.down()
	o.run("s1", 5*time.Minute, 2)
	want := []string{
		"🔴 Failing: " + b.address + ". " + b.address + " is failing since 13:10 CET: refused (refused).",
		"  " + b.address + " is failing since 13:10 CET: refused (refused).",
	}
	wantTexts(t, o.said("ops"), want...)
	o.quit()
	o.open()
	o.run("s1", 5*time.Minute, 3)
	wantTexts(t, o.said("ops"), want...)
	b.up()
	o.run("s1", 5*time.Minute, 4)
	wantTexts(t, o.said("ops"),
		"🟢 Healthy again: "+b.address+". "+b.address+" down 10 min, cause: refused (refused).", want[1],
		"  "+b.address+" is healthy again since 13:20 CET: down 10 min, cause: refused (refused).")
	o.set(time.Date(2026, 12, 1, 8, 0, 30, 0, time.UTC)) // 9:00 in Berlin
	eventually(t, "the digest is said", func() bool { return len(o.said("ops")) == 4 })
	o.digest(o.said("ops")[3])
}

// digest holds a digest to its words and its picture.
func (o *watchRoom) digest(m workspace.Message) {
	o.t.Helper()
	for _, want := range []string{"Digest of 127.0.0.1:", "1 incident", "Uptime 50.00 %"} {
		if !strings.Contains(m.Text, want) {
			o.t.Errorf("the digest says %q, want %q in it", m.Text, want)
		}
	}
	file := regexp.MustCompile(`"slack_file":\s*\{"id":\s*"(F[^"]+)"`).FindStringSubmatch(string(m.Blocks))
	if file == nil {
		o.t.Fatalf("the digest has no picture: %s", m.Blocks)
	}
	resp, err := http.Get(o.url + "/files/" + file[1] + "/digest-s1.png")
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(text)); err != nil || img.Bounds().Dx() < 1000 {
		o.t.Errorf("the picture: %v, want a PNG of 1200 pixels", err)
	}
}

// TestScheduleAlways tells each result in one thread a day.
func TestScheduleAlways(t *testing.T) {
	o := newWatchRoom(t, noon.Add(11*time.Hour+50*time.Minute))
	b := newBackend(t)
	o.command(`/diagnose schedule add @every 5m ` + b.address + ` notify=always`)
	o.run("s1", 5*time.Minute, 1)
	o.run("s1", 5*time.Minute, 2) // midnight
	o.run("s1", 5*time.Minute, 3)
	var heads, replies int
	for _, m := range o.said("ops") {
		switch {
		case strings.HasPrefix(m.Text, "Checks of "):
			heads++
		case strings.Contains(m.Text, "🟢 "+b.address+" healthy in "):
			replies++
		}
	}
	if heads != 2 || replies != 3 {
		t.Errorf("%d threads with %d results, want 2 with 3", heads, replies)
	}
}

// TestScheduleChannelArchived takes the channel away: the schedule pauses itself,
// and tells who made it.
func TestScheduleChannelArchived(t *testing.T) {
	o := newWatchRoom(t, noon)
	b := newBackend(t)
	o.command(`/diagnose schedule add @every 5m ` + b.address + ` in ops`)
	o.run("s1", 5*time.Minute, 1)
	o.quit()
	before := o.looks.Load()
	o.open()
	eventually(t, "the channel was looked at after the start", func() bool { return o.looks.Load() > before }) // and is not for hours
	archived := true
	if err := o.control.Channel(t.Context(), workspace.ChannelChange{Channel: "ops", Archived: &archived}); err != nil {
		t.Fatal(err)
	}
	b.down()
	o.run("s1", 5*time.Minute, 2)
	eventually(t, "it paused itself", func() bool { st, err := o.s.Get("s1"); return err == nil && st.Paused })
	eventually(t, "who made it is told", func() bool {
		all, err := o.control.Messages(t.Context(), "U1")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if strings.Contains(m.Text, "paused itself") && strings.Contains(m.Text, "archived") && strings.Contains(m.Text, b.address+" is failing since") {
				return true
			}
		}
		return false
	})
}

// TestScheduleChannelArchivedUnnoticed archives the channel of a schedule whose
// target is well: the next start notices, before there is anything to say.
func TestScheduleChannelArchivedUnnoticed(t *testing.T) {
	o := newWatchRoom(t, noon)
	o.command(`/diagnose schedule add @every 5m ` + newBackend(t).address + ` in ops`)
	o.quit()
	archived := true
	if err := o.control.Channel(t.Context(), workspace.ChannelChange{Channel: "ops", Archived: &archived}); err != nil {
		t.Fatal(err)
	}
	o.open()
	eventually(t, "it paused itself", func() bool { st, err := o.s.Get("s1"); return err == nil && st.Paused })
	eventually(t, "who made it is told", func() bool {
		all, err := o.control.Messages(t.Context(), "U1")
		return err == nil && len(all) == 1 && strings.Contains(all[0].Text, "is archived")
	})
}

func TestScheduleCommandRefuses(t *testing.T) {
	o := newWatchRoom(t, noon)
	member := false
	if err := o.control.Channel(t.Context(), workspace.ChannelChange{Channel: "secret", Create: true, Member: &member}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`add "0 0 30 2 *" 127.0.0.1:80`:              "there is no such day",
		`add "* * * * * *" 127.0.0.1:80`:             "six fields",
		`add * * * * * * 127.0.0.1:80`:               "six fields",
		`add @every 5s 127.0.0.1:80`:                 "least interval",
		`add @daily 127.0.0.1:80 tz=Mars/Olympus`:    "time zone",
		`add @daily 10.1.2.3:80`:                     "not among the targets",
		`add @daily 127.0.0.1:80 in #secret`:         "/invite @plexor",
		`add @daily 127.0.0.1:80 in #nowhere`:        "I see no channel",
		`add @daily`:                                 "hich backend?",
		`add`:                                        "When is it to run?",
		`pause s99`:                                  "here is no schedule",
		`pause`:                                      "hich schedule?",
		`dance`:                                      "add, list, show",
		`add @daily 127.0.0.1:80 confirm=many`:       "confirm",
		`add TZ=UTC`:                                 "time zone stands beside",
		`add @daily http://user:hunter2@127.0.0.1/x`: "password",
	} {
		got := o.command("/diagnose schedule " + text)
		if !strings.Contains(got, want) || strings.Contains(got, "hunter2") {
			t.Errorf("schedule %s is answered with %s, want %q", text, got, want)
		}
	}
	if n := len(o.said("ops")); n != 0 {
		t.Errorf("the channel has %d messages after refusals, want none", n)
	}
}

// TestScheduleModal makes one in the modal, which says what it understood before
// it keeps anything.
func TestScheduleModal(t *testing.T) {
	o := newWatchRoom(t, noon)
	b := newBackend(t)
	o.command("/diagnose schedule")
	bad, err := o.control.Submit(t.Context(), workspace.Submission{Values: map[string]any{"target": b.address, "when": "61 * * * *", "channel": "ops"}})
	if err != nil || bad.Errors["when"] == "" {
		t.Fatalf("a bad expression is answered with %v, %v; want an error beside it", bad.Errors, err)
	}
	bad, err = o.control.Submit(t.Context(), workspace.Submission{Values: map[string]any{"target": "group=nobody", "when": "@daily", "channel": "ops"}})
	if err != nil || !strings.Contains(bad.Errors["target"], "here is no group") || strings.Contains(bad.Errors["target"], "&") {
		t.Fatalf("a bad group is answered with %v, %v; want an error beside it, in plain text", bad.Errors, err)
	}
	bad, err = o.control.Submit(t.Context(), workspace.Submission{Values: map[string]any{"target": b.address, "when": "@daily", "tz": "Nowhere", "channel": "ops"}})
	if err != nil || bad.Errors["tz"] == "" {
		t.Fatalf("a bad zone is answered with %v, %v; want an error beside it", bad.Errors, err)
	}
	ask, err := o.control.Submit(t.Context(), workspace.Submission{Values: map[string]any{
		"target": b.address, "when": "0 9 * * 1-5", "tz": "Europe/Berlin", "channel": "ops", "confirm": "2", "remind": "4h",
	}})
	if err != nil || ask.View == nil {
		t.Fatalf("Submit = %+v, %v; want the second page", ask, err)
	}
	text := string(ask.View.Blocks)
	for _, want := range []string{"At 09:00 on weekdays, Europe/Berlin", "Tuesday 1 December 2026, 09:00 CET", "Monday 7 December 2026, 09:00 CET", "after 2 equal results", "reminds every 4 h"} {
		if !strings.Contains(text, want) {
			t.Errorf("the second page lacks %q: %s", want, text)
		}
	}
	if len(o.s.List()) != 0 {
		t.Error("it is kept before it is saved")
	}
	if _, err := o.control.Submit(t.Context(), workspace.Submission{}); err != nil {
		t.Fatal(err)
	}
	if list := o.s.List(); len(list) != 1 || list[0].By != "U1" || list[0].Confirm != 2 || list[0].Expression != "0 9 * * 1-5" {
		t.Fatalf("after saving there are %v, want one of U1's", list)
	}
	o.home(t)
}

// home pauses and resumes the schedule with the buttons of App Home.
func (o *watchRoom) home(t *testing.T) {
	t.Helper()
	for _, press := range []struct {
		action string
		paused bool
	}{{actionSchedulePause, true}, {actionScheduleResume, false}} {
		if err := o.control.OpenHome(t.Context(), "U1"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "home has the button "+press.action, func() bool {
			v, err := o.control.Home(t.Context(), "U1")
			return err == nil && v != nil && strings.Contains(string(v.Blocks), press.action)
		})
		v, err := o.control.Home(t.Context(), "U1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.control.Action(t.Context(), workspace.Press{User: "U1", ViewID: v.ID, ActionID: press.action, Value: "s1"}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the press counts", func() bool { st, err := o.s.Get("s1"); return err == nil && st.Paused == press.paused })
	}
}

// TestScheduleMutes holds schedules to be silent in a maintenance window, and of
// nothing else.
func TestScheduleMutes(t *testing.T) {
	b := newBench(t, noon)
	log := slog.New(slog.DiscardHandler)
	window := Window{Name: "night", Target: "10.0.*", Begin: noon, End: noon.Add(time.Hour)}
	bot := &Bot{Store: b.store, Log: log, Alerts: NewIntake(AlertConfig{Windows: []Window{window}}, b.store, b.engine, b.runs, log)}
	for _, test := range []struct {
		target string
		at     time.Time
		want   bool
	}{{"10.0.0.1:80", noon, true}, {"10.0.0.1:80", noon.Add(2 * time.Hour), false}, {"10.1.0.1:80", noon, false}} {
		if got := bot.mutedTarget(test.target, test.at); got != test.want {
			t.Errorf("mutedTarget(%s, %s) = %t, want %t", test.target, test.at, got, test.want)
		}
	}
}
