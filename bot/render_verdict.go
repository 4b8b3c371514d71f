package bot

import (
	"fmt"
	"strings"

	"github.com/plexorbot/plexor/investigations"
)

// renderVerdict is the last reply: what is wrong, what proves it, and what to
// do, as commands to copy.
func renderVerdict(inv investigations.Investigation) Message {
	m := Message{Key: keyVerdict, Channel: inv.Trigger.Channel, Under: keyParent, Urgent: true, Text: clip(escape(plainSummary(inv)), maxText)}
	if inv.Verdict == nil {
		m.Blocks = ended(inv)
		m.Classic = m.Blocks
		return m
	}
	blocks := []block{rich(line(strong(mark(inv) + " " + inv.Verdict.Headline)))}
	for _, c := range inv.Verdict.Causes {
		if c.Headline == inv.Verdict.Headline {
			c.Headline = "" // it stands right above
		}
		blocks = append(blocks, causeBlocks(c)...)
	}
	blocks = append(blocks, candidateBlocks(*inv.Verdict)...)
	blocks = append(blocks, footnotes(*inv.Verdict)...)
	m.Blocks = fit(append(blocks, ring(inv)...))
	m.Classic = m.Blocks
	return m
}

// ring names who asked, once, so that their telephone tells them that it is
// done: Slack tells nobody of replies under a bot's message.
func ring(inv investigations.Investigation) []block {
	if kind := inv.Trigger.Kind; kind != "command" && kind != "rerun" || !slackUser.MatchString(inv.Trigger.By) {
		return nil
	}
	return []block{rich(line(word("For "), person(inv.Trigger.By)))}
}

// ended is what is said of an investigation that came to no verdict.
func ended(inv investigations.Investigation) []block {
	if inv.State == investigations.Cancelled {
		return append([]block{rich(line(strong(parentHeadline(inv))))}, cancelledBy(inv)...)
	}
	return []block{rich(line(strong(parentHeadline(inv)), word(". "+inv.Error)))}
}

// causeBlocks says what a cause is, what to do about it, and what proves it, in
// the order in which somebody on call needs it.
func causeBlocks(c investigations.Cause) []block {
	head := []block{word("Cause: "), code(c.ID), word(where(c))}
	if c.Headline != "" {
		head = append(head, word("\n"+c.Headline))
	}
	blocks := []block{divider(), rich(line(head...))}
	for _, r := range c.Remedies[:min(len(c.Remedies), 8)] {
		blocks = append(blocks, rich(remedyParts(r)...))
	}
	if len(c.Proof) > 0 {
		var lines []block
		for _, p := range c.Proof[max(0, len(c.Proof)-maxProof):] { // the last are the most particular
			lines = append(lines, line(word(p.Check+"."+p.Fact+" = "), code(clip(fmt.Sprint(p.Value), 120))))
		}
		blocks = append(blocks, rich(line(strong("Proved by")), bullets(lines...)))
	}
	return blocks
}

func where(c investigations.Cause) string {
	var parts []string
	if c.On != "" {
		parts = append(parts, " on "+c.On)
	}
	if c.Endpoint != "" {
		parts = append(parts, " ("+c.Endpoint+")")
	}
	return strings.Join(parts, "")
}

// kinds says what a remedy is in words.
var kinds = map[string]string{"fix": "Fix", "edit": "Change", "inspect": "Look", "elsewhere": "Elsewhere"}

// remedyParts is one remedy: what, on which host, how risky, the command to
// copy, and how to see that it worked.
func remedyParts(r investigations.Remedy) []block {
	head := []block{strong(kinds[r.Kind])}
	if r.On != "" {
		head = append(head, word(" on "), code(r.On))
	}
	if r.Explain != "" {
		head = append(head, word(": "+r.Explain))
	}
	if r.Risk != "" && r.Kind == "fix" {
		head = append(head, italic(" ("+r.Risk+" risk)"))
	}
	parts := []block{line(head...)}
	if r.Run != "" {
		parts = append(parts, pre(r.Run))
	}
	if r.Verify != "" {
		parts = append(parts, line(word("Then check: "), code(inSlack(r.Verify))))
	}
	return parts
}

// inSlack writes a command of Plexor's as it is typed in the channel that it is
// read in: there it asks all runners, and in a shell only those of that host.
func inSlack(run string) string {
	if rest, ok := strings.CutPrefix(run, "plexor diagnose "); ok {
		return "/diagnose " + rest
	}
	return run
}

// maxProof is how many facts stand under a cause; plexor show has them all.
const maxProof = 10

// candidateBlocks lists what could still be the cause, and what would tell.
func candidateBlocks(v investigations.Verdict) []block {
	if len(v.Candidates) == 0 {
		return nil
	}
	lines, commands := []block{}, []string{}
	for _, g := range v.CandidateGroups() {
		lines = append(lines, line(append(spelt(g.IDs), word(": "+clip(g.Missing, 300)))...))
		commands = append(commands, g.Commands...)
	}
	parts := []block{line(strong("Could be"))}
	parts = append(parts, bullets(lines[:min(len(lines), 10)]...))
	if list := unique(commands); len(list) > 0 {
		parts = append(parts, line(strong("Commands that would tell")), pre(strings.Join(list[:min(len(list), 12)], "\n")))
	}
	return []block{divider(), rich(parts...)}
}

// spelt are words of code with commas between them.
func spelt(list []string) (parts []block) {
	for i, s := range list {
		if i > 0 {
			parts = append(parts, word(", "))
		}
		parts = append(parts, code(s))
	}
	return parts
}

func footnotes(v investigations.Verdict) []block {
	var blocks []block
	if groups := v.NotCheckedGroups(); len(groups) > 0 {
		var list []string
		for _, g := range groups {
			list = append(list, "Not checked: "+g.String())
		}
		blocks = append(blocks, note(strings.Join(list, "\n")))
	}
	if len(v.RuledOut) > 0 {
		blocks = append(blocks, note(ruledOut(v.RuledOut)))
	}
	return blocks
}

// ruledOut names a few and counts the rest: all of them would bury what matters.
func ruledOut(list []string) string {
	const few = 6
	if len(list) <= few {
		return "Ruled out: " + strings.Join(list, ", ")
	}
	return fmt.Sprintf("Ruled out: %s and %d more; plexor show lists them", strings.Join(list[:few], ", "), len(list)-few)
}

func unique(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
