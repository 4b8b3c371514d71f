package bot

import (
	"fmt"
	"strings"
	"time"

	"github.com/plexorbot/plexor/store"
)

// renderSpeech gives the messages of what a schedule says. It is a pure function
// of what is kept.
func renderSpeech(v store.Speech) []Message {
	switch {
	case v.Episode != nil:
		return renderEpisode(v)
	case v.Day != nil:
		return renderDay(v)
	case v.Digest != nil:
		return renderDigest(v)
	}
	b := []block{rich(line(word(v.Note)))}
	return []Message{{Key: keyParent, Channel: v.Channel, Text: clip(escape(v.Note), maxText), Blocks: b, Classic: b, Urgent: true}}
}

// Actions on a schedule's messages; the value is its id.
const (
	actionScheduleRun    = "schedule_run"
	actionSchedulePause  = "schedule_pause"
	actionScheduleResume = "schedule_resume"
	actionScheduleRemove = "schedule_remove"
	actionScheduleShow   = "schedule_show"
	actionScheduleAdd    = "schedule_add"
	actionHistory        = "history"
)

func renderEpisode(v store.Speech) []Message {
	e := v.Episode
	head := episodeHead(e)
	blocks := []block{header(head), rich(bullets(episodeTargets(e)...))}
	foot := []string{v.Schedule, e.When, "since " + inZone(e.Opened, e.Zone).Format("Mon 2 Jan 2006 15:04 MST")}
	if e.Overlap > 0 {
		foot = append(foot, plural(int(e.Overlap), "run")+" so far not started: the one before was going")
	}
	if e.More > 0 {
		foot = append(foot, plural(e.More, "change")+" left out")
	}
	blocks = append(blocks, note(strings.Join(foot, " · ")))
	if e.Closed.IsZero() {
		blocks = append(blocks, actions("schedule", button(actionScheduleRun, "Check now", v.Schedule), button(actionSchedulePause, "Pause", v.Schedule)))
	}
	blocks = fit(blocks)
	messages := []Message{{Key: keyParent, Channel: v.Channel, Text: clip(escape(episodeText(e)), maxText), Blocks: blocks, Classic: blocks, Urgent: true}}
	for _, l := range e.Lines {
		b := fit(episodeLine(e, l))
		messages = append(messages, Message{Key: l.Key, Channel: v.Channel, Under: keyParent, Text: clip(escape(lineText(e, l)), maxText), Blocks: b, Classic: b, Urgent: true})
	}
	return messages
}

// episodeHead is the thread's first line: what is wrong now, or that all is well.
func episodeHead(e *store.Episode) string {
	var failing, flapping, unknown int
	for _, t := range e.Targets {
		switch t.State {
		case stateFailing:
			failing++
		case stateFlapping:
			flapping++
		case stateUnknown:
			unknown++
		}
	}
	switch {
	case e.Ended != "":
		return "⏸️ " + e.What + ": " + strings.TrimSuffix(e.Ended, ".")
	case !e.Closed.IsZero():
		return "🟢 Healthy again: " + e.What
	case failing > 0 && e.Of > 1:
		return fmt.Sprintf("🔴 %d of %d failing: %s", failing, e.Of, e.What)
	case failing > 0:
		return "🔴 Failing: " + e.What
	case flapping > 0:
		return "🟠 Flapping: " + e.What
	case unknown > 0:
		return "🟡 Can't be checked: " + e.What
	}
	return "🟢 Healthy again: " + e.What
}

func episodeText(e *store.Episode) string {
	text := episodeHead(e) + "."
	for _, t := range e.Targets[:min(len(e.Targets), 3)] {
		text += " " + targetText(e, t) + "."
	}
	return text
}

// targetText is one target's story in a clause: while it is down since when and
// why, and then for how long.
func targetText(e *store.Episode, t store.EpisodeTarget) string {
	if t.State == stateHealthy {
		text := fmt.Sprintf("%s down %s", t.Target, long(t.Until.Sub(t.Since)))
		if why := causeText(t.Cause, t.Headline); why != "" {
			text += ", cause: " + why
		}
		if t.Fixed != "" {
			text += ", " + fixedText(t.Fixed, e.Zone)
		}
		return text
	}
	text := t.Target + " is " + t.State + " since " + sinceIn(t.Since, e.Opened, e.Zone)
	if why := causeText(t.Cause, t.Headline); why != "" {
		text += ": " + why
	}
	return text
}

func causeText(cause, headline string) string {
	switch {
	case headline != "" && cause != "":
		return headline + " (" + cause + ")"
	case headline != "":
		return headline
	}
	return cause
}

// fixedText puts the time at the end of "fixed by a start of … at TIME" into the
// schedule's zone.
func fixedText(text, zone string) string {
	before, stamp, ok := strings.Cut(text, " at ")
	at, err := time.Parse(time.RFC3339, stamp)
	if !ok || err != nil {
		return text
	}
	return before + " at " + clockIn(at, zone)
}

