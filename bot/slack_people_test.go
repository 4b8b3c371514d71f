package bot

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/bot/workspace"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// TestMentionInThread asks in a thread, where slash commands do not work.
func TestMentionInThread(t *testing.T) {
	o := newOffice(t, workspace.Config{}, open).ready()
	top, err := o.control.Message(t.Context(), workspace.NewMessage{Channel: "ops", User: "U2", Text: "payments is slow"})
	if err != nil {
		t.Fatal(err)
	}
	say := func(text string) {
		t.Helper()
		if _, err := o.control.Message(t.Context(), workspace.NewMessage{Channel: "ops", User: "U1", Text: text, ThreadTS: top}); err != nil {
			t.Fatal(err)
		}
	}
	say("<@UB1> <http://127.0.0.1:80|127.0.0.1:80>")
	o.eventually("it is kept", func() bool { return o.kept() == 1 })
	for range 3 { // Slack repeats itself, with other ids too
		if err := o.control.Repeat(t.Context(), 1, true); err != nil {
			t.Fatal(err)
		}
	}
	say("<@UB1> web:0")
	o.whispered("U1", "1 to 65535")
	for _, m := range o.settled() {
		if m.TS != top && m.ThreadTS != top {
			t.Errorf("%q stands outside of the thread in which it was asked", m.Text)
		}
	}
	if n := o.kept(); n != 1 {
		t.Errorf("one mention, repeated, made %d investigations", n)
	}
}

