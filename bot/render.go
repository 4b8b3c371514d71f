package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// Keys of the messages of an investigation.
const (
	keyParent  = "parent"
	keyVerdict = "verdict"
	keyStep    = "step/" // with the step's id
)

// Message is one message that should stand in Slack.
type Message struct {
	Key     string  // which of its subject's messages
	Channel string  // id or name
	Under   string  // key of the message whose thread it is in; empty: top level
	Thread  string  // ts of somebody else's message to answer under; for parents alone
	Text    string  // the whole result in plain words
	Blocks  []block // at most 50
	Classic []block // the same without plan blocks, for workspaces that refuse them
	Urgent  bool    // it ends the waiting: updates of it are not held back
	Phase   string  // of an urgent one: updates within one phase are held back like any other; empty: each is a phase
}

// Hash tells whether a message that stands in Slack is this one.
func (m Message) Hash() string {
	text, _ := json.Marshal([]any{m.Text, m.Blocks})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// Render gives the messages of an investigation's thread, in the order in which
// they are brought to Slack: the parent, which shows the verdict as soon as there
// is one, the steps, and at the end the verdict in full. It is a pure function:
// rendered tomorrow it is the same thread.
func Render(inv investigations.Investigation) []Message {
	messages := append([]Message{renderParent(inv)}, renderSteps(inv)...)
	if inv.State.Ended() {
		messages = append(messages, renderVerdict(inv))
	}
	return messages
}

func renderParent(inv investigations.Investigation) Message {
	head := parentHeadline(inv)
	blocks := func(body ...block) []block {
		all := append([]block{header(head)}, verdictSummary(inv)...) // what matters first: telephones show few lines
		all = append(all, body...)
		return fit(append(all, signed(inv), parentActions(inv)))
	}
	return Message{
		Key: keyParent, Channel: inv.Trigger.Channel, Thread: inv.Trigger.Thread,
		Text:    clip(escape(plainSummary(inv)), maxText),
		Blocks:  blocks(planBlock(inv)),
		Classic: blocks(classicSteps(inv)),
		Urgent:  inv.State.Ended() || verdictOf(inv) != nil,
		Phase:   phase(inv),
	}
}

// phase changes when there is something new that somebody waits for.
func phase(inv investigations.Investigation) string {
	if v := verdictOf(inv); v != nil && !inv.State.Ended() {
		return "verdict " + v.Headline
	}
	return string(inv.State)
}

func parentHeadline(inv investigations.Investigation) string {
	switch {
	case inv.State == investigations.Cancelled:
		return "Cancelled: " + inv.Target
	case inv.State == investigations.Failed:
		return "Could not diagnose " + inv.Target
	case verdictOf(inv) == nil:
		return "Diagnosing " + inv.Target
	case verdictOf(inv).Kind == investigations.VerdictCause:
		return mark(inv) + " Cause found for " + inv.Target
	case verdictOf(inv).Kind == investigations.VerdictHealthy:
		return mark(inv) + " Healthy: " + inv.Target
	}
	return mark(inv) + " No cause proved for " + inv.Target
}

// verdictOf is the investigation's verdict, or that of its only endpoint, which
// is known as soon as it is proved: the rest of the steps is still to come then.
func verdictOf(inv investigations.Investigation) *investigations.Verdict {
	if inv.Verdict == nil && !inv.State.Ended() && len(inv.Endpoints) == 1 {
		return inv.Endpoints[0].Verdict
	}
	return inv.Verdict
}

// mark is a picture of the verdict; the words beside it always say the same.
func mark(inv investigations.Investigation) string {
	if verdictOf(inv) == nil {
		return ""
	}
	switch verdictOf(inv).Kind {
	case investigations.VerdictCause:
		return "🔴"
	case investigations.VerdictHealthy:
		return "🟢"
	}
	return "🟡"
}

// plainSummary is the whole result in one or two sentences: what a telephone's
// notification shows.
func plainSummary(inv investigations.Investigation) string {
	switch {
	case inv.State == investigations.Failed:
		return parentHeadline(inv) + ". " + inv.Error
	case verdictOf(inv) == nil:
		return parentHeadline(inv)
	}
	text := parentHeadline(inv) + ": " + verdictOf(inv).Headline + "."
	if r := firstRemedy(inv); r != nil && r.Run != "" {
		text += " On " + r.On + ": " + r.Run
	}
	return text
}

// verdictSummary is what the parent says of the verdict: the headline and the
// one command that matters most.
func verdictSummary(inv investigations.Investigation) []block {
	switch {
	case inv.State == investigations.Failed:
		return []block{rich(line(word(inv.Error)))}
	case inv.State == investigations.Cancelled:
		return cancelledBy(inv)
	case verdictOf(inv) == nil:
		return nil
	}
	parts := []block{line(strong(verdictOf(inv).Headline))}
	if r := firstRemedy(inv); r != nil {
		parts = append(parts, remedyParts(*r)...)
	}
	return []block{rich(parts...)}
}

// firstRemedy is the first fix of the first cause, or else its first remedy.
func firstRemedy(inv investigations.Investigation) *investigations.Remedy {
	if verdictOf(inv) == nil || len(verdictOf(inv).Causes) == 0 {
		return nil
	}
	remedies := verdictOf(inv).Causes[0].Remedies
	for i := range remedies {
		if remedies[i].Kind == "fix" {
			return &remedies[i]
		}
	}
	if len(remedies) > 0 {
		return &remedies[0]
	}
	return nil
}

// slackUser is what Slack's ids of people look like; a trigger may hold other
// names.
var slackUser = regexp.MustCompile(`^[UW][A-Z0-9]+$`)

// signed is the provenance, and, when it has ended, who asked: an edit that
// names a person does not ring their telephone, a new message would.
func signed(inv investigations.Investigation) block {
	b := note(provenance(inv))
	if asked := inv.Trigger; inv.State.Ended() && slackUser.MatchString(asked.By) {
		did := "asked by "
		if asked.Kind == "rerun" {
			did = "run again by "
		}
		b["elements"] = append(b["elements"].([]block), block{"type": "mrkdwn", "text": did + "<@" + asked.By + ">"})
	}
	return b
}

// cancelled begins an investigation's error where somebody ended it.
const cancelled = "cancelled by "

func cancelledBy(inv investigations.Investigation) []block {
	by, ok := strings.CutPrefix(inv.Error, cancelled)
	if !ok {
		return nil
	}
	if slackUser.MatchString(by) {
		return []block{rich(line(word("Cancelled by "), person(by)))}
	}
	return []block{rich(line(word("Cancelled by " + by)))}
}

// provenance says with which plan, from where, and how long it took.
func provenance(inv investigations.Investigation) string {
	parts := []string{"plan " + inv.Plan}
	if inv.Resolution != nil && inv.Resolution.On != "" {
		parts = append(parts, "seen from "+inv.Resolution.On)
	}
	if n := len(inv.Endpoints); n > 1 {
		parts = append(parts, fmt.Sprintf("%d endpoints", n))
	}
	if !inv.Ended.IsZero() {
		parts = append(parts, "took "+took(inv.Ended.Sub(inv.Started)))
	}
	return strings.Join(append(parts, inv.ID), " · ")
}

func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// Actions on an investigation's parent message.
const (
	actionCancel = "investigation_cancel"
	actionRerun  = "investigation_rerun"
)

func parentActions(inv investigations.Investigation) block {
	if inv.State.Ended() {
		return actions("investigation", button(actionRerun, "Run again", inv.ID))
	}
	return actions("investigation", button(actionCancel, "Cancel", inv.ID))
}
