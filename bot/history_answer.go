package bot

import (
	"cmp"
	"context"
	"fmt"
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
		return 0, &UsageError{Reason: "that is no period", Hint: "24h, 7d, 90d or 52w"}
	}
	return d, nil
}

// targetHistory tells a person what a target was: uptime and incidents at once,
// the picture as soon as Slack has it. It reports false where no schedule ever
// looked at the target.
func (b *Bot) targetHistory(ctx context.Context, at who, target string, period time.Duration) (slackapi.Reply, bool, error) {
	now := b.now()
	h, err := b.Store.History(target, now.Add(-period), now, binWidth(now.Add(-period), now))
	if err != nil || h.Total.Checks() == 0 {
		return slackapi.Reply{}, false, err
	}
	zone := b.zoneOf(ctx, at.user)
	head := fmt.Sprintf("%s over %s: uptime %s", target, long(period), percent(h.Total.Up, h.Total.Up+h.Total.Down))
	blocks := []block{header(head), rich(line(word(historyFacts(h))))}
	if len(h.Incidents) > 0 {
		blocks = append(blocks, rich(line(strong(plural(len(h.Incidents), "incident"))), bullets(incidentLines(newestFirst(h.Incidents), zone, now)...)))
	}
	if b.Schedules != nil && b.Slack != nil {
		b.Schedules.spawn(func(ctx context.Context) { b.sendPicture(ctx, at, head, zone, h) })
	}
	return slackapi.Reply{Text: escape(head), Blocks: fit(blocks)}, true, nil
}

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

func newestFirst(list []store.Incident) []store.Incident {
	out := make([]store.Incident, 0, len(list))
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, list[i])
	}
	return out
}

// sendPicture shows a history's picture to the person who asked.
func (b *Bot) sendPicture(ctx context.Context, at who, head, zone string, h store.History) {
	png, err := drawHistory(head, zone, []store.History{h})
	file := ""
	if err == nil {
		file, err = b.Slack.Upload(ctx, "history.png", altText([]store.History{h}), png)
	}
	if err != nil {
		b.Log.Warn("a history's picture", "target", h.Target, "error", err)
		return
	}
	letSettle(ctx)
	at.channel = cmp.Or(at.channel, b.Channel)
	b.tell(ctx, at, slackapi.Reply{Text: escape(head), Blocks: []block{image(file, altText([]store.History{h}))}})
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
	reply, known, err := b.targetHistory(ctx, at, t.Text, period)
	if err != nil {
		return refuse(err)
	}
	list := b.lastInvestigations(t.Text)
	if !known {
		return list
	}
	if len(list.Blocks) > 0 {
		reply.Blocks = fit(append(reply.Blocks, append([]block{rich(line(strong("The last investigations")))}, list.Blocks...)...))
	}
	return reply
}
