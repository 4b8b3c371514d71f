package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/bot/workspace"
)

// TestOutboxRefused says something where Slack takes nothing: it is told once,
// Trouble says it, and all of it comes, once, when the channel takes messages.
func TestOutboxRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, workspace.Config{})
	no, yes := false, true
	member := func(is *bool) {
		t.Helper()
		if err := s.control.Channel(t.Context(), workspace.ChannelChange{Channel: "ops", Member: is}); err != nil {
			t.Fatal(err)
		}
	}
	member(&no)
	stop := s.run()
	s.show(parent("one"), reply("a", "two"))
	waits := func() bool {
		err := s.outbox.Trouble()
		return err != nil && strings.Contains(err.Error(), "not_in_channel") && strings.Contains(err.Error(), "/invite")
	}
	eventually(t, "it says what it waits for", waits)
	stop()
	s.run()
	s.show(parent("ONE"), reply("a", "two"))
	eventually(t, "it says so after a restart", waits)
	if len(s.dead) != 1 {
		t.Errorf("undeliverable was told %v, want once", s.dead)
	}
	member(&yes)
	wantTexts(t, s.settled(), "ONE", "  two")
	if err := s.outbox.Trouble(); err != nil {
		t.Errorf("the trouble that is over: %v", err)
	}
	member(&no)
	s.show(parent("three"), reply("a", "two"))
	eventually(t, "it says that an update waits", waits)
	member(&yes)
	wantTexts(t, s.settled(), "three", "  two")
}

// TestOutboxDoubt has posts without an answer: one that never comes is said
// again, and one that comes after it was said again is taken away.
func TestOutboxDoubt(t *testing.T) {
	for name, f := range map[string]workspace.Fault{
		"lost":                        {Method: "chat.postMessage", After: "drop"},
		"the answer is late":          {Method: "chat.postMessage", After: "apply", DelayMS: 2000},
		"late":                        {Method: "chat.postMessage", DelayMS: 1500},
		"later than it is said again": {Method: "chat.postMessage", DelayMS: 3500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, workspace.Config{})
			s.slack = slackapi.New(slackapi.Config{BotToken: "xoxb-test", APIURL: s.control.URL + "/api/", Timeout: time.Second})
			if err := s.control.Fault(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			s.run()
			s.show(parent("one"), reply("a", "two"))
			wantTexts(t, s.settled(), "one", "  two")
		})
	}
}
