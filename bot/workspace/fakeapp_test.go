package workspace

import (
	"net/url"
	"os"
	"strings"
)

// Blocks as an app that diagnoses would post them.
const (
	planBlocks = `[{"type":"header","text":{"type":"plain_text","text":"web.test:8080 refuses connections"}},
 {"type":"plan","title":"Connection refused behind a load balancer","tasks":[
  {"type":"task_card","task_id":"reproduce","title":"Reproduce it from the load balancer","status":"error","output":{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"10.77.2.2 answered with a reset after 0.4 ms"}]}]}},
  {"type":"task_card","task_id":"status","title":"Verify server status","status":"error","output":{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"web.service is inactive since 12:04:11"}]}]}},
  {"type":"task_card","task_id":"ports","title":"Check port configuration","status":"complete"},
  {"type":"task_card","task_id":"firewall","title":"Review firewall settings","status":"in_progress"},
  {"type":"task_card","task_id":"network","title":"Network diagnostics","status":"pending"}]},
 {"type":"section","text":{"type":"mrkdwn","text":"*web.service on web is stopped*, so nothing listens on port 8080"},"accessory":{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"Ask later"},"value":"later"}]}},
 {"type":"rich_text","elements":[{"type":"rich_text_preformatted","elements":[{"type":"text","text":"sudo systemctl start web.service"}]}]},
 {"type":"context","elements":[{"type":"mrkdwn","text":"on *web* · low risk · verify with ` + "`plexor diagnose web.test:8080`" + `"}]},
 {"type":"actions","block_id":"row","elements":[
  {"type":"button","action_id":"rerun","style":"primary","text":{"type":"plain_text","text":"Run again"},"value":"1"},
  {"type":"button","action_id":"schedule","text":{"type":"plain_text","text":"Watch it"}},
  {"type":"button","action_id":"forget","style":"danger","text":{"type":"plain_text","text":"Forget"},"confirm":{"title":{"type":"plain_text","text":"Forget this investigation?"},"text":{"type":"plain_text","text":"Its facts are deleted."},"confirm":{"type":"plain_text","text":"Forget"},"deny":{"type":"plain_text","text":"Keep"},"style":"danger"}}]}]`
	stepBlocks = `[{"type":"section","text":{"type":"mrkdwn","text":"*Review firewall settings* · nothing in the way"}},
 {"type":"table","rows":[[{"type":"raw_text","text":"rule"},{"type":"raw_text","text":"verdict"},{"type":"raw_text","text":"packets"}],
  [{"type":"raw_text","text":"tcp dport 8080 accept"},{"type":"raw_text","text":"accept"},{"type":"raw_text","text":"118"}],
  [{"type":"raw_text","text":"policy input"},{"type":"raw_text","text":"drop"},{"type":"raw_text","text":"0"}]]},
 {"type":"divider"},{"type":"from_the_future","text":"?"}]`
	homeBlocks = `[{"type":"header","text":{"type":"plain_text","text":"Last investigations"}},
 {"type":"section","text":{"type":"mrkdwn","text":"*web.test:8080* · stopped service · <!date^1700000000^{date_short}|a while ago>"},"accessory":{"type":"button","action_id":"rerun","text":{"type":"plain_text","text":"Run again"}}},
 {"type":"divider"},{"type":"section","text":{"type":"mrkdwn","text":"*api.test:443* · healthy"}}]`
)

// diagnoser is an app that answers commands, buttons, modals and the home tab, over the real protocol.
func diagnoser(b *bed) func(*app, got) {
	return func(a *app, g got) {
		switch kind := g.Type; {
		case kind == kindCommand && g.Payload["text"] == "help":
			a.ack(g, map[string]any{"text": "Write `/diagnose TARGET`, for example `/diagnose web.test:8080`."})
		case kind == kindCommand:
			a.ack(g, nil)
			b.investigate(g)
		case g.Payload["type"] == "block_actions":
			a.ack(g, nil)
			b.pressed(g)
		case g.Payload["type"] == "view_submission":
			a.ack(g, scheduleAnswer(g))
		case g.event()["type"] == "app_home_opened":
			a.ack(g, nil)
			b.api("views.publish", url.Values{"user_id": {g.event()["user"].(string)}, "view": {`{"type":"home","blocks":` + homeBlocks + `}`}})
		default:
			a.ack(g, nil)
		}
	}
}

func (b *bed) investigate(g got) {
	channel := g.Payload["channel_id"].(string)
	p := b.api("chat.postMessage", url.Values{"channel": {channel}, "text": {"Diagnosing web.test:8080"}})
	b.api("chat.postMessage", url.Values{"channel": {channel}, "thread_ts": {p.TS}, "text": {"Verify server status: web.service is inactive"}})
	b.srv.mu.Lock() // an app cannot post a block that Slack does not know; the page must bear it all the same
	ch := b.srv.state.channel(channel)
	m := b.srv.fromBot("Review firewall settings: nothing in the way")
	m.Blocks, m.ThreadTS = []byte(stepBlocks), p.TS
	b.srv.post(ch, m)
	b.srv.mu.Unlock()
	b.api("chat.update", url.Values{"channel": {channel}, "ts": {p.TS}, "text": {"web.test:8080: web.service is stopped"}, "blocks": {planBlocks}})
}

func (b *bed) pressed(g got) {
	action := g.Payload["actions"].([]any)[0].(map[string]any)
	switch action["action_id"] {
	case "schedule":
		b.api("views.open", url.Values{"trigger_id": {g.Payload["trigger_id"].(string)}, "view": {modal}})
	case "rerun", "forget":
		box := g.Payload["container"].(map[string]any)
		if channel, ok := box["channel_id"].(string); ok {
			b.api("chat.postMessage", url.Values{"channel": {channel}, "thread_ts": {box["message_ts"].(string)},
				"text": {"<@" + g.Payload["user"].(map[string]any)["id"].(string) + "> pressed " + action["action_id"].(string)}})
		}
	}
}

func scheduleAnswer(g got) any {
	values := g.Payload["view"].(map[string]any)["state"].(map[string]any)["values"].(map[string]any)
	target, _ := values["target"].(map[string]any)["value"].(map[string]any)["value"].(string)
	if !strings.Contains(target, ":") {
		return map[string]any{"response_action": "errors", "errors": map[string]string{"target": "Write it as host:port"}}
	}
	return nil
}

func has(s, part string) bool { return strings.Contains(s, part) }

func getenv(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}
