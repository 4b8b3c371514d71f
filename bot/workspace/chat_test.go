package workspace

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const section = `[{"type":"section","text":{"type":"mrkdwn","text":"hi"}}]`

func TestPostEditReply(t *testing.T) {
	b := newBed(t, Config{})
	a := b.dial(nil)
	p := b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "text": {"one"}, "blocks": {section},
		"metadata": {`{"event_type":"plexor","event_payload":{"key":"k1"}}`}}))
	b.must(b.call("chat.postMessage", map[string]any{"channel": "C1", "text": "reply", "thread_ts": p.TS}))
	b.must(b.call("chat.update", map[string]any{"channel": "C1", "ts": p.TS, "text": "two"}))

	all, err := b.ctl.Messages(ctx(t), "ops")
	if err != nil || len(all) != 2 {
		t.Fatalf("Messages = %v, %v, want 2", all, err)
	}
	m := all[0]
	if m.Text != "two" || m.Blocks != nil || m.Edited == nil || len(m.Edits) != 1 || m.Edits[0].Text != "one" || m.Edits[0].Blocks == nil {
		t.Errorf("edited message = %+v, want text two, no blocks, one edit from one with blocks", m)
	}
	if m.ReplyCount != 1 || all[1].ThreadTS != p.TS || all[1].ParentUser != "UB1" || !has(string(m.Metadata), "k1") {
		t.Errorf("parent = %+v, reply = %+v", m, all[1])
	}
	if e := b.next(a, "message").event(); e["bot_id"] != "B1" || e["channel"] != "C1" || e["channel_type"] != "channel" {
		t.Errorf("event = %v", e)
	}
	b.next(a, "message")
	e := b.next(a, "message").event()
	changed, _ := e["message"].(map[string]any)
	if e["subtype"] != "message_changed" || changed["text"] != "two" {
		t.Errorf("third event = %v, want message_changed to two", e)
	}
}

func TestRepliesAndHistory(t *testing.T) {
	b := newBed(t, Config{})
	meta := `{"event_type":"plexor","event_payload":{"key":"k1"}}`
	p := b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "text": {"parent"}}))
	for i := range 5 {
		b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "text": {fmt.Sprint(i)}, "thread_ts": {p.TS}, "metadata": {meta}}))
	}
	with := b.must(b.api("conversations.replies", url.Values{"channel": {"ops"}, "ts": {p.TS}, "include_all_metadata": {"true"}, "limit": {"4"}}))
	list := with.raw["messages"].([]any)
	if len(list) != 4 || with.raw["has_more"] != true || list[1].(map[string]any)["metadata"] == nil {
		t.Fatalf("replies = %v, want 4 with metadata and more", with.raw)
	}
	cursor := with.raw["response_metadata"].(map[string]any)["next_cursor"].(string)
	rest := b.must(b.api("conversations.replies", url.Values{"channel": {"ops"}, "ts": {p.TS}, "cursor": {cursor}}))
	list = rest.raw["messages"].([]any)
	if len(list) != 2 || list[0].(map[string]any)["text"] != "3" || list[0].(map[string]any)["metadata"] != nil {
		t.Errorf("second page = %v, want 3 and 4 without metadata", list)
	}
	top := b.must(b.api("conversations.history", url.Values{"channel": {"ops"}}))
	if n := len(top.raw["messages"].([]any)); n != 1 {
		t.Errorf("history has %d messages, want the parent alone", n)
	}
	if a := b.api("conversations.replies", url.Values{"channel": {"ops"}, "ts": {"1.000000"}}); a.Error != "thread_not_found" {
		t.Errorf("replies of nothing = %q, want thread_not_found", a.Error)
	}
}

func TestMissingParentPostsAtTopLevel(t *testing.T) {
	b := newBed(t, Config{})
	a := b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "text": {"lost"}, "thread_ts": {"1.000000"}}))
	if m := a.raw["message"].(map[string]any); m["thread_ts"] != nil {
		t.Errorf("thread_ts = %v, want none", m["thread_ts"])
	}
}

