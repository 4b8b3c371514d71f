package bot

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/plexorbot/plexor/bot/slackapi"
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
	return b.changeSchedule(ctx, at, verb, rest[0])
}

// changeSchedule shows, pauses, resumes, removes or runs one.
func (b *Bot) changeSchedule(ctx context.Context, at who, verb, id string) slackapi.Reply {
	var st ScheduleState
	var err error
	said := ""
	switch verb {
	case "show":
		st, err = b.Schedules.Get(id)
	case "pause":
		st, err = b.Schedules.SetPaused(id, at.user, "by "+b.nameOf(ctx, at.user), true)
	case "resume":
		st, err = b.Schedules.SetPaused(id, at.user, "", false)
	case "remove":
		err, said = b.Schedules.Remove(id, at.user), "Removed: "+id+". Its history stays."
	case "run":
		err, said = b.Schedules.RunNow(id, at.user), "A run of "+id+" has started."
		if now, _ := b.Schedules.Get(id); now.Paused {
			said += " The schedule is paused, so that nothing is said of it: /diagnose schedule show " + id
		}
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
		return refuseSchedule(err)
	}
	r.By = at.user
	r.Zone = cmp.Or(r.Zone, b.zoneOf(ctx, at.user))
	c, err := b.Schedules.prepare(r)
	if err == nil {
		err = b.Schedules.judge(ctx, c)
	}
	if err != nil {
		return refuseSchedule(err)
	}
	if r.Channel, err = b.speakIn(ctx, at, cmp.Or(r.Channel, at.channel)); err != nil {
		return refuseSchedule(err)
	}
	st, err := b.Schedules.Add(r, event)
	if err != nil {
		return refuseSchedule(err)
	}
	return scheduleReply(st)
}

// refuseSchedule is refuse, with how a schedule is written.
func refuseSchedule(err error) slackapi.Reply {
	text, written := reason(err)
	blocks := []block{rich(line(word(text)))}
	if written {
		blocks = append(blocks, rich(line(word("Write "), code(scheduleUsage), word(", or "), code("/diagnose schedule"), word(", which asks"))))
		text += " Write " + scheduleUsage + ", or /diagnose schedule, which asks"
	}
	return slackapi.Reply{Text: escape(text), Blocks: blocks}
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
		return r, &UsageError{Reason: "when is it to run?", Hint: scheduleUsage}
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
