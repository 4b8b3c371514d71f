package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/plexorbot/plexor/bot/slackapi"
)

// handledEvents are the events that the manifest subscribes to. Messages come
// for the channels whose alerts the bot reads, and for what people write to the
// bot alone.
var handledEvents = []string{"app_home_opened", "app_mention", "message.channels", "message.groups", "message.im"}

// callbackMessage is the message shortcut's.
const callbackMessage = "diagnose_message"

// Event takes what happened in the workspace. An error makes Slack send it
// again; an event that was seen before does nothing.
func (b *Bot) Event(ctx context.Context, e slackapi.Event) error {
	switch e.Kind.Type {
	case "app_mention":
		return b.addressed(ctx, e)
	case "message":
		if e.Kind.ChannelType == "im" {
			return b.addressed(ctx, e)
		}
		return b.message(ctx, e)
	case "app_home_opened":
		if e.Kind.Tab == "home" || e.Kind.Tab == "" {
			b.later(func(ctx context.Context) { b.publishHome(ctx, e.Kind.User) })
		}
	}
	return nil
}

// mention is the bot's name at the start of a message.
var mention = regexp.MustCompile(`^\s*<@[UW][A-Z0-9]+>\s*`)

// addressed does what somebody wrote behind the bot's name, because slash
// commands do not work in threads, or to the bot alone in its Messages tab.
func (b *Bot) addressed(ctx context.Context, e slackapi.Event) error {
	k := e.Kind
	if k.BotID != "" || k.User == "" || k.Subtype != "" {
		return nil
	}
	at := who{user: k.User, channel: k.Channel, thread: cmp.Or(k.Thread, k.TS)}
	// What it asks for is kept before it is marked as seen: a crash in between
	// brings it again, and what it started is known by its own key then.
	reply := b.say(ctx, at, unlink(mention.ReplaceAllString(k.Text, "")), "mention:start:"+k.Channel+":"+k.TS)
	first, err := b.Store.See(fmt.Sprintf("mention:%s:%s", k.Channel, k.TS)) // the same one may come with another event_id
	if err != nil || !first {
		return err
	}
	if reply.Text != "" || len(reply.Blocks) > 0 {
		at.thread = k.Thread
		b.tell(ctx, at, reply)
	}
	return nil
}

// link is what Slack makes of an address in a message: <http://web|web>.
var link = regexp.MustCompile(`<((?:https?|mailto|ftp):[^<>|\s]+)(?:\|([^<>]*))?>`)

// unlink gives back what a person typed where Slack made links and entities of
// it, as it does in messages but not in slash commands.
func unlink(text string) string {
	text = link.ReplaceAllStringFunc(text, func(whole string) string {
		m := link.FindStringSubmatch(whole)
		return cmp.Or(m[2], m[1])
	})
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// messageShortcut diagnoses what a message is about: the first target in it.
func (b *Bot) messageShortcut(ctx context.Context, at who, i slackapi.Interaction) slackapi.Reply {
	var m struct {
		Text   string `json:"text"`
		TS     string `json:"ts"`
		Thread string `json:"thread_ts"`
	}
	if err := json.Unmarshal(i.Message, &m); err != nil {
		return slackapi.Reply{Text: "That message could not be read."}
	}
	target := findTarget(m.Text)
	if target == "" {
		return b.shortcut(ctx, at)
	}
	at.thread = cmp.Or(m.Thread, m.TS)
	return b.diagnose(at, Command{Target: target}, "shortcut:"+i.Trigger)
}

// hostPort finds host:port, [v6]:port and URLs with a port in running text.
var hostPort = regexp.MustCompile(`(?:https?://)?(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):[0-9]{1,5}\b`)

// findTarget returns the first target in text, or nothing.
func findTarget(text string) string {
	for _, m := range hostPort.FindAllString(text, 20) {
		if c, err := ParseCommand(m); err == nil && strings.ContainsAny(c.Target, ".[abcdefghijklmnopqrstuvwxyz") {
			return c.Target
		}
	}
	return ""
}