func TestErrorWords(t *testing.T) {
	b := newBed(t, Config{RefuseBlocks: []string{"plan"}})
	mine := b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "text": {"x"}})).TS
	theirs, err := b.ctl.Message(ctx(t), NewMessage{Channel: "ops", Text: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	no, yes := false, true
	for _, change := range []ChannelChange{{Channel: "payments", Member: &no}, {Channel: "old", Create: true, Archived: &yes}} {
		if err := b.ctl.Channel(ctx(t), change); err != nil {
			t.Fatal(err)
		}
	}
	many := "[" + strings.TrimSuffix(strings.Repeat(`{"type":"divider"},`, 51), ",") + "]"
	long := func(n int) string {
		return `[{"type":"section","text":{"type":"mrkdwn","text":"` + strings.Repeat("x", n) + `"}}]`
	}
	big := "[" + strings.TrimSuffix(strings.Repeat(strings.Trim(long(2900), "[]")+",", 4), ",") + "]"
	for _, c := range []struct {
		method, args, want string
	}{
		{"chat.postMessage", "channel=nowhere&text=x", "channel_not_found"},
		{"chat.postMessage", "channel=payments&text=x", "not_in_channel"},
		{"chat.postMessage", "channel=old&text=x", "is_archived"},
		{"chat.postMessage", "channel=ops", "no_text"},
		{"chat.postMessage", "channel=ops&text=" + strings.Repeat("x", 40001), "msg_too_long"},
		{"chat.postMessage", "channel=ops&blocks=" + url.QueryEscape(many), "invalid_blocks"},
		{"chat.postMessage", "channel=ops&blocks=" + url.QueryEscape(long(3001)), "invalid_blocks"},
		{"chat.postMessage", "channel=ops&blocks=" + url.QueryEscape(big), "msg_blocks_too_long"},
		{"chat.postMessage", "channel=ops&blocks=" + url.QueryEscape(`[{"type":"plan","title":"x"}]`), "invalid_blocks"},
		{"chat.postMessage", "channel=ops&blocks=" + url.QueryEscape(`[{"type":"alert"}]`), "invalid_blocks"},
		{"chat.postMessage", "channel=ops&blocks=" + url.QueryEscape(`[{"type":"none"}]`), "invalid_blocks"},
		{"chat.postMessage", "channel=ops&blocks=%7B", "invalid_blocks_format"},
		{"chat.postMessage", "channel=ops&text=x&metadata=1", "invalid_metadata_format"},
		{"chat.postMessage", "channel=ops&text=x&token=", "not_authed"},
		{"chat.postMessage", "channel=ops&text=x&token=zzz", "invalid_auth"},
		{"chat.postMessage", "channel=ops&text=x&token=xapp-1", "not_allowed_token_type"},
		{"apps.connections.open", "token=xoxb-1", "not_allowed_token_type"},
		{"chat.update", "channel=ops&text=x&ts=1.0", "message_not_found"},
		{"chat.update", "channel=ops&text=x&ts=" + theirs, "cant_update_message"},
		{"chat.update", "channel=ops&text=" + strings.Repeat("x", 4001) + "&ts=" + mine, "msg_too_long"},
		{"chat.delete", "channel=ops&ts=" + theirs, "cant_delete_message"},
		{"chat.postEphemeral", "channel=ops&text=x&user=U9", "user_not_in_channel"},
		{"users.info", "user=U9", "user_not_found"},
		{"views.open", "trigger_id=x&view=" + url.QueryEscape(modal), "invalid_trigger_id"},
		{"no.such", "", "unknown_method"},
	} {
		args, err := url.ParseQuery(c.args)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.api(c.method, args); got.Error != c.want || got.OK {
			t.Errorf("%s(%.60s) = %q, want %q", c.method, c.args, got.Error, c.want)
		}
	}
}

func TestBlocksAreTaken(t *testing.T) {
	b := newBed(t, Config{})
	rich := `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"x"}]}]}`
	for _, block := range []string{
		`{"type":"plan","title":"Plan","tasks":[{"type":"task_card","task_id":"a","title":"A","status":"complete","details":` + rich + `,"output":` + rich + `},{"type":"task_card","task_id":"b","title":"B","status":"in_progress"}]}`,
		`{"type":"table","rows":[[{"type":"raw_text","text":"a"},` + rich + `]]}`,
		`{"type":"actions","elements":[{"type":"button","action_id":"a","style":"primary","text":{"type":"plain_text","text":"Go"}}]}`,
		`{"type":"image","image_url":"https://example.test/x.png","alt_text":"x"}`,
		`{"type":"context","elements":[{"type":"plain_text","text":"x"}]}`, `{"type":"header","text":{"type":"plain_text","text":"x"}}`,
		`{"type":"divider"}`, `{"type":"markdown","text":"**x**"}`, rich,
	} {
		a := b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "blocks": {"[" + block + "]"}}))
		kept := a.raw["message"].(map[string]any)["blocks"].([]any)[0].(map[string]any)
		if kept["block_id"] == nil {
			t.Errorf("%.40s… got no block_id", block)
		}
	}
}

