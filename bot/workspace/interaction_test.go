package workspace

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const modal = `{"type":"modal","callback_id":"schedule","title":{"type":"plain_text","text":"Schedule"},"submit":{"type":"plain_text","text":"Save"},
 "private_metadata":"p","blocks":[
 {"type":"input","block_id":"target","label":{"type":"plain_text","text":"Target"},"element":{"type":"plain_text_input","action_id":"value"}},
 {"type":"input","block_id":"when","optional":true,"label":{"type":"plain_text","text":"When"},"element":{"type":"static_select","action_id":"value",
  "options":[{"text":{"type":"plain_text","text":"Daily"},"value":"d"},{"text":{"type":"plain_text","text":"Weekly"},"value":"w"}]}},
 {"type":"input","block_id":"where","label":{"type":"plain_text","text":"Where"},"element":{"type":"conversations_select","action_id":"value","default_to_current_conversation":true}}]}`

const buttons = `[{"type":"actions","block_id":"row","elements":[{"type":"button","action_id":"rerun","value":"id-1","text":{"type":"plain_text","text":"Run again"}}]}]`

func TestButton(t *testing.T) {
	b := newBed(t, Config{})
	a := b.dial(nil)
	m := b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "text": {"x"}, "blocks": {buttons}}))
	if _, err := b.ctl.Action(ctx(t), Press{Channel: "ops", TS: m.TS, ActionID: "rerun", User: "U2"}); err != nil {
		t.Fatal(err)
	}
	p := b.next(a, "interactive").Payload
	action := p["actions"].([]any)[0].(map[string]any)
	if p["type"] != "block_actions" || action["value"] != "id-1" || action["block_id"] != "row" || p["user"].(map[string]any)["id"] != "U2" {
		t.Errorf("payload = %v", p)
	}
	if p["container"].(map[string]any)["message_ts"] != m.TS || p["message"].(map[string]any)["ts"] != m.TS {
		t.Errorf("container = %v, want the message", p["container"])
	}
	if _, err := b.ctl.Action(ctx(t), Press{Channel: "ops", TS: m.TS, ActionID: "none"}); err == nil {
		t.Error("a press of nothing is taken")
	}
}

func TestResponseURL(t *testing.T) {
	c := newClock()
	b := newBed(t, Config{Now: c.Now})
	a := b.dial(nil)
	m := b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "text": {"x"}, "blocks": {buttons}}))
	press := func() string {
		if _, err := b.ctl.Action(ctx(t), Press{Channel: "ops", TS: m.TS, ActionID: "rerun"}); err != nil {
			t.Fatal(err)
		}
		return b.next(a, "interactive").Payload["response_url"].(string)
	}
	respond := func(link, body string) answerOf {
		resp, err := http.Post(link, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if resp.Header.Get("Content-Type") == "" {
			t.Error("the answer has no Content-Type")
		}
		return b.decode(resp)
	}
	link := press()
	b.must(respond(link, `{"text":"new","replace_original":true,"blocks":`+buttons+`}`))
	b.must(respond(link, `{"text":"all see","response_type":"in_channel"}`))
	for range 3 {
		b.must(respond(link, `{"text":"one sees"}`))
	}
	if got := respond(link, `{"text":"six"}`); got.Error != "used_url" {
		t.Errorf("sixth use = %q, want used_url", got.Error)
	}
	all, _ := b.ctl.Messages(ctx(t), "ops")
	if len(all) != 2 || all[0].Text != "new" || all[1].Text != "all see" {
		t.Errorf("messages = %+v", all)
	}
	if mine, _ := b.ctl.Ephemeral(ctx(t), "U1"); len(mine) != 3 {
		t.Errorf("ephemeral = %d messages, want 3", len(mine))
	}
	old := press()
	c.advance(31 * time.Minute)
	if got := respond(old, `{"text":"late"}`); got.Error != "expired_url" {
		t.Errorf("after 31 min = %q, want expired_url", got.Error)
	}
}

// opened is a bed in which U1 has the modal open; answer is what the app says to a submission.
func opened(t *testing.T, answer func() any) (*bed, *app) {
	b := newBed(t, Config{})
	a := b.dial(func(a *app, g got) {
		if g.Payload["type"] == "view_submission" {
			a.ack(g, answer())
			return
		}
		a.ack(g, nil)
	})
	if _, err := b.ctl.Command(ctx(t), "ops", "U1", "/diagnose"); err != nil {
		t.Fatal(err)
	}
	trigger := b.next(a, "slash_commands").Payload["trigger_id"].(string)
	b.must(b.api("views.open", url.Values{"trigger_id": {trigger}, "view": {modal}}))
	if again := b.api("views.open", url.Values{"trigger_id": {trigger}, "view": {modal}}); again.Error != "exchanged_trigger_id" {
		t.Errorf("second use of a trigger = %q, want exchanged_trigger_id", again.Error)
	}
	return b, a
}

