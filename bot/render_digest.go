package bot

import (
	"fmt"
	"slices"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/store"
)

// dayWell reports whether a run found every target healthy.
func dayWell(l store.DayLine) bool {
	for _, r := range l.Results {
		if r.State != stateHealthy {
			return false
		}
	}
	return l.More == 0
}

func dayText(l store.DayLine, zone string) string {
	text := clockIn(l.At, zone)
	if l.Well > 0 {
		text += fmt.Sprintf(" %s %s healthy", stateMark(stateHealthy), plural(l.Well, "target"))
	}
	for i, r := range l.Results {
		if i > 0 || l.Well > 0 {
			text += ";"
		}
		text += fmt.Sprintf(" %s %s %s", stateMark(r.State), r.Target, r.State)
		if r.Connect > 0 {
			text += " in " + short(r.Connect)
		}
		if r.Words != "" {
			text += ": " + r.Words
		}
	}
	if l.More > 0 {
		text += fmt.Sprintf("; and %d more not well", l.More)
	}
	return text
}

func renderDigest(v store.Speech) []Message {
	d := v.Digest
	head := fmt.Sprintf("Digest of %s, %s to %s", d.What, dateIn(d.From, d.Zone), dateIn(d.To, d.Zone))
	blocks := []block{header(head)}
	if d.File != "" {
		blocks = append(blocks, image(d.File, d.Alt))
	}
	blocks = append(blocks, rich(line(strong("Uptime")), bullets(uptimeLines(d)...)))
	if len(d.Incidents) > 0 {
		blocks = append(blocks, rich(line(strong(plural(len(d.Incidents), "incident"))), bullets(incidentLines(d.Incidents, d.Zone, d.To)...)))
	} else {
		blocks = append(blocks, rich(line(word("No incidents."))))
	}
	if slow := slowestLines(d); len(slow) > 0 {
		blocks = append(blocks, rich(line(strong("Slowest connects")), bullets(slow...)))
	}
	foot := v.Schedule + " · " + d.When
	if d.Overlap+d.Missed > 0 {
		foot += fmt.Sprintf(" · so far %d runs not started because the one before was going, %d missed", d.Overlap, d.Missed)
	}
	blocks = fit(append(blocks, note(foot)))
	without := slices.DeleteFunc(slices.Clone(blocks), func(b block) bool { return b["type"] == "image" }) // should Slack not have the picture yet
	return []Message{{Key: keyParent, Channel: v.Channel, Text: clip(escape(head+". "+digestText(d)), maxText), Blocks: blocks, Classic: without, Urgent: true}}
}

// digestText is the digest in a sentence.
func digestText(d *store.Digest) string {
	var up, down uint64
	for _, t := range d.Targets {
		up, down = up+t.Up, down+t.Down
	}
	return fmt.Sprintf("Uptime %s over %s, %s.", percent(up, up+down), plural(len(d.Targets), "target"), plural(len(d.Incidents), "incident"))
}

const digestShown = 30

func uptimeLines(d *store.Digest) []block {
	var lines []block
	for i, t := range d.Targets {
		if i == digestShown {
			lines = append(lines, line(word(fmt.Sprintf("and %d more", len(d.Targets)-i))))
			break
		}
		text := fmt.Sprintf(" %s of %s", percent(t.Up, t.Up+t.Down), plural(int(t.Checks), "check"))
		if t.Unknown > 0 {
			text += fmt.Sprintf(", %d not carried out", t.Unknown)
		}
		if t.Median > 0 {
			text += fmt.Sprintf(", connects in %s (95 %%: %s)", short(t.Median), short(t.P95))
		}
		lines = append(lines, line(strong(t.Target), word(text)))
	}
	return lines
}

func slowestLines(d *store.Digest) []block {
	var lines []block
	for _, t := range slowest(d.Targets, 3) {
		lines = append(lines, line(strong(t.Target), word(" "+short(t.Slowest))))
	}
	return lines
}

const incidentsShown = 15

func incidentLines(list []store.Incident, zone string, now time.Time) []block {
	var lines []block
	for i, x := range list {
		if i == incidentsShown {
			lines = append(lines, line(word(fmt.Sprintf("and %d more", len(list)-i))))
			break
		}
		lines = append(lines, line(word(incidentText(x, zone, now))))
	}
	return lines
}

// incidentText is one incident in a clause.
func incidentText(i store.Incident, zone string, now time.Time) string {
	text := fmt.Sprintf("%s %s %s from %s", stateMark(i.Kind), i.Target, i.Kind, stampIn(i.From, zone))
	if i.To.IsZero() {
		text += fmt.Sprintf(", %s so far", long(now.Sub(i.From)))
	} else {
		text += " for " + long(i.To.Sub(i.From))
	}
	if i.Ended != "" {
		text += ", then nobody looked any more"
	}
	if why := causeText(i.Cause, clip(i.Headline, 200)); why != "" {
		text += ", cause: " + why
	}
	if i.Fixed != "" {
		text += ", " + fixedText(i.Fixed, zone)
	}
	return text
}

// percent is a part in percent, with as many digits as an uptime wants.
func percent(part, all uint64) string {
	switch {
	case all == 0:
		return "not known"
	case part == all:
		return "100 %"
	}
	return fmt.Sprintf("%.2f %%", min(100*float64(part)/float64(all), 99.99))
}

// long is a duration in the units that people say: 40 s, 12 min, 3 h 5 min.
func long(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute)/time.Minute))
	case d < 48*time.Hour:
		d = d.Round(time.Minute)
		if d%time.Hour == 0 {
			return fmt.Sprintf("%d h", int(d/time.Hour))
		}
		return fmt.Sprintf("%d h %d min", int(d/time.Hour), int(d%time.Hour/time.Minute))
	}
	return fmt.Sprintf("%d days", int(d.Round(24*time.Hour)/(24*time.Hour)))
}

// short is a connect time.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func inZone(t time.Time, zone string) time.Time { return t.In(schedules.ZoneOf(zone)) }

// clockIn is a time of day with its zone.
func clockIn(t time.Time, zone string) string { return inZone(t, zone).Format("15:04 MST") }

// sinceIn is a time of day with its zone, and with its date where that is not the
// day of what it stands beside.
func sinceIn(t, beside time.Time, zone string) string {
	if a, b := inZone(t, zone), inZone(beside, zone); a.Year() != b.Year() || a.YearDay() != b.YearDay() {
		return a.Format("Mon 2 Jan 15:04 MST")
	}
	return clockIn(t, zone)
}

// stampIn is a date and a time of day with its zone.
func stampIn(t time.Time, zone string) string { return inZone(t, zone).Format("2006-01-02 15:04 MST") }

func dateIn(t time.Time, zone string) string { return inZone(t, zone).Format("2006-01-02 15:04 MST") }
