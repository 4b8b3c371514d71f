package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/store"
)

// actionAsk opens the modal that asks for a target.
const actionAsk = "ask"

// callbackDiagnose is the modal's.
const callbackDiagnose = "diagnose"

// publishHome brings a person's Home tab up to date. Who may not use the bot
// opens the tab, too: it says that, and nothing of what was found.
func (b *Bot) publishHome(ctx context.Context, user string) {
	b.homes.take(user, func() {
		view, err := b.homeFor(user)
		if err == nil {
			err = b.Slack.PublishHome(ctx, user, view)
		}
		if err != nil {
			b.Log.Warn("publish home", "error", err)
		}
	})
}

func (b *Bot) homeFor(user string) (slackapi.View, error) {
	if err := b.Access.Allow(user, "", ""); err != nil {
		return slackapi.View{"type": "home", "blocks": []block{header("Plexor"), note(err.Error())}}, nil
	}
	return b.home()
}

// home shows the last investigations and a button for a new one.
func (b *Bot) home() (slackapi.View, error) {
	list, err := b.Store.Investigations(store.Filter{Limit: historyRows})
	if err != nil {
		return nil, err
	}
	blocks := []block{
		header("Plexor"),
		section("Finds out why a load balancer can't connect to a backend. Type `/diagnose HOST:PORT` in a channel, or:"),
		actions("home", button(actionAsk, "Diagnose a backend", "")),
		divider(),
	}
	blocks = append(blocks, b.homeSchedules()...)
	var lines []block
	for _, inv := range list {
		lines = append(lines, line(b.historyWords(inv)...))
	}
	if len(lines) > 0 {
		blocks = append(blocks, rich(line(strong("The last investigations")), bullets(lines...)))
	}
	return slackapi.View{"type": "home", "blocks": blocks}, nil
}

// shortcut opens the modal that asks for a target.
func (b *Bot) shortcut(_ context.Context, at who) slackapi.Reply {
	b.later(func(ctx context.Context) {
		if _, err := b.Slack.OpenView(ctx, at.trigger, askView(at.channel)); err != nil {
			b.Log.Warn("open the modal that asks for a target", "error", err)
			b.tell(ctx, at, slackapi.Reply{Text: "The dialog could not be opened. Try again, or type /diagnose HOST:PORT"})
		}
	})
	return slackapi.Reply{}
}

func askView(channel string) slackapi.View {
	input := func(id, label, hint string, optional bool) block {
		return block{
			"type": "input", "block_id": id, "optional": optional, "label": plain(label), "hint": plain(hint),
			"element": block{"type": "plain_text_input", "action_id": "value", "max_length": 300},
		}
	}
	where := block{
		"type": "input", "block_id": "channel", "label": plain("Where to answer"),
		"element": block{"type": "conversations_select", "action_id": "value", "default_to_current_conversation": true},
	}
	if channel != "" {
		where["element"].(block)["initial_conversation"] = channel
	}
	return slackapi.View{
		"type": "modal", "callback_id": callbackDiagnose, "title": plain("Diagnose a backend"),
		"submit": plain("Diagnose"), "close": plain("Back"),
		"blocks": []block{
			input("target", "Backend", "HOST:PORT, a URL, or the name of an upstream", false),
			input("unit", "Unit", "The systemd unit that should serve it, if you know", true),
			where,
		},
	}
}

// submitted takes a modal. Errors are shown in it, beside the field.
func (b *Bot) submitted(ctx context.Context, at who, i slackapi.Interaction) slackapi.Reply {
	switch i.View.Callback {
	case callbackScheduleAsk:
		return b.scheduleAsked(ctx, at, i)
	case callbackScheduleSave:
		return b.scheduleSaved(ctx, at, i)
	}
	if i.View.Callback != callbackDiagnose {
		return slackapi.Reply{}
	}
	values := i.View.State.Values
	wrong := func(field string, err error) slackapi.Reply {
		why, _ := reason(err) // it is plain text here
		return slackapi.Reply{View: map[string]any{"response_action": "errors", "errors": map[string]string{field: why}}}
	}
	c, err := ParseCommand(values["target"]["value"].Value)
	if err != nil {
		return wrong("target", err)
	}
	if c.Verb != "diagnose" {
		return wrong("target", &UsageError{Reason: "that is a command, not a backend"})
	}
	if unit := strings.TrimSpace(values["unit"]["value"].Value); unit != "" {
		c.Inputs["unit"] = unit
	}
	at.channel, at.channelName = values["channel"]["value"].Conversation, ""
	if err := b.allow(ctx, at); err != nil {
		return wrong("channel", err)
	}
	id, joined, err := b.Runs.Start(b.asked(at, c, "view:"+i.View.ID))
	if err != nil {
		return wrong("target", err)
	}
	if joined {
		b.tell(ctx, at, b.joined(id))
	}
	return slackapi.Reply{}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}