// TestMessagesTab writes to the bot alone, as people do on a telephone.
func TestMessagesTab(t *testing.T) {
	o := newOffice(t, workspace.Config{}, open).ready()
	say := func(text string) {
		t.Helper()
		if _, err := o.control.Message(t.Context(), workspace.NewMessage{Channel: "U1", User: "U1", Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	say("127.0.0.1:80")
	o.eventually("it is kept", func() bool { return o.kept() == 1 })
	for range 3 {
		if err := o.control.Repeat(t.Context(), 1, true); err != nil {
			t.Fatal(err)
		}
	}
	say("hello there")
	o.whispered("U1", "/diagnose help")
	if here := o.settled(); len(here) != 0 {
		t.Errorf("what was asked of the bot alone is answered in the channel: %q", here[0].Text)
	}
	list, err := o.bot.Store.Investigations(store.Filter{})
	if err != nil || len(list) != 1 || !strings.HasPrefix(list[0].Trigger.Channel, "D") {
		t.Fatalf("investigations = %+v (%v), want one, in the direct message", list, err)
	}
	there, err := o.control.Messages(t.Context(), list[0].Trigger.Channel)
	answers := 0
	for _, m := range there {
		if m.BotID != "" && m.ThreadTS != there[0].TS {
			t.Errorf("%q stands outside of the thread under what was asked", m.Text)
		}
		if m.BotID != "" {
			answers++
		}
	}
	if err != nil || answers < 2 {
		t.Errorf("the direct message holds %d answers (%v), want the bot's thread", answers, err)
	}
}

// TestButtons presses Run again and Cancel.
func TestButtons(t *testing.T) {
	o := newOffice(t, workspace.Config{}, nil).ready()
	o.types("/diagnose 127.0.0.1:80")
	o.eventually("the parent stands", func() bool { return len(o.messages()) == 1 })
	press := func(action string) {
		t.Helper()
		m := o.messages()[0]
		id, _, _ := strings.Cut(keyOfMessage(m), "#")
		p := workspace.Press{Channel: "ops", TS: m.TS, ActionID: action, User: "U2", Value: strings.TrimPrefix(id, "inv/")}
		if _, err := o.control.Action(t.Context(), p); err != nil {
			t.Fatalf("press %s: %v", action, err)
		}
	}
	press(actionCancel)
	o.whispered("U2", "Cancelled")
	m := o.settled()
	if !strings.Contains(m[0].Text, "Cancelled: 127.0.0.1:80") || !strings.Contains(string(m[0].Blocks), `"user_id":"U2"`) {
		t.Errorf("after Cancel the parent says %q %s, want that U2 cancelled it", m[0].Text, m[0].Blocks)
	}
	open(o)
	press(actionRerun)
	o.eventually("it ran again", func() bool { return o.kept() == 2 })
	o.settled()
	list, err := o.bot.Store.Investigations(store.Filter{Limit: 1})
	if err != nil || list[0].Trigger.Kind != "rerun" || list[0].Trigger.By != "U2" || list[0].State != investigations.Concluded {
		t.Errorf("after Run again the newest is %+v (%v)", list, err)
	}
}

// TestModal opens the Home tab and diagnoses from there.
func TestModal(t *testing.T) {
	o := newOffice(t, workspace.Config{}, open).ready()
	if err := o.control.OpenHome(t.Context(), "U1"); err != nil {
		t.Fatal(err)
	}
	o.eventually("the Home tab is published", func() bool {
		v, err := o.control.Home(t.Context(), "U1")
		return err == nil && v != nil
	})
	if _, err := o.control.Action(t.Context(), workspace.Press{ViewID: "home", ActionID: actionAsk, User: "U1"}); err != nil {
		t.Fatal(err)
	}
	var modal workspace.View
	o.eventually("the modal opens", func() bool {
		open, err := o.control.Modals(t.Context(), "U1")
		if err == nil && len(open) == 1 {
			modal = open[0]
		}
		return len(open) == 1
	})
	submit := func(target string) workspace.Submitted {
		t.Helper()
		s, err := o.control.Submit(t.Context(), workspace.Submission{User: "U1", ViewID: modal.ID, Values: map[string]any{"target": target, "channel": "C1"}})
		if err != nil && len(s.Errors) == 0 {
			t.Fatal(err)
		}
		return s
	}
	if s := submit("web:0"); !strings.Contains(s.Errors["target"], "1 to 65535") || strings.Contains(s.Errors["target"], "/diagnose") {
		t.Errorf("a bad target in the modal is told %q", s.Errors)
	}
	submit("127.0.0.1:80")
	o.eventually("it is kept", func() bool { return o.kept() == 1 })
	if m := o.settled(); len(m) != 3 {
		t.Errorf("after the modal #ops holds %q", texts(m))
	}
}

// TestShortcut uses Diagnose this on a message that names a backend.
func TestShortcut(t *testing.T) {
	o := newOffice(t, workspace.Config{}, open).ready()
	ts, err := o.control.Message(t.Context(), workspace.NewMessage{Channel: "ops", User: "U2", Text: "connect() failed (111: Connection refused), upstream: \"http://127.0.0.1:80/\""})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.control.Shortcut(t.Context(), callbackMessage, "ops", ts, "U1"); err != nil {
		t.Fatal(err)
	}
	o.eventually("it is kept", func() bool { return o.kept() == 1 })
	for _, m := range o.settled() {
		if m.TS != ts && m.ThreadTS != ts {
			t.Errorf("%q stands outside of the message's thread", m.Text)
		}
	}
}

// TestAccessRules holds who may, and where, in each way of asking.
func TestAccessRules(t *testing.T) {
	o := newOffice(t, workspace.Config{}, func(o *office) {
		open(o)
		o.bot.Access = Access{Users: []string{"U1"}, Channels: []string{"ops"}}
	}).ready()
	if said := o.typesAs("U2", "ops", "/diagnose 127.0.0.1:80"); !strings.Contains(said, "access.users") {
		t.Errorf("a stranger is answered %q", said)
	}
	if said := o.typesAs("U1", "alerts", "/diagnose 127.0.0.1:80"); !strings.Contains(said, "access.channels") {
		t.Errorf("in another channel it is answered %q", said)
	}
	for channel, user := range map[string]string{"ops": "U2", "alerts": "U1"} {
		if _, err := o.control.Message(t.Context(), workspace.NewMessage{Channel: channel, User: user, Text: "<@UB1> 127.0.0.1:80"}); err != nil {
			t.Fatal(err)
		}
	}
	o.whispered("U2", "access.users")
	o.whispered("U1", "access.channels")
	if n := o.kept(); n != 0 {
		t.Errorf("refused people started %d investigations", n)
	}
	if _, err := o.control.Message(t.Context(), workspace.NewMessage{Channel: "ops", User: "U1", Text: "<@UB1> 127.0.0.1:80"}); err != nil {
		t.Fatal(err)
	}
	o.eventually("who may, can", func() bool { return o.kept() == 1 })
	o.settled()
}

// TestAccessRulesElsewhere holds them where nobody types a target: App Home
// shows what was found to those alone who may ask, and no schedule speaks where
// nobody may.
func TestAccessRulesElsewhere(t *testing.T) {
	o := newOffice(t, workspace.Config{}, func(o *office) {
		open(o)
		o.bot.Access = Access{Users: []string{"U1"}, Channels: []string{"ops"}}
		o.bot.Schedules = NewSchedules(o.bot.Engine, o.bot.Store, o.bot.Runs, o.bot.Log)
	}).ready()
	o.types("/diagnose 127.0.0.1:80")
	o.settled()
	home := func(user string) string {
		if err := o.control.OpenHome(t.Context(), user); err != nil {
			t.Fatal(err)
		}
		var text []byte
		o.eventually("the Home tab is published", func() bool {
			v, err := o.control.Home(t.Context(), user)
			text, _ = json.Marshal(v)
			return err == nil && v != nil
		})
		return string(text)
	}
	if text := home("U1"); !strings.Contains(text, "127.0.0.1:80") {
		t.Errorf("who may use the bot sees %s, want what was found", text)
	}
	if text := home("U2"); strings.Contains(text, "127.0.0.1:80") || !strings.Contains(text, "access.users") {
		t.Errorf("a stranger's Home tab is %s, want a refusal alone", text)
	}
	if said := o.types("/diagnose schedule add @hourly 127.0.0.1:80 in #alerts"); !strings.Contains(said, "access.channels") {
		t.Errorf("a schedule for another channel is answered %q", said)
	}
	if n := len(o.bot.Schedules.List()); n != 0 {
		t.Errorf("%d schedules were made for a channel where the bot may not be used", n)
	}
	if said := o.types("/diagnose schedule add @hourly 127.0.0.1:80"); strings.Contains(said, "access.") || len(o.bot.Schedules.List()) != 1 {
		t.Errorf("a schedule for a channel where it may is answered %q", said)
	}
}
