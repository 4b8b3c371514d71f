package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// historyPeriod is how far a history goes back unless a person says otherwise.
const historyPeriod = 7 * 24 * time.Hour

// parsePeriod reads 24h, 7d or 3w, up to five years.
func parsePeriod(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			var count int
			count, err = strconv.Atoi(n)
			d = time.Duration(min(count, 5*366)) * length
		}
	}
	if err != nil || d < time.Minute || d > 5*366*24*time.Hour {
		return 0, &UsageError{Reason: "that is no period", Hint: "/diagnose history TARGET 24h, or 7d, 90d, 52w"}
	}
	return d, nil
}

// past is what some targets were over one period.
type past struct {
	title string // the target, or what several are together
	zone  string
	rows  []store.History
}

// readPast reads what targets were; false where no schedule ever looked at any of
// them in that time.
func (b *Bot) readPast(ctx context.Context, at who, title string, targets []string, period time.Duration) (p past, known bool, err error) {
	p = past{title: title, zone: b.zoneOf(ctx, at.user)}
	now := b.now()
	for _, target := range targets {
		h, err := b.Store.History(target, now.Add(-period), now, binWidth(now.Add(-period), now))
		if err != nil {
			return p, false, err
		}
		known = known || h.Total.Checks() > 0
		p.rows = append(p.rows, h)
	}
	return p, known, nil
}

// head is the past in a line.
func (p past) head() string {
	var up, down uint64
	for _, h := range p.rows {
		up, down = up+h.Total.Up, down+h.Total.Down
	}
	return fmt.Sprintf("%s over %s: uptime %s", p.title, long(p.rows[0].To.Sub(p.rows[0].From)), percent(up, up+down))
}

// words are uptime and incidents.
func (p past) words() []block {
	var blocks []block
	var incidents []store.Incident
	d := store.Digest{}
	for _, h := range p.rows {
		incidents = append(incidents, h.Incidents...)
		d.Targets = append(d.Targets, digestTarget(h.Target, h.Total))
	}
	if len(p.rows) == 1 {
		blocks = append(blocks, rich(line(word(historyFacts(p.rows[0])))))
	} else {
		blocks = append(blocks, rich(bullets(uptimeLines(&d)...)))
	}
	if len(incidents) > 0 {
		slices.SortStableFunc(incidents, func(a, b store.Incident) int { return b.From.Compare(a.From) })
		blocks = append(blocks, rich(line(strong(plural(len(incidents), "incident"))), bullets(incidentLines(incidents, p.zone, p.rows[0].To)...)))
	}
	return append(blocks, note("Uptime is the share of the looks that found it well. Times in which nobody looked count neither way."))
}

// shown are the rows that a picture has room for.
func (p past) shown() []store.History { return p.rows[:min(len(p.rows), pictureRows)] }

// upload draws the picture and puts it into Slack.
func (b *Bot) upload(ctx context.Context, p past) (block, error) {
	png, err := drawHistory(p.head(), p.zone, p.shown())
	if err != nil {
		return nil, err
	}
	file, err := b.Slack.Upload(ctx, "history.png", altText(p.shown()), png)
	if err != nil {
		return nil, err
	}
	letSettle(ctx)
	return image(file, altText(p.shown())), nil
}

// tellPast tells a person what targets were: words at once, the picture as soon
// as Slack has it.
func (b *Bot) tellPast(at who, p past) slackapi.Reply {
	if b.Schedules != nil && b.Slack != nil {
		b.Schedules.spawn(func(ctx context.Context) {
			picture, err := b.upload(ctx, p)
			if err != nil {
				b.Log.Warn("a history's picture", "of", p.title, "error", err)
				return
			}
			at.channel = cmp.Or(at.channel, b.Channel)
			b.tell(ctx, at, slackapi.Reply{Text: escape(p.head()), Blocks: []block{picture}})
		})
	}
	return slackapi.Reply{Text: escape(p.head()), Blocks: fit(append([]block{header(p.head())}, p.words()...))}
}

// openPast shows what targets were in a modal: in App Home there is no channel to
// tell it in.
func (b *Bot) openPast(ctx context.Context, at who, p past) {
	view := func(more ...block) slackapi.View {
		blocks := append(append([]block{header(p.head())}, more...), p.words()...)
		return slackapi.View{"type": "modal", "title": plain("History"), "close": plain("Close"), "blocks": fit(blocks)}
	}
	id, err := b.Slack.OpenView(ctx, at.trigger, view())
	if err != nil {
		b.Log.Warn("show a history", "of", p.title, "error", err)
		return
	}
	b.Schedules.spawn(func(ctx context.Context) {
		picture, err := b.upload(ctx, p)
		if err == nil {
			err = b.Slack.UpdateView(ctx, id, "", view(picture))
		}
		if err != nil {
			b.Log.Warn("a history's picture", "of", p.title, "error", err)
		}
	})
}

// pressedHistory shows the history of what a button names: a target, or all of a
// schedule's.
func (b *Bot) pressedHistory(ctx context.Context, at who, what string) slackapi.Reply {
	title, targets := what, []string{what}
	if id, ok := strings.CutPrefix(what, historyOfSchedule); ok {
		st, err := b.Schedules.Get(id)
		if err != nil {
			return refuse(err)
		}
		title, targets = scheduleName(st.Schedule), st.Targets
	}
	p, known, err := b.readPast(ctx, at, title, targets, historyPeriod)
	switch {
	case err != nil:
		return refuse(err)
	case at.channel == "" && at.trigger != "":
		b.openPast(ctx, at, p)
		return slackapi.Reply{}
	case !known:
		return slackapi.Reply{Text: escape(title + " was not looked at yet.")}
	}
	return b.tellPast(at, p)
}

// historyOfSchedule begins the value of a button that is about a schedule.
const historyOfSchedule = "schedule:"

func (b *Bot) now() time.Time {
	if b.Now != nil {
		return b.Now()
	}
	return time.Now()
}

func historyFacts(h store.History) string {
	t := h.Total
	text := fmt.Sprintf("%s: %d well, %d not", plural(int(t.Checks()), "check"), t.Up, t.Down)
	if t.Unknown > 0 {
		text += fmt.Sprintf(", %d not carried out", t.Unknown)
	}
	if t.Most > 0 {
		text += fmt.Sprintf(". Connects: median %s, 95 %% within %s, slowest %s", short(t.Percentile(0.5)), short(t.Percentile(0.95)), short(t.Most))
	}
	return text + "."
}

// history answers /diagnose history [TARGET [PERIOD]]: what a target was, where a
// schedule looks at it, and what was looked into before.
func (b *Bot) history(ctx context.Context, at who, args []string) slackapi.Reply {
	period := historyPeriod
	if len(args) > 1 {
		d, err := parsePeriod(args[1])
		if err != nil {
			return refuse(err)
		}
		period = d
	}
	if len(args) == 0 {
		return b.lastInvestigations("")
	}
	t, err := investigations.ParseTarget(args[0])
	if err != nil {
		return refuse(err)
	}
	p, known, err := b.readPast(ctx, at, t.Text, []string{t.Text}, period)
	if err != nil {
		return refuse(err)
	}
	list := b.lastInvestigations(t.Text)
	if !known {
		return list
	}
	reply := b.tellPast(at, p)
	if len(list.Blocks) > 0 {
		reply.Blocks = fit(append(reply.Blocks, append([]block{rich(line(strong("The last investigations")))}, list.Blocks...)...))
	}
	return reply
}
