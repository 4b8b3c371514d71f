package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// help says what can be typed.
func (b *Bot) help() slackapi.Reply {
	var lines []block
	for _, text := range []string{
		"`/diagnose web-2:8080` looks into it and answers in a thread here. Also `[2001:db8::1]:80`, a URL, or the name of an upstream",
		"`/diagnose web-2:8080 unit=nginx.service lb=lb-1 plan=NAME` gives it what it can't know; `/diagnose cancel ID` ends one",
		"`/diagnose history [TARGET [7d]]` lists what was found before, with uptime and a picture",
		"`/diagnose runners` shows from where it can look",
		"`/diagnose schedule add \"*/5 * * * *\" web-2:8080 in #channel` looks every five minutes and tells what changes; `/diagnose schedule` asks for the rest, `/diagnose schedule list` shows them",
		"`/diagnose alerts` lists what alerts came",
		"`/diagnose mute web-2:8080 2h being replaced` keeps alerts quiet, also `env=staging`; `/diagnose mutes` and `/diagnose unmute ID`",
	} {
		lines = append(lines, line(prose(text)...))
	}
	return slackapi.Reply{Text: "How to use Plexor: /diagnose HOST:PORT", Blocks: []block{
		rich(line(strong("Plexor"), word(" finds out why a load balancer can't connect to a backend.")), bullets(lines...),
			line(word("In a thread, write the same behind @plexor, or without it to Plexor alone, in its Messages; on a message, choose "), italic("Diagnose this"), word("."))),
		note(b.planNames()),
	}}
}

// prose is text in which backquotes hold code.
func prose(text string) (parts []block) {
	for i, part := range strings.Split(text, "`") {
		switch {
		case i%2 == 1:
			parts = append(parts, code(part))
		case part != "":
			parts = append(parts, word(part))
		}
	}
	return parts
}

func (b *Bot) planNames() string {
	var names []string
	for name := range b.Engine.Plans {
		names = append(names, name)
	}
	return "Plans: " + strings.Join(sorted(names), ", ")
}

// runners shows from where probes can be carried out.
func (b *Bot) runners(ctx context.Context) slackapi.Reply {
	all, err := b.Engine.Dispatcher.Runners(ctx)
	if err != nil {
		return refuse(err)
	}
	if len(all) == 0 {
		return slackapi.Reply{Text: "No runner yet. `plexor runner token --name HOST` makes a token to join one with."}
	}
	slices.SortStableFunc(all, func(a, b investigations.Runner) int { // the lost ones first
		return cmp.Or(cmp.Compare(truth(a.Alive), truth(b.Alive)), cmp.Compare(a.Name, b.Name))
	})
	var lines []block
	lost := 0
	for _, r := range all {
		lines = append(lines, line(runnerWords(r)...))
		if !r.Alive {
			lost++
		}
	}
	head := plural(len(all), "runner")
	if lost > 0 {
		head += fmt.Sprintf(", %d lost", lost)
	}
	return slackapi.Reply{Text: head, Blocks: fit([]block{rich(line(strong(head)), bullets(lines[:min(len(lines), 60)]...))})}
}

func runnerWords(r investigations.Runner) []block {
	state := "🟢 alive"
	if !r.Alive {
		state = "🔴 lost, last seen " + r.Seen.UTC().Format("2006-01-02 15:04:05 MST")
	}
	var labels []string
	for k, v := range r.Labels {
		labels = append(labels, k+"="+v)
	}
	words := []block{strong(r.Name), word(" " + state + " · " + r.OS + " · " + strings.Join(r.Addresses, " "))}
	if len(labels) > 0 {
		words = append(words, word(" · "), code(strings.Join(sorted(labels), " ")))
	}
	for _, probe := range sortedNames(r.Lacks) {
		words = append(words, word("\n"+probe+": "+r.Lacks[probe]))
	}
	return words
}

// historyRows is how many investigations the answer to a person lists.
const historyRows = 15

// lastInvestigations lists what was looked into before, of one target or all.
func (b *Bot) lastInvestigations(target string) slackapi.Reply {
	list, err := b.Store.Investigations(store.Filter{Limit: historyRows, Target: target})
	if err != nil {
		return refuse(err)
	}
	switch {
	case len(list) == 0 && target != "":
		return slackapi.Reply{Text: escape(target + " was not looked into yet. To do that: /diagnose " + target)}
	case len(list) == 0:
		return slackapi.Reply{Text: "Nothing was looked into yet. To begin: /diagnose HOST:PORT"}
	}
	var lines []block
	for _, inv := range list {
		lines = append(lines, line(b.historyWords(inv)...))
	}
	return slackapi.Reply{Text: "The last investigations", Blocks: fit([]block{rich(bullets(lines...))})}
}

// historyWords is an investigation in a line, with the way to its thread.
func (b *Bot) historyWords(inv investigations.Investigation) []block {
	what := string(inv.State)
	if inv.Verdict != nil {
		what = inv.Verdict.Headline
	}
	words := []block{word(strings.TrimSpace(mark(inv)+" "+inv.Started.UTC().Format("2006-01-02 15:04 MST")) + " ")}
	return append(append(words, b.linked(inv)...), word(": "+clip(what, 200)))
}
