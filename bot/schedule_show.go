package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/store"
)

// scheduleReply shows one schedule to a person.
func scheduleReply(st ScheduleState) slackapi.Reply {
	text := fmt.Sprintf("Schedule %s: %s: %s", st.ID, st.Words, scheduleName(st.Schedule))
	blocks := []block{rich(line(strong("Schedule "+st.ID), word(" "+scheduleName(st.Schedule))), bullets(scheduleFacts(st)...))}
	if s := watchLines(st); len(s) > 0 {
		blocks = append(blocks, rich(bullets(s...)))
	}
	return slackapi.Reply{Text: escape(text), Blocks: fit(append(blocks, scheduleButtons(st)))}
}

func scheduleFacts(st ScheduleState) []block {
	facts := []string{st.Words + " (" + st.Expression + ")"}
	if st.Paused {
		facts = append(facts, "paused"+because(st.Why))
	} else {
		facts = append(facts, "next: "+nextWords(st.Next, st.Zone))
	}
	facts = append(facts, speechWords(st)...)
	if st.Declared {
		facts = append(facts, "declared in the configuration")
	}
	facts = append(facts, fmt.Sprintf("%s made, %d not started because the one before was going, %d missed", plural(int(st.Runs), "run"), st.Overlap, st.Missed))
	var lines []block
	for _, f := range facts {
		lines = append(lines, line(word(f)))
	}
	if st.Channel != "" {
		lines = append(lines, line(word("in "), channelBlock(st.Channel)))
	}
	return lines
}

// speechFacts is speechWords as lines.
func speechFacts(st ScheduleState) (lines []block) {
	for _, f := range speechWords(st) {
		lines = append(lines, line(word(f)))
	}
	return lines
}

// speechWords says when a schedule speaks.
func speechWords(st ScheduleState) (facts []string) {
	facts = append(facts, "tells "+map[string]string{notifyChange: "changes", notifyAlways: "every result, in one thread a day", notifyNever: "nothing"}[st.Notify])
	if st.Confirm > 1 {
		facts = append(facts, fmt.Sprintf("after %d equal results", st.Confirm))
	}
	if st.Remind > 0 {
		facts = append(facts, "reminds every "+long(st.Remind))
	}
	if st.Jitter > 0 {
		facts = append(facts, "each run up to "+long(st.Jitter)+" later")
	}
	if st.Digest != "" {
		facts = append(facts, "digest: "+st.Digest+", "+st.Zone)
	}
	return facts
}

func channelBlock(channel string) block {
	if len(channel) > 1 && (channel[0] == 'C' || channel[0] == 'G') && strings.ToUpper(channel) == channel {
		return block{"type": "channel", "channel_id": channel}
	}
	return word(channel)
}

// nextWords lists times, with the zone once, and a date where it is another day's.
func nextWords(next []time.Time, zone string) string {
	if len(next) == 0 {
		return "never"
	}
	var list []string
	for i, t := range next {
		layout, now := "15:04", inZone(t, zone)
		switch {
		case i == 0 && now.Year() != inZone(next[len(next)-1], zone).Year(), i > 0 && now.Year() != inZone(next[i-1], zone).Year():
			layout = "Mon 2 Jan 2006 15:04"
		case i == 0 || now.YearDay() != inZone(next[i-1], zone).YearDay():
			layout = "Mon 2 Jan 15:04"
		}
		list = append(list, now.Format(layout))
	}
	return strings.Join(list, ", ") + " (" + zone + ")"
}

const watchesShown = 20

func watchLines(st ScheduleState) []block {
	var lines []block
	for i, w := range st.Watches {
		if i == watchesShown {
			lines = append(lines, line(word(fmt.Sprintf("and %d more", len(st.Watches)-i))))
			break
		}
		lines = append(lines, line(word(watchText(w, st.Zone))))
	}
	return lines
}

func watchText(w store.Watch, zone string) string {
	if w.State == "" {
		return "⚪ " + w.Target + " was not looked at yet"
	}
	text := fmt.Sprintf("%s %s is %s since %s", stateMark(w.State), w.Target, w.State, stampIn(w.Since, zone))
	if w.State != stateHealthy {
		if why := causeText(w.Cause, clip(w.Headline, 200)); why != "" {
			text += ": " + why
		}
	}
	return text
}

func scheduleButtons(st ScheduleState) block {
	buttons := []block{button(actionScheduleRun, "Run now", st.ID)}
	switch {
	case st.Paused:
		buttons = append(buttons, button(actionScheduleResume, "Resume", st.ID))
	case !st.Declared:
		buttons = append(buttons, button(actionSchedulePause, "Pause", st.ID))
	}
	if !st.Declared {
		buttons = append(buttons, confirmed(button(actionScheduleRemove, "Remove", st.ID), "Remove "+st.ID+"?", "Its history stays.", "Remove"))
	}
	buttons = append(buttons, button(actionHistory, "History", historyOfSchedule+st.ID))
	return actions("schedule_"+st.ID, buttons...)
}

const schedulesShown = 40

func (b *Bot) listSchedules() slackapi.Reply {
	all := b.Schedules.List()
	if len(all) == 0 {
		return slackapi.Reply{Text: escape("There are no schedules. Write: " + scheduleUsage)}
	}
	var lines []block
	for i, st := range all {
		if i == schedulesShown {
			lines = append(lines, line(word(fmt.Sprintf("and %d more; plexor schedule list shows all", len(all)-i))))
			break
		}
		lines = append(lines, line(scheduleLine(st)...))
	}
	head := plural(len(all), "schedule")
	return slackapi.Reply{Text: head, Blocks: fit([]block{rich(line(strong(head)), bullets(lines...))})}
}

// scheduleLine is a schedule in one line.
func scheduleLine(st ScheduleState) []block {
	state := worstState(st)
	text := " " + st.Words
	switch {
	case st.Paused:
		text += ", paused" + because(st.Why)
	case len(st.Next) > 0:
		text += ", next " + nextWords(st.Next[:1], st.Zone)
	}
	if st.Declared {
		text += ", declared"
	}
	return []block{word(stateMark(state) + " "), code(st.ID), word(" "), strong(scheduleName(st.Schedule)), word(text)}
}

// worstState is that of the target that is worst.
func worstState(st ScheduleState) string {
	rank := []string{"", stateHealthy, stateUnknown, stateFlapping, stateFailing}
	worst := 0
	for _, w := range st.Watches {
		worst = max(worst, slices.Index(rank, w.State))
	}
	return rank[worst]
}
