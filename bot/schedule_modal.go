package bot

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/bot/slackapi"
)

// Callbacks of the two modals: what is asked, and what was understood.
const (
	callbackScheduleAsk  = "schedule_ask"
	callbackScheduleSave = "schedule_save"
)

// askSchedule opens the modal that asks for a schedule.
func (b *Bot) askSchedule(ctx context.Context, at who) slackapi.Reply {
	if at.trigger == "" {
		return refuse(&UsageError{Reason: "which one?", Hint: scheduleUsage})
	}
	if _, err := b.Slack.OpenView(ctx, at.trigger, scheduleAskView(at.channel, b.zoneOf(ctx, at.user))); err != nil {
		return refuse(err)
	}
	return slackapi.Reply{}
}

func scheduleAskView(channel, zone string) slackapi.View {
	where := block{
		"type": "input", "block_id": "channel", "label": plain("Where to tell"),
		"element": block{"type": "conversations_select", "action_id": "value", "default_to_current_conversation": true},
	}
	if channel != "" {
		where["element"].(block)["initial_conversation"] = channel
	}
	return slackapi.View{
		"type": "modal", "callback_id": callbackScheduleAsk, "title": plain("New schedule"), "submit": plain("Next"), "close": plain("Back"),
		"blocks": []block{
			textInput("target", "Backends", "HOST:PORT, a URL or an upstream, several apart by commas; or group=NAME of the configuration", "", false),
			textInput("when", "When", `Five fields such as */5 * * * * or 0 9 * * 1-5, or @every 90s, @hourly, @daily. The next page says it in words.`, "*/5 * * * *", false),
			textInput("tz", "Time zone", "Europe/Berlin, America/New_York, UTC …", zone, false),
			where,
			choice("notify", "What to tell", []string{notifyChange, "Changes", notifyAlways, "Every result, in one thread a day", notifyNever, "Nothing"}),
			choice("digest", "Digest", []string{"none", "None", "daily", "Every day at 9:00", "weekly", "Mondays at 9:00"}),
			choice("confirm", "A change counts after", []string{"1", "One result", "2", "Two equal results", "3", "Three equal results"}),
			choice("remind", "Remind while it fails", []string{"never", "Never", "1h", "Every hour", "4h", "Every four hours", "24h", "Every day"}),
		},
	}
}

func textInput(id, label, hint, initial string, optional bool) block {
	element := block{"type": "plain_text_input", "action_id": "value", "max_length": 1000}
	if initial != "" {
		element["initial_value"] = initial
	}
	return block{"type": "input", "block_id": id, "optional": optional, "label": plain(label), "hint": plain(hint), "element": element}
}

// choice is a menu of values and their words; the first is chosen.
func choice(id, label string, pairs []string) block {
	var options []block
	for i := 0; i+1 < len(pairs); i += 2 {
		options = append(options, block{"text": plain(pairs[i+1]), "value": pairs[i]})
	}
	return block{
		"type": "input", "block_id": id, "label": plain(label),
		"element": block{"type": "static_select", "action_id": "value", "options": options, "initial_option": options[0]},
	}
}