func TestModalIsSubmitted(t *testing.T) {
	var answer any
	b, a := opened(t, func() any { return answer })
	out, err := b.ctl.Submit(ctx(t), Submission{Values: map[string]any{}})
	if err != nil || out.Errors["target"] == "" {
		t.Fatalf("an empty input: %+v, %v, want an error under target", out, err)
	}
	answer = map[string]any{"response_action": "errors", "errors": map[string]string{"target": "no such host"}}
	out, err = b.ctl.Submit(ctx(t), Submission{Values: map[string]any{"target": "web:8080", "when": "w"}})
	if err != nil || out.Errors["target"] != "no such host" || out.View == nil {
		t.Fatalf("errors: %+v, %v", out, err)
	}
	v := b.next(a, "interactive").Payload["view"].(map[string]any)
	values := v["state"].(map[string]any)["values"].(map[string]any)
	chosen := values["when"].(map[string]any)["value"].(map[string]any)["selected_option"].(map[string]any)
	if values["target"].(map[string]any)["value"].(map[string]any)["value"] != "web:8080" || chosen["value"] != "w" || v["callback_id"] != "schedule" {
		t.Errorf("view = %v", v)
	}
	if where := values["where"].(map[string]any)["value"].(map[string]any); where["selected_conversation"] != "C1" {
		t.Errorf("where = %v, want the channel of the command", where)
	}
	answer = map[string]any{"response_action": "update", "view": map[string]any{"type": "modal", "title": map[string]any{"type": "plain_text", "text": "Done"},
		"blocks": []any{map[string]any{"type": "divider"}}}}
	if out, err = b.ctl.Submit(ctx(t), Submission{Values: map[string]any{"target": "x"}}); err != nil || out.View == nil || !has(string(out.View.Title), "Done") {
		t.Fatalf("update: %+v, %v", out, err)
	}
	answer = nil
	if out, err = b.ctl.Submit(ctx(t), Submission{}); err != nil || out.View != nil {
		t.Fatalf("the last submission: %+v, %v, want it closed", out, err)
	}
	if left, _ := b.ctl.Modals(ctx(t), "U1"); len(left) != 0 {
		t.Errorf("modals left: %v", left)
	}
}

func TestTriggerExpires(t *testing.T) {
	c := newClock()
	b := newBed(t, Config{Now: c.Now})
	a := b.dial(nil)
	if _, err := b.ctl.Command(ctx(t), "ops", "U1", "/diagnose"); err != nil {
		t.Fatal(err)
	}
	c.advance(3*time.Second + time.Millisecond)
	trigger := b.next(a, "slash_commands").Payload["trigger_id"].(string)
	if got := b.api("views.open", url.Values{"trigger_id": {trigger}, "view": {modal}}); got.Error != "expired_trigger_id" {
		t.Errorf("after 3 s = %q, want expired_trigger_id", got.Error)
	}
}

func TestHome(t *testing.T) {
	b := newBed(t, Config{})
	a := b.dial(nil)
	if err := b.ctl.OpenHome(ctx(t), "U1"); err != nil {
		t.Fatal(err)
	}
	if e := b.next(a, "app_home_opened").event(); e["user"] != "U1" || e["tab"] != "home" {
		t.Errorf("event = %v", e)
	}
	b.must(b.api("views.publish", url.Values{"user_id": {"U1"}, "view": {`{"type":"home","blocks":` + buttons + `}`}}))
	v, err := b.ctl.Home(ctx(t), "U1")
	if err != nil || v == nil || !has(string(v.Blocks), "rerun") {
		t.Fatalf("Home = %+v, %v", v, err)
	}
	if _, err := b.ctl.Action(ctx(t), Press{ViewID: "home", ActionID: "rerun"}); err != nil {
		t.Fatal(err)
	}
	if p := b.next(a, "interactive").Payload; p["container"].(map[string]any)["type"] != "view" {
		t.Errorf("container = %v, want the view", p["container"])
	}
}

func TestShortcutAndMention(t *testing.T) {
	b := newBed(t, Config{})
	a := b.dial(nil)
	ts, err := b.ctl.Message(ctx(t), NewMessage{Channel: "alerts", Bot: "alertmanager", Text: "down", Attachments: []byte(`[{"text":"web:8080"}]`)})
	if err != nil {
		t.Fatal(err)
	}
	if e := b.next(a, "message").event(); e["subtype"] != "bot_message" || e["username"] != "alertmanager" || e["attachments"] == nil {
		t.Errorf("event = %v", e)
	}
	if _, err := b.ctl.Shortcut(ctx(t), "diagnose_message", "alerts", ts, "U1"); err != nil {
		t.Fatal(err)
	}
	if p := b.next(a, "interactive").Payload; p["type"] != "message_action" || p["message_ts"] != ts {
		t.Errorf("payload = %v", p)
	}
	if _, err := b.ctl.Message(ctx(t), NewMessage{Channel: "alerts", Text: "<@UB1> diagnose it", ThreadTS: ts}); err != nil {
		t.Fatal(err)
	}
	if e := b.next(a, "app_mention").event(); e["thread_ts"] != ts || e["user"] != "U1" {
		t.Errorf("app_mention = %v", e)
	}
}
