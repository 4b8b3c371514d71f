package bot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plexorbot/plexor/investigations"
)

// stepView is a step over all endpoints.
type stepView struct {
	id, title string
	status    investigations.Status
	parts     []stepPart
}

// stepPart is what a step came to on one endpoint.
type stepPart struct {
	endpoint string
	step     investigations.Step
}

// rank orders statuses: of several endpoints the step shows the worst.
var rank = []investigations.Status{
	investigations.Skipped, investigations.OK, investigations.Pending, investigations.Unknown, investigations.Problem, investigations.Working,
}

func stepViews(inv investigations.Investigation) []stepView {
	var views []stepView
	for _, e := range inv.Endpoints {
		for i, s := range e.Steps {
			if i == len(views) {
				views = append(views, stepView{id: s.ID, title: s.Title, status: s.Status})
			}
			v := &views[i]
			if slices.Index(rank, s.Status) > slices.Index(rank, v.status) {
				v.status = s.Status
			}
			v.parts = append(v.parts, stepPart{endpoint: endpointName(e, inv), step: s})
		}
	}
	return views
}

func endpointName(e investigations.Endpoint, inv investigations.Investigation) string {
	froms := map[string]bool{}
	for _, other := range inv.Endpoints {
		froms[other.From] = true
	}
	if len(froms) > 1 {
		return e.Address + " from " + e.From
	}
	return e.Address
}

// settled reports whether every endpoint has this step's finding.
func (v stepView) settled() bool {
	for _, p := range v.parts {
		if p.step.Status == investigations.Pending || p.step.Status == investigations.Working {
			return false
		}
	}
	return len(v.parts) > 0
}

// headline is the step's in one line: that of the endpoint which is worst.
func (v stepView) headline() string {
	for _, p := range v.parts {
		if p.step.Status == v.status && p.step.Headline != "" {
			if len(v.parts) > 1 && v.status != investigations.OK {
				return p.endpoint + ": " + p.step.Headline
			}
			return p.step.Headline
		}
	}
	return ""
}

// planBlock shows the steps as task cards, which Slack draws with a live state.
func planBlock(inv investigations.Investigation) block {
	var tasks []block
	for _, v := range stepViews(inv) {
		task := block{
			"type": "task_card", "task_id": v.id, "title": clip(v.title+statusWord(v.status), maxHeader),
			"status": cardStatus(v.status, inv.State),
		}
		if h := v.headline(); h != "" {
			task["output"] = rich(line(word(clip(h, 300))))
		}
		tasks = append(tasks, task)
	}
	return block{"type": "plan", "block_id": "plan", "title": "Investigation plan " + inv.Plan, "tasks": tasks}
}

// cardStatus maps a step's status to Slack's: a problem is a card in error, the
// rest are complete, unknown and skipped ones with the word.
func cardStatus(s investigations.Status, state investigations.State) string {
	switch {
	case s == investigations.Problem:
		return "error"
	case s == investigations.Pending && !state.Ended():
		return "pending"
	case s == investigations.Working && !state.Ended():
		return "in_progress"
	}
	return "complete"
}

func statusWord(s investigations.Status) string {
	switch s {
	case investigations.Unknown:
		return " (unknown)"
	case investigations.Skipped:
		return " (skipped)"
	}
	return ""
}

// signs stand before a step in classic blocks and on the page of a terminal;
// the words beside them say the same.
var signs = map[investigations.Status]string{
	investigations.OK: "✅", investigations.Problem: "❌", investigations.Unknown: "❔",
	investigations.Skipped: "⏭️", investigations.Pending: "▫️", investigations.Working: "⏳",
}

// classicSteps is the plan block in blocks that every workspace takes.
func classicSteps(inv investigations.Investigation) block {
	var lines []block
	for _, v := range stepViews(inv) {
		text := []block{word(signs[v.status] + " "), strong(v.title), word(statusWord(v.status))}
		if h := v.headline(); h != "" {
			text = append(text, word(": "+clip(h, 300)))
		}
		lines = append(lines, line(text...), line(word("\n")))
	}
	if len(lines) == 0 {
		lines = append(lines, line(word("Waiting to start")))
	}
	return rich(lines...)
}

// renderSteps gives one reply for each step that has its finding.
func renderSteps(inv investigations.Investigation) []Message {
	var messages []Message
	for n, v := range stepViews(inv) {
		if !v.settled() {
			continue
		}
		blocks := fit([]block{rich(stepLines(n, v)...)})
		messages = append(messages, Message{
			Key: keyStep + v.id, Channel: inv.Trigger.Channel, Under: keyParent,
			Text: clip(escape(stepText(n, v)), maxText), Blocks: blocks, Classic: blocks,
		})
	}
	return messages
}

func stepText(n int, v stepView) string {
	return strings.TrimSpace(fmt.Sprintf("%d. %s: %s. %s", n, v.title, v.status, v.headline()))
}

// evidenceLimit bounds what one endpoint's evidence shows in the thread.
const evidenceLimit = 8

func stepLines(n int, v stepView) []block {
	head := []block{word(signs[v.status] + " "), strong(fmt.Sprintf("%d. %s", n, v.title)), word(" · " + string(v.status))}
	if len(v.parts) == 1 {
		head = append(head, word("\n"+v.parts[0].step.Headline))
	}
	parts := []block{line(head...)}
	for i, p := range v.parts {
		if i == 6 {
			parts = append(parts, line(italic(fmt.Sprintf("and %d more endpoints", len(v.parts)-i))))
			break
		}
		if len(v.parts) > 1 {
			parts = append(parts, line(code(p.endpoint), word(" "+p.step.Headline+"\n")))
		}
		if e := evidence(p.step); len(e) > 0 {
			parts = append(parts, bullets(e...))
		}
	}
	return parts
}

// evidence is a step's own, and why checks of it gave no facts.
func evidence(s investigations.Step) []block {
	var lines []block
	for _, e := range s.Evidence {
		lines = append(lines, line(word(clip(e, 400))))
	}
	for _, g := range s.NotChecked() {
		lines = append(lines, line(italic(strings.Join(g.Checks, ", ")+": "), word(clip(g.Why, 300))))
	}
	return lines[:min(len(lines), evidenceLimit)]
}
