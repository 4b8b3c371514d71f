package bot

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

var _ slackapi.Handler = (*Bot)(nil)

// who is a person and where they are.
type who struct {
	user, channel, channelName string
	thread                     string // ts of the message they speak under
	trigger                    string // for modals
	response                   string // response URL
}

// Command answers a slash command: what was asked is on disk when it returns,
// or the answer says that it is not.
func (b *Bot) Command(ctx context.Context, c slackapi.Command) slackapi.Reply {
	at := who{user: c.User, channel: c.Channel, channelName: c.ChannelName, trigger: c.Trigger, response: c.ResponseURL}
	return b.say(ctx, at, c.Text, "command:"+c.Trigger)
}

// say does what a person typed, behind /diagnose or a mention.
func (b *Bot) say(ctx context.Context, at who, text, event string) slackapi.Reply {
	if err := b.allow(ctx, at); err != nil {
		return refuse(err)
	}
	c, err := ParseCommand(text)
	if err != nil {
		b.audit(at, "refuse", "usage") // what was typed may be a secret
		return refuse(err)
	}
	if c.onlyAsks() {
		b.audit(at, "ask", c.Verb)
	}
	switch c.Verb {
	case "help":
		return b.help()
	case "runners":
		return b.runners(ctx)
	case "history":
		return b.history(ctx, at, c.Args)
	case "schedule":
		return b.schedule(ctx, at, c.Args, event)
	case "cancel":
		return b.cancel(at, c.Args)
	case "diagnose":
		return b.diagnose(at, c, event)
	case "mute", "unmute", "mutes":
		return b.mute(ctx, at, c)
	case "alerts":
		return b.listAlerts()
	}
	return refuse(&UsageError{Reason: c.Verb + " is not available here"})
}

// allow holds a person and where they are against the access rules; a refusal
// is audited. Where there is no channel, as in a modal, the person alone counts.
func (b *Bot) allow(ctx context.Context, at who) error {
	if len(b.Access.Channels) > 0 && at.channel != "" && at.channelName == "" && b.Slack != nil {
		at.channelName = b.channelName(ctx, at.channel) // events tell ids alone
	}
	err := b.Access.Allow(at.user, at.channel, at.channelName)
	if err != nil {
		b.audit(at, "refuse", "access")
	}
	return err
}

// diagnose starts an investigation for a person.
func (b *Bot) diagnose(at who, c Command, event string) slackapi.Reply {
	id, joined, err := b.Runs.Start(b.asked(at, c, event))
	if err != nil {
		b.audit(at, "refuse", "diagnose "+c.Target)
		return refuse(err)
	}
	if joined {
		b.audit(at, "join", id)
		return b.joined(id)
	}
	return slackapi.Reply{}
}

// asked is a person's wish as a request.
func (b *Bot) asked(at who, c Command, event string) Request {
	return Request{
		Target: c.Target, Plan: c.Plan, Inputs: c.Inputs, EventKey: event, Who: at.user,
		Trigger: investigations.Trigger{Kind: "command", By: at.user, Channel: cmp.Or(at.channel, b.Channel), Thread: at.thread, Ref: event},
	}
}

// joined says where the investigation that runs already is.
func (b *Bot) joined(id string) slackapi.Reply {
	const text = "That is being looked into already."
	address := b.threadLink(id)
	if address == "" {
		return slackapi.Reply{Text: text}
	}
	return slackapi.Reply{
		Text:   text + " Its thread: " + escape(address),
		Blocks: []block{rich(line(word(text+" "), block{"type": "link", "url": address, "text": "Go to its thread"}))},
	}
}

// refuse says to one person what was wrong and how it is written.
func refuse(err error) slackapi.Reply {
	text, written := reason(err)
	blocks := []block{rich(line(word(text)))}
	if written {
		blocks = append(blocks, rich(line(word("Write "), code(usage), word(", or "), code("/diagnose help"))))
		text += " Write " + usage + ", or /diagnose help"
	}
	return slackapi.Reply{Text: escape(text), Blocks: blocks}
}

// reason is a refusal in a sentence or two, and whether it helps to say how a
// command is written.
func reason(err error) (text string, written bool) {
	if bad, ok := errors.AsType[*investigations.TargetError](err); ok {
		err = targetUsage(bad)
	}
	if bad, ok := errors.AsType[*schedules.Error](err); ok {
		err = &UsageError{Reason: bad.Reason, Hint: bad.Hint}
	}
	if bad, ok := errors.AsType[*UsageError](err); ok {
		return strings.TrimSpace(sentence(bad.Reason) + " " + sentence(bad.Hint)), !strings.Contains(bad.Hint, "/diagnose")
	}
	if no, ok := errors.AsType[*Refusal](err); ok {
		return sentence(no.Reason), no.Target
	}
	if much, ok := errors.AsType[*LimitError](err); ok {
		return sentence(much.Reason), false
	}
	return sentence("that could not be done: " + err.Error()), false
}