// scheduleAsked reads the first modal, and answers with the second: the
// expression in words, and the next runs.
func (b *Bot) scheduleAsked(ctx context.Context, at who, i slackapi.Interaction) slackapi.Reply {
	values := i.View.State.Values
	text := func(id string) string { return strings.TrimSpace(values[id]["value"].Value) }
	r := ScheduleRequest{
		When: text("when"), Zone: text("tz"), Channel: values["channel"]["value"].Conversation,
		Notify: values["notify"]["value"].Option.Value, Digest: values["digest"]["value"].Option.Value, Remind: values["remind"]["value"].Option.Value, By: at.user,
	}
	if n, err := strconv.Atoi(values["confirm"]["value"].Option.Value); err == nil {
		r.Confirm = n
	}
	for t := range strings.FieldsFuncSeq(text("target"), func(c rune) bool { return c == ',' || c == ' ' || c == '\n' }) {
		if group, ok := strings.CutPrefix(t, "group="); ok {
			r.Group = group
			continue
		}
		r.Targets = append(r.Targets, t)
	}
	var err error
	if r.Channel, err = b.speakIn(ctx, at, r.Channel); err != nil {
		return wrongField("channel", err)
	}
	c, err := b.Schedules.prepare(r)
	if err != nil {
		return wrongField(fieldOf(err), err)
	}
	if err := b.Schedules.judge(ctx, c); err != nil {
		return wrongField("target", err)
	}
	spec, err := schedules.Parse(c.Expression, c.Zone)
	if err != nil {
		return wrongField("when", err)
	}
	private, err := json.Marshal(r)
	if err != nil || len(private) > 2900 {
		return wrongField("target", &UsageError{Reason: "that is more than fits into a form", Hint: "name a group in the configuration"})
	}
	st := ScheduleState{Schedule: c, Words: scheduleWords(spec), Next: spec.Upcoming(b.Schedules.now(), upcoming)}
	return slackapi.Reply{View: map[string]any{"response_action": "push", "view": scheduleSaveView(st, string(private))}}
}

func wrongField(field string, err error) slackapi.Reply {
	why, _ := reason(err) // it is plain text here
	return slackapi.Reply{View: map[string]any{"response_action": "errors", "errors": map[string]string{field: why}}}
}

// fieldOf is the field of the modal that an error is about.
func fieldOf(err error) string {
	if bad, ok := errors.AsType[*FieldError](err); ok && slices.Contains([]string{"when", "tz", "notify", "digest"}, bad.Field) {
		return bad.Field
	}
	return "target"
}

// scheduleSaveView says what was understood.
func scheduleSaveView(st ScheduleState, private string) slackapi.View {
	var runs []block
	for _, t := range st.Next {
		runs = append(runs, line(word(inZone(t, st.Zone).Format("Monday 2 January 2006, 15:04 MST"))))
	}
	return slackapi.View{
		"type": "modal", "callback_id": callbackScheduleSave, "title": plain("New schedule"), "submit": plain("Save"), "close": plain("Change"),
		"private_metadata": private,
		"blocks": []block{
			rich(line(strong(st.Words)), line(word(strings.Join(st.Targets, ", ")))),
			rich(line(word("The next "+plural(len(st.Next), "run")+":")), bullets(runs...)),
			note("Each run connects first; the whole plan looks for the cause when that fails."),
			rich(bullets(speechFacts(st)...)),
		},
	}
}

// scheduleSaved keeps what the second modal shows.
func (b *Bot) scheduleSaved(ctx context.Context, at who, i slackapi.Interaction) slackapi.Reply {
	var r ScheduleRequest
	if err := json.Unmarshal([]byte(i.View.Private), &r); err != nil {
		return slackapi.Reply{View: map[string]any{"response_action": "clear"}}
	}
	r.By = at.user
	st, err := b.Schedules.Add(r, "view:"+i.View.ID)
	reply := scheduleReply(st)
	if err != nil {
		reply = refuseSchedule(err)
	}
	at.channel = r.Channel
	b.Schedules.spawn(func(ctx context.Context) {
		b.tell(ctx, at, reply)
		b.publishHome(ctx, at.user)
	})
	return slackapi.Reply{View: map[string]any{"response_action": "clear"}}
}

// pressedSchedule does what a button of a schedule says.
func (b *Bot) pressedSchedule(ctx context.Context, at who, a slackapi.Action) slackapi.Reply {
	if b.Schedules == nil {
		return slackapi.Reply{}
	}
	id := a.Value.Value
	switch a.ActionID {
	case actionScheduleAdd:
		return b.askSchedule(ctx, at)
	case actionHistory:
		return b.pressedHistory(ctx, at, id)
	}
	verb := strings.TrimPrefix(a.ActionID, "schedule_")
	reply := b.changeSchedule(ctx, at, verb, id)
	if at.channel == "" { // in App Home: the page itself is the answer
		b.publishHome(ctx, at.user)
		if len(reply.Blocks) > 0 {
			return slackapi.Reply{}
		}
	}
	return reply
}