const episodeShown = 20

func episodeTargets(e *store.Episode) []block {
	var lines []block
	for i, t := range e.Targets {
		if i == episodeShown {
			lines = append(lines, line(word(fmt.Sprintf("and %d more", len(e.Targets)-i))))
			break
		}
		lines = append(lines, line(word(stateMark(t.State)+" "), word(clip(targetText(e, t), 400))))
	}
	return lines
}

func stateMark(state string) string {
	switch state {
	case stateHealthy:
		return "🟢"
	case stateFailing:
		return "🔴"
	case stateFlapping:
		return "🟠"
	case stateUnknown:
		return "🟡"
	}
	return "⚪"
}

// lineText is a reply in plain words.
func lineText(e *store.Episode, l store.EpisodeLine) string {
	at := clockIn(l.At, e.Zone)
	switch l.Kind {
	case stateHealthy:
		text := fmt.Sprintf("%s is healthy again since %s: down %s", l.Target, at, long(l.At.Sub(l.Since)))
		if why := causeText(l.Cause, l.Headline); why != "" {
			text += ", cause: " + why
		}
		if l.Fixed != "" {
			text += ", " + fixedText(l.Fixed, e.Zone)
		}
		return text + "."
	case stateFailing:
		return fmt.Sprintf("%s is failing since %s%s.", l.Target, sinceIn(l.Since, l.At, e.Zone), because(causeText(l.Cause, l.Headline)))
	case lineCause:
		if l.Was == "" {
			return fmt.Sprintf("%s: the cause is known now: %s.", l.Target, causeText(l.Cause, l.Headline))
		}
		return fmt.Sprintf("%s: the cause changed from %s: %s.", l.Target, l.Was, causeText(l.Cause, l.Headline))
	case stateFlapping:
		text := fmt.Sprintf("%s is flapping since %s", l.Target, sinceIn(l.Since, l.At, e.Zone))
		if l.Period > 0 {
			text += fmt.Sprintf(": up and down every %s", long(l.Period))
		}
		return text + ". It is said once; the next word comes when it is steady again."
	case stateUnknown:
		return fmt.Sprintf("%s can't be checked since %s%s.", l.Target, sinceIn(l.Since, l.At, e.Zone), because(l.Headline))
	case lineReminder:
		return "Still not well at " + at + ": " + stillWrong(e, l.At) + "."
	}
	return l.Headline
}

func stillWrong(e *store.Episode, at time.Time) string {
	var list []string
	for _, t := range e.Targets {
		if t.Since.Before(at) && (t.Until.IsZero() || t.Until.After(at)) {
			list = append(list, fmt.Sprintf("%s for %s", t.Target, long(at.Sub(t.Since))))
		}
	}
	return strings.Join(list[:min(len(list), 10)], ", ")
}

func episodeLine(e *store.Episode, l store.EpisodeLine) []block {
	mark := stateMark(l.Kind)
	switch l.Kind {
	case lineCause:
		mark = "🔴"
	case lineReminder:
		mark = "⏰"
	case lineEnded:
		mark = "⏸️"
	}
	blocks := []block{rich(line(word(mark+" "), strong(lineText(e, l))))}
	if l.Verdict != nil && (l.Kind == stateFailing || l.Kind == lineCause) {
		for _, c := range l.Verdict.Causes[:min(len(l.Verdict.Causes), 3)] {
			blocks = append(blocks, causeBlocks(c)...)
		}
		blocks = append(blocks, candidateBlocks(*l.Verdict)...)
	}
	if l.Investigation != "" {
		blocks = append(blocks, note("plexor show "+l.Investigation))
	}
	return blocks
}

func renderDay(v store.Speech) []Message {
	d := v.Day
	ok := 0
	for _, l := range d.Lines {
		if dayWell(l) {
			ok++
		}
	}
	head := fmt.Sprintf("Checks of %s on %s", d.What, d.Date)
	foot := fmt.Sprintf("%s · %s · %d of %s well", v.Schedule, d.When, ok+d.Fine, plural(len(d.Lines)+d.More, "run"))
	if d.More > 0 {
		foot += fmt.Sprintf(" · %d without a reply of their own", d.More)
	}
	blocks := []block{header(head), note(foot)}
	messages := []Message{{Key: keyParent, Channel: v.Channel, Text: escape(head), Blocks: blocks, Classic: blocks}}
	for _, l := range d.Lines {
		text := dayText(l, d.Zone)
		b := []block{rich(line(word(clip(text, maxSection))))}
		messages = append(messages, Message{
			Key: "run/" + l.At.UTC().Format("150405.000"), Channel: v.Channel, Under: keyParent, Text: clip(escape(text), maxText), Blocks: b, Classic: b, Urgent: true,
		})
	}
	return messages
}