func TestRateLimits(t *testing.T) {
	c := newClock()
	b := newBed(t, Config{Now: c.Now, Limits: Limits{PostBurst: 3, UpdateBurst: 2}})
	post := func(channel string) answerOf {
		return b.api("chat.postMessage", url.Values{"channel": {channel}, "text": {"x"}})
	}
	for range 3 {
		b.must(post("ops"))
	}
	if a := post("ops"); a.status != http.StatusTooManyRequests || a.retry != "1" || a.Error != "ratelimited" {
		t.Errorf("fourth post = %d %q Retry-After %q, want 429 ratelimited 1", a.status, a.Error, a.retry)
	}
	b.must(post("alerts"))
	c.advance(time.Second)
	last := b.must(post("ops"))
	edit := func() answerOf {
		return b.api("chat.update", url.Values{"channel": {"ops"}, "ts": {last.TS}, "text": {"y"}})
	}
	b.must(edit())
	b.must(edit())
	if a := edit(); a.status != http.StatusTooManyRequests || a.retry != "2" {
		t.Errorf("third update = %d Retry-After %q, want 429 and 2", a.status, a.retry)
	}
}

func TestFaults(t *testing.T) {
	b := newBed(t, Config{})
	post := func() (*http.Response, error) {
		return http.PostForm(b.url+"/api/chat.postMessage", url.Values{"token": {"xoxb-1"}, "channel": {"ops"}, "text": {"x"}})
	}
	count := func() int {
		m, err := b.ctl.Messages(ctx(t), "ops")
		if err != nil {
			t.Fatal(err)
		}
		return len(m)
	}
	for _, c := range []struct {
		fault   Fault
		status  int // 0: no answer
		word    string
		applied bool
	}{
		{Fault{Error: "internal_error"}, 200, "internal_error", false},
		{Fault{Status: 503}, 503, "", false},
		{Fault{RetryAfter: 7}, 429, "ratelimited", false},
		{Fault{After: "apply"}, 0, "", true},
		{Fault{After: "apply", Status: 500}, 500, "", true},
		{Fault{After: "drop"}, 0, "", false},
		{Fault{DelayMS: 5}, 200, "", true},
	} {
		c.fault.Method = "chat.postMessage"
		before := count()
		if err := b.ctl.Fault(ctx(t), c.fault); err != nil {
			t.Fatal(err)
		}
		resp, err := post()
		status := 0
		var body struct{ Error string }
		if err == nil {
			status = resp.StatusCode
			json.NewDecoder(resp.Body).Decode(&body)
			resp.Body.Close()
			if c.fault.RetryAfter > 0 && resp.Header.Get("Retry-After") != "7" {
				t.Errorf("%+v: Retry-After = %q", c.fault, resp.Header.Get("Retry-After"))
			}
		}
		if status != c.status || body.Error != c.word || (count() > before) != c.applied {
			t.Errorf("%+v: status %d, error %q, applied %v; want %d, %q, %v", c.fault, status, body.Error, count() > before, c.status, c.word, c.applied)
		}
		if resp, err := post(); err != nil || resp.StatusCode != 200 {
			t.Errorf("the call after the fault: %v %v", resp, err)
		}
	}
}
