package bot

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/store"
)

// schedule does what somebody wrote behind /diagnose schedule.
func (b *Bot) schedule(ctx context.Context, at who, args []string, event string) slackapi.Reply {
	if b.Schedules == nil {
		return refuse(&UsageError{Reason: "schedules are not available here"})
	}
	if len(args) == 0 {
		return b.askSchedule(ctx, at)
	}
	verb, rest := strings.ToLower(args[0]), args[1:]
	switch verb {
	case "add":
		return b.addSchedule(ctx, at, rest, event)
	case "list":
		return b.listSchedules()
	}
	if !slices.Contains([]string{"show", "pause", "resume", "remove", "run", "digest"}, verb) {
		return refuse(&UsageError{Reason: fmt.Sprintf("schedule %s: it is add, list, show, pause, resume, remove, run or digest", clip(verb, 30)), Hint: scheduleUsage})
	}
	if len(rest) != 1 {
		return refuse(&UsageError{Reason: "which schedule?", Hint: "/diagnose schedule " + verb + " ID; /diagnose schedule list shows them"})
	}
	return b.changeSchedule(at, verb, rest[0])
}

// changeSchedule shows, pauses, resumes, removes or runs one.
func (b *Bot) changeSchedule(at who, verb, id string) slackapi.Reply {
	var st ScheduleState
	var err error
	said := ""
	switch verb {
	case "show":
		st, err = b.Schedules.Get(id)
	case "pause":
		st, err = b.Schedules.SetPaused(id, at.user, "by "+at.user, true)
	case "resume":
		st, err = b.Schedules.SetPaused(id, at.user, "", false)
	case "remove":
		err, said = b.Schedules.Remove(id, at.user), "Removed: "+id+". Its history stays."
	case "run":
		err, said = b.Schedules.RunNow(id, at.user), "A run of "+id+" has started."
	case "digest":
		err, said = b.Schedules.DigestNow(id), "The digest of "+id+" comes in its channel."
	}
	switch {
	case err != nil:
		return refuse(err)
	case said != "":
		return slackapi.Reply{Text: escape(said)}
	}
	return scheduleReply(st)
}

func (b *Bot) addSchedule(ctx context.Context, at who, words []string, event string) slackapi.Reply {
	r, err := parseSchedule(words)
	if err != nil {
		return refuse(err)
	}
	r.By = at.user
	r.Zone = cmp.Or(r.Zone, b.zoneOf(ctx, at.user))
	c, err := b.Schedules.prepare(r)
	if err == nil {
		err = b.Schedules.judge(ctx, c)
	}
	if err != nil {
		return refuse(err)
	}
	if r.Channel, err = b.channelFor(ctx, cmp.Or(r.Channel, at.channel)); err != nil {
		return refuse(err)
	}
	st, err := b.Schedules.Add(r, event)
	if err != nil {
		return refuse(err)
	}
	return scheduleReply(st)
}

// cronField tells a field of an expression from a target, where nobody put
// quotes around the expression.
var cronField = regexp.MustCompile(`^[0-9*/,?#LW-]+$|^(?i:(sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z,-]*)$`)

// parseSchedule reads the words behind schedule add: the expression, targets
// apart by commas, in #channel, and key=value.
func parseSchedule(words []string) (ScheduleRequest, error) {
	when, rest := takeExpression(words)
	r := ScheduleRequest{When: when, Inputs: map[string]string{}}
	for i := 0; i < len(rest); i++ {
		w := rest[i]
		k, v, isPair := strings.Cut(w, "=")
		switch {
		case strings.EqualFold(w, "in") && i+1 < len(rest):
			i++
			r.Channel = channelRef(rest[i])
		case isPair && isKey(k):
			if err := r.set(k, v); err != nil {
				return r, err
			}
		default:
			for t := range strings.SplitSeq(w, ",") {
				if t != "" {
					r.Targets = append(r.Targets, t)
				}
			}
		}
	}
	if when == "" {
		return r, &UsageError{Reason: "when?", Hint: scheduleUsage}
	}
	return r, nil
}

// takeExpression takes the expression off the front: one quoted word, @every D, a
// descriptor, or five fields.
func takeExpression(words []string) (when string, rest []string) {
	switch {
	case len(words) == 0:
		return "", nil
	case strings.EqualFold(words[0], "@every") && len(words) > 1:
		return words[0] + " " + words[1], words[2:]
	case strings.Contains(words[0], " ") || strings.HasPrefix(words[0], "@"):
		return words[0], words[1:]
	}
	n := 0
	for n < len(words) && n < 6 && cronField.MatchString(words[n]) {
		n++
	}
	if n == 0 {
		return words[0], words[1:]
	}
	return strings.Join(words[:n], " "), words[n:]
}

// channelRef is what a person, or Slack for them, writes for a channel.
func channelRef(w string) string {
	if id, ok := strings.CutPrefix(w, "<#"); ok {
		id, _, _ = strings.Cut(strings.TrimSuffix(id, ">"), "|")
		return id
	}
	return strings.TrimPrefix(w, "#")
}

// set takes one key=value.
func (r *ScheduleRequest) set(k, v string) error {
	into := map[string]*string{
		"tz": &r.Zone, "plan": &r.Plan, "notify": &r.Notify, "remind": &r.Remind, "jitter": &r.Jitter, "catch_up": &r.CatchUp,
		"digest": &r.Digest, "group": &r.Group, "title": &r.Title,
	}[k]
	switch {
	case into != nil:
		*into = v
	case k == "confirm":
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return &UsageError{Reason: "confirm is a number", Hint: "confirm=2"}
		}
		r.Confirm = n
	case k == "whole":
		whole, err := strconv.ParseBool(v)
		if err != nil {
			return &UsageError{Reason: "whole is true or false", Hint: "whole=true runs the whole plan every time"}
		}
		r.Whole = whole
	case len(r.Inputs) == maxInputs:
		return &UsageError{Reason: "too many inputs", Hint: scheduleUsage}
	default:
		r.Inputs[k] = v
	}
	return nil
}

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
