package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// AddMute keeps a mute. It returns it with its id once it is on disk.
func (i *Intake) AddMute(ctx context.Context, m store.Mute) (store.Mute, error) {
	var refused error
	err := i.submit(ctx, 0, func(b *board, now time.Time) {
		b.mutes = slices.DeleteFunc(b.mutes, func(old store.Mute) bool {
			over := !now.Before(old.Until)
			if over {
				b.change.Unmute = append(b.change.Unmute, old.ID)
			}
			return over
		})
		if len(b.mutes) >= maxMutes {
			refused = &UsageError{Reason: fmt.Sprintf("there are %d mutes already", maxMutes), Hint: "/diagnose mutes lists them, /diagnose unmute ID ends one"}
			return
		}
		m.ID = investigations.NewID(now)
		b.mutes = append(b.mutes, m)
		b.change.Mutes = append(b.change.Mutes, m)
		b.change.Audit = append(b.change.Audit, store.AuditLine{Who: m.By, Did: "mute", What: muteWords(m), Result: m.ID})
	})
	if err == nil {
		err = refused
	}
	return m, err
}

// Unmute ends the mutes of an id, or of a target or label as it was written.
// It returns how many there were.
func (i *Intake) Unmute(ctx context.Context, what, by string) (n int, err error) {
	err = i.submit(ctx, 0, func(b *board, _ time.Time) {
		b.mutes = slices.DeleteFunc(b.mutes, func(m store.Mute) bool {
			if m.ID != what && muteWords(m) != what {
				return false
			}
			n++
			b.change.Unmute = append(b.change.Unmute, m.ID)
			b.change.Audit = append(b.change.Audit, store.AuditLine{Who: by, Did: "unmute", What: muteWords(m), Result: m.ID})
			return true
		})
	})
	return n, err
}

// Mutes returns the mutes that hold now.
func (i *Intake) Mutes() ([]store.Mute, error) {
	all, err := i.store.Mutes()
	now := i.now()
	return slices.DeleteFunc(all, func(m store.Mute) bool { return !now.Before(m.Until) }), err
}

// muteWords is what a mute is about, as it is written.
func muteWords(m store.Mute) string {
	var words []string
	if m.Target != "" {
		words = append(words, m.Target)
	}
	for _, k := range sortedNames(m.Labels) {
		words = append(words, k+"="+m.Labels[k])
	}
	return strings.Join(words, " ")
}

// mute does /diagnose mute, unmute and mutes.
func (b *Bot) mute(ctx context.Context, at who, c Command) slackapi.Reply {
	if b.Alerts == nil {
		return slackapi.Reply{Text: "This bot takes no alerts."}
	}
	switch c.Verb {
	case "mute":
		m, err := ParseMute(c.Args, at.user, b.Now())
		if err == nil {
			m, err = b.Alerts.AddMute(ctx, m)
		}
		if err != nil {
			return refuse(err)
		}
		return slackapi.Reply{Text: escape("Muted until " + m.Until.Format("2006-01-02 15:04 MST") + ": " + muteWords(m) + ". /diagnose unmute " + m.ID + " ends it.")}
	case "unmute":
		if len(c.Args) == 0 {
			return refuse(&UsageError{Reason: "which mute?", Hint: "/diagnose unmute ID; /diagnose mutes lists them"})
		}
		n, err := b.Alerts.Unmute(ctx, strings.Join(c.Args, " "), at.user)
		switch {
		case err != nil:
			return refuse(err)
		case n == 0:
			return slackapi.Reply{Text: "There is no such mute; /diagnose mutes lists them."}
		}
		return slackapi.Reply{Text: "No longer muted."}
	}
	return b.listMutes()
}

func (b *Bot) listMutes() slackapi.Reply {
	all, err := b.Alerts.Mutes()
	if err != nil {
		return refuse(err)
	}
	if len(all) == 0 {
		return slackapi.Reply{Text: "Nothing is muted."}
	}
	var lines []block
	for _, m := range all[:min(len(all), 40)] {
		lines = append(lines, line(strong(muteWords(m)), word(" until "+m.Until.UTC().Format("2006-01-02 15:04 MST")+" by "), code(m.By), word(reasonWords(m.Reason)+" "), code(m.ID)))
	}
	return slackapi.Reply{Text: plural(len(all), "mute"), Blocks: fit([]block{rich(bullets(lines...))})}
}

// listAlerts does /diagnose alerts: what fires, and what came last.
func (b *Bot) listAlerts() slackapi.Reply {
	if b.Alerts == nil {
		return slackapi.Reply{Text: "This bot takes no alerts."}
	}
	all, err := b.Alerts.List(AlertFilter{Limit: historyRows})
	if err != nil {
		return refuse(err)
	}
	if len(all) == 0 {
		return slackapi.Reply{Text: "No alert came yet."}
	}
	var lines []block
	for _, a := range all {
		state := "🟢 resolved "
		if a.Firing {
			state = "🔴 fires "
		}
		what := a.Title
		if len(a.Targets) > 0 {
			what = strings.Join(a.Targets[:min(len(a.Targets), 3)], ", ") + " " + what
		}
		lines = append(lines, line(word(state), strong(clip(what, 150)), word(" from "+a.Source+", seen "+times(a.Count)+", last "+clock(a.Last)+" "+clip(a.Why, 200))))
	}
	return slackapi.Reply{Text: fmt.Sprintf("The last %d alerts", len(all)), Blocks: fit([]block{rich(bullets(lines...))})}
}