// sentence makes a clause one.
func sentence(clause string) string {
	if clause == "" || strings.ContainsAny(clause[len(clause)-1:], ".?") {
		return capital(clause)
	}
	return capital(clause) + "."
}

// capital makes a clause begin with a capital, but for one that begins with a
// name or an address.
func capital(clause string) string {
	first, _, _ := strings.Cut(clause, " ")
	if first == "" || strings.ContainsFunc(first, func(r rune) bool { return (r < 'a' || r > 'z') && r != '\'' && r != ',' && r != ':' }) {
		return clause
	}
	return strings.ToUpper(clause[:1]) + clause[1:]
}

func (b *Bot) audit(at who, did, what string) {
	if err := b.Store.Audit(store.AuditLine{Who: at.user, Did: did, What: what}); err != nil {
		b.Log.Error("audit", "error", err)
	}
}

// Interaction answers a press, a modal or a shortcut.
func (b *Bot) Interaction(ctx context.Context, i slackapi.Interaction) slackapi.Reply {
	at := who{
		user: i.User.ID, channel: cmp.Or(i.Channel.ID, i.Container.Channel), channelName: i.Channel.Name,
		trigger: i.Trigger, response: i.ResponseURL, thread: i.Container.Thread,
	}
	if err := b.allow(ctx, at); err != nil {
		b.tell(ctx, at, refuse(err))
		return slackapi.Reply{}
	}
	switch i.Type {
	case "block_actions":
		for _, a := range i.Actions {
			b.tell(ctx, at, b.pressed(ctx, at, a))
		}
	case "view_submission":
		return b.submitted(ctx, at, i)
	case "shortcut":
		b.tell(ctx, at, b.shortcut(ctx, at))
	case "message_action":
		b.tell(ctx, at, b.messageShortcut(ctx, at, i))
	}
	return slackapi.Reply{}
}

// pressed does what a button says.
func (b *Bot) pressed(ctx context.Context, at who, a slackapi.Action) slackapi.Reply {
	if strings.HasPrefix(a.ActionID, "schedule_") || a.ActionID == actionHistory {
		return b.pressedSchedule(ctx, at, a)
	}
	switch a.ActionID {
	case actionCancel:
		return b.cancel(at, []string{a.Value.Value})
	case actionRerun:
		return b.rerun(at, a.Value.Value, a.TS)
	case actionAsk:
		return b.shortcut(ctx, at)
	}
	if press := b.Pressed[a.ActionID]; press != nil {
		return slackapi.Reply{Text: escape(press(ctx, at.user))}
	}
	return slackapi.Reply{}
}

// tell shows a reply to the person alone: a press has no answer of its own.
func (b *Bot) tell(_ context.Context, at who, r slackapi.Reply) {
	if r.Text == "" && len(r.Blocks) == 0 {
		return
	}
	b.later(func(ctx context.Context) {
		var err error
		if at.response != "" {
			err = b.Slack.Respond(ctx, at.response, r)
		} else {
			err = b.Slack.Ephemeral(ctx, at.user, slackapi.Message{Channel: cmp.Or(at.channel, b.Channel), Thread: at.thread, Text: r.Text, Blocks: r.Blocks})
		}
		if err != nil {
			b.Log.Warn("answer a person", "error", err)
		}
	})
}

func (b *Bot) cancel(at who, args []string) slackapi.Reply {
	if len(args) != 1 {
		b.audit(at, "refuse", "usage")
		return refuse(&UsageError{Reason: "which investigation?", Hint: "its id stands at the end of its message: /diagnose cancel ID"})
	}
	if !b.Runs.Cancel(args[0], at.user) {
		b.audit(at, "refuse", "cancel") // what was typed may be anything
		return slackapi.Reply{Text: "That investigation does not run any more."}
	}
	b.audit(at, "cancel", args[0])
	return slackapi.Reply{Text: "Cancelled."}
}

// rerun starts an investigation again, as it was asked for.
func (b *Bot) rerun(at who, id, press string) slackapi.Reply {
	inv, err := b.Store.Investigation(id)
	if err != nil {
		return slackapi.Reply{Text: "That investigation is no longer kept; start a new one with /diagnose."}
	}
	again, joined, err := b.Runs.Start(Request{
		Target: inv.Target, Plan: inv.Plan, Inputs: inv.Inputs, Who: at.user, EventKey: "rerun:" + id + ":" + press,
		Trigger: investigations.Trigger{
			Kind: "rerun", By: at.user, Channel: cmp.Or(at.channel, inv.Trigger.Channel), Thread: inv.Trigger.Thread, Ref: id,
		},
	})
	switch {
	case err != nil:
		return refuse(err)
	case joined:
		return b.joined(again)
	}
	return slackapi.Reply{}
}
