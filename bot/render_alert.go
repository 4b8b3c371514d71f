package bot

import (
	"fmt"
	"strings"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// Keys of the messages of an alert's thread, besides those of its
// investigation.
const (
	keyNow  = "now"  // what a check came to after the alert had ended
	keyLook = "look" // with a target's number: what was found, where there are several
)

// maxLooks bounds the replies of one thread with several targets.
const maxLooks = 25

// renderTrouble gives the messages of an alert's thread. Found are the
// investigations that it shows, by id; those that are no longer kept are left
// out. It is a pure function.
func renderTrouble(t store.Trouble, found map[string]investigations.Investigation) []Message {
	switch {
	case !t.Posted:
		return nil
	case t.Into != "" && t.Same != "":
		return []Message{alertMessage(t, "Part of another thread: "+t.Same+".", header("Part of another thread"), note(t.Same+": one thread has all that is found about it."))}
	case t.Into != "":
		return []Message{alertMessage(t, "Part of a storm of alerts: it has a thread of its own.", header("Part of a storm of alerts"),
			note("Several alerts came at once. One thread has them all, with what they have in common."))}
	case len(t.Entries) == 1 && !t.Storm:
		return renderOne(t, t.Entries[0], found)
	}
	return renderMany(t, found)
}

// alertMessage is the parent of an alert's thread.
func alertMessage(t store.Trouble, text string, blocks ...block) Message {
	blocks = fit(blocks)
	return Message{Key: keyParent, Channel: t.Channel, Thread: t.Thread, Text: clip(escape(text), maxText), Blocks: blocks, Classic: blocks}
}

// renderOne is the thread of one target: its investigation's own, with what is
// known of the alert.
func renderOne(t store.Trouble, e store.Entry, found map[string]investigations.Investigation) []Message {
	inv, ok := found[e.First]
	if !ok {
		return []Message{alertMessage(t, entryLine(e)+".", append([]block{header(clip(entryLine(e), maxHeader))}, alertNotes(t, e)...)...)}
	}
	messages := Render(inv)
	parent := &messages[0]
	parent.Channel, parent.Thread = t.Channel, t.Thread
	parent.Blocks = withNotes(parent.Blocks, alertNotes(t, e))
	parent.Classic = withNotes(parent.Classic, alertNotes(t, e))
	if e.Again != "" || !e.Resolved.IsZero() {
		parent.Text = clip(escape(nowLine(e)+". "), maxText/2) + clip(parent.Text, maxText/2)
		head := clip(nowHead(e), maxHeader)
		parent.Blocks, parent.Classic = withHeader(parent.Blocks, head), withHeader(parent.Classic, head)
	}
	for i := range messages[1:] {
		messages[i+1].Channel = t.Channel
	}
	if m, ok := renderNow(t, e, found); ok {
		messages = append(messages, m)
	}
	return messages
}

// withNotes puts the alert's lines before the last block, which has the buttons.
func withNotes(blocks, notes []block) []block {
	if len(blocks) == 0 {
		return notes
	}
	last := len(blocks) - 1
	out := append(append([]block{}, blocks[:last]...), notes...)
	return fit(append(out, blocks[last]))
}

func withHeader(blocks []block, head string) []block {
	if len(blocks) == 0 || blocks[0]["type"] != "header" {
		return blocks
	}
	return append([]block{header(head)}, blocks[1:]...)
}

// alertNotes say where the alert came from and how often. Nothing in them is
// markup: what a sender wrote does nothing.
func alertNotes(t store.Trouble, e store.Entry) []block {
	words := []string{"alert from " + e.Source}
	if e.Title != "" {
		words = append(words, clip(e.Title, 150))
	}
	if e.Severity != "" {
		words = append(words, e.Severity)
	}
	words = append(words, "seen "+times(t.Seen)+", last "+clock(t.Last))
	blocks := []block{note(strings.Join(words, " · "))}
	if e.About != "" {
		blocks = append(blocks, note(capital(e.About)))
	}
	if len(e.Also) > 0 {
		blocks = append(blocks, note(sameWords(e)))
	}
	if e.Why != "" && e.State != store.EntryDone {
		blocks = append(blocks, note(capital(e.Why)))
	}
	if e.State == store.EntryUntargeted && len(e.Labels) > 0 {
		var pairs []string
		for _, k := range sortedNames(e.Labels) {
			pairs = append(pairs, k+"="+e.Labels[k])
		}
		blocks = append(blocks, note("labels: "+clip(strings.Join(pairs, " "), 900)))
	}
	return blocks
}

// sameWords say which addresses alerts name besides, as which the target was
// found.
func sameWords(e store.Entry) string {
	return clip("Alerts about "+strings.Join(e.Also, ", ")+" are counted here too: "+e.Target+" was found to stand for it", 900)
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// clock is a time of the day in UTC; who reads it may be anywhere.
func clock(t time.Time) string { return t.UTC().Format("15:04:05 MST") }

// entryLine says in one line how it stands with a target.
func entryLine(e store.Entry) string {
	what := e.Target
	if what == "" {
		what = e.Title
	}
	switch e.State {
	case store.EntryAsking:
		return "Asking AWS which targets are meant by: " + what
	case store.EntryUntargeted:
		return "An alert that names nothing to diagnose: " + what
	case store.EntryRefused:
		return "Not diagnosed: " + what
	case store.EntryMuted:
		return "Muted: " + what
	case store.EntryWaiting:
		return "Waits for its turn: " + what
	case store.EntryRunning:
		return "Diagnosing " + what
	}
	return verdictMark(e) + " Found for " + what + ": " + e.Headline
}

func verdictMark(e store.Entry) string {
	switch e.Verdict {
	case string(investigations.VerdictCause):
		return "🔴"
	case string(investigations.VerdictHealthy):
		return "🟢"
	}
	return "🟡"
}

// nowLine says what is true of a target whose alert has ended or came again.
func nowLine(e store.Entry) string {
	when := "The alert fires"
	switch {
	case e.Quiet:
		when = "Nothing more was heard of it up to " + clock(e.Resolved)
	case !e.Resolved.IsZero():
		when = "The alert was resolved at " + clock(e.Resolved)
	}
	switch {
	case e.State == store.EntryMuted:
		return when + "; it is " + e.Why
	case e.State == store.EntryWaiting || e.State == store.EntryRunning || e.Due:
		return when + "; " + e.Target + " is being checked again"
	case e.Verdict == string(investigations.VerdictHealthy):
		return when + "; checked again: " + e.Target + " accepts connections"
	case !e.Resolved.IsZero():
		return when + ", but " + e.Target + " is still not well: " + e.Headline
	}
	return when + "; checked again: " + e.Headline
}

func nowHead(e store.Entry) string {
	switch {
	case e.State == store.EntryMuted:
		return "Muted: " + e.Target
	case e.State != store.EntryDone || e.Due:
		return "Checking again: " + e.Target
	case e.Verdict == string(investigations.VerdictHealthy) && e.Resolved.IsZero():
		return "🟢 Accepts connections, though the alert fires: " + e.Target
	case e.Verdict == string(investigations.VerdictHealthy):
		return "🟢 Over: " + e.Target
	case !e.Resolved.IsZero():
		return verdictMark(e) + " Resolved, but still broken: " + e.Target
	}
	return verdictMark(e) + " Checked again: " + e.Target
}

// renderNow is the last reply of a thread whose alert ended or came again.
func renderNow(t store.Trouble, e store.Entry, found map[string]investigations.Investigation) (Message, bool) {
	if e.Again == "" && e.Resolved.IsZero() {
		return Message{}, false
	}
	blocks := []block{rich(line(strong(nowLine(e))))}
	if inv, ok := found[e.Again]; ok && inv.Verdict != nil && e.Again != "" {
		for _, c := range inv.Verdict.Causes {
			blocks = append(blocks, causeBlocks(c)...)
		}
		blocks = append(blocks, note(provenance(inv)))
	}
	blocks = fit(blocks)
	return Message{Key: keyNow, Channel: t.Channel, Under: keyParent, Text: clip(escape(nowLine(e)), maxText), Blocks: blocks, Classic: blocks, Urgent: e.State == store.EntryDone}, true
}
