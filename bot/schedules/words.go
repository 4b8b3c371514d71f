package schedules

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Words says when the schedule fires, for people: "Every 5 minutes", "At 03:00
// on Mondays". It names the zone, but for @every, which has none.
func (s Spec) Words() string {
	if s.fields == nil {
		return "Every " + interval(s.every)
	}
	fields := strings.Fields(expand(s.Expression))
	text := clock(fields[0], fields[1]) + days(fields[2], fields[4]) + months(fields[3])
	return text + ", " + s.Zone.String()
}

// expand turns a descriptor into the fields that it stands for.
func expand(expression string) string {
	switch expression {
	case "@yearly", "@annually":
		return "0 0 1 1 *"
	case "@monthly":
		return "0 0 1 * *"
	case "@weekly":
		return "0 0 * * 0"
	case "@daily", "@midnight":
		return "0 0 * * *"
	case "@hourly":
		return "0 * * * *"
	}
	return expression
}

func interval(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return count(int(d/time.Hour), "hour")
	case d%time.Minute == 0:
		return count(int(d/time.Minute), "minute")
	}
	return d.String()
}

func count(n int, unit string) string {
	if n == 1 {
		return unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// clock says the first two fields.
func clock(minute, hour string) string {
	m, mErr := strconv.Atoi(minute)
	h, hErr := strconv.Atoi(hour)
	step := strings.TrimPrefix(minute, "*/")
	if n, err := strconv.Atoi(step); err == nil && step != minute && 60%n != 0 { // */7 is uneven at each full hour
		minute = stepped(n, 60)
		step = minute
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(hour, "*/")); err == nil && n > 1 && strings.HasPrefix(hour, "*/") && mErr == nil {
		hour = stepped(n, 24)
	}
	switch {
	case mErr == nil && hErr == nil:
		return fmt.Sprintf("At %02d:%02d", h, m)
	case mErr == nil && hour == "*":
		return fmt.Sprintf("Every hour at minute %d", m)
	case mErr == nil && isList(hour):
		return "At " + join(strings.Split(hour, ","), func(x string) string { return fmt.Sprintf("%s:%02d", pad(x), m) })
	case (minute == "*" || step == "1") && hour == "*":
		return "Every minute"
	case step != minute && hour == "*":
		return "Every " + step + " minutes"
	case step != minute:
		return "Every " + step + " minutes in the hours " + hour
	case minute == "*":
		return "Every minute in the hours " + hour
	case hour == "*":
		return "Every hour at the minutes " + minute
	}
	return "At the minutes " + minute + " of the hours " + hour
}

// stepped lists what a step comes to.
func stepped(n, most int) string {
	var all []string
	for m := 0; m < most; m += n {
		all = append(all, strconv.Itoa(m))
	}
	return strings.Join(all, ",")
}

func isList(field string) bool {
	return strings.Trim(field, "0123456789,") == "" && strings.Contains(field, ",")
}

func pad(x string) string {
	if len(x) == 1 {
		return "0" + x
	}
	return x
}

var dayNames = []string{"Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"}

// days says the day of the month and of the week; where both are named, cron
// takes either.
func days(dom, dow string) string {
	month := dom != "*" && dom != "?"
	week := dow != "*" && dow != "?"
	switch {
	case month && week:
		return " on day " + dom + " of the month or on " + weekdays(dow)
	case month:
		return " on day " + dom + " of the month"
	case week:
		return " on " + weekdays(dow)
	}
	return ""
}

func weekdays(dow string) string {
	if dow == "1-5" || strings.EqualFold(dow, "mon-fri") {
		return "weekdays"
	}
	return join(strings.Split(dow, ","), func(x string) string {
		from, to, isRange := strings.Cut(x, "-")
		if isRange {
			return weekday(from) + " to " + weekday(to)
		}
		return weekday(x)
	})
}

func weekday(x string) string {
	if n, err := strconv.Atoi(x); err == nil && n >= 0 && n <= 7 {
		return dayNames[n]
	}
	for _, name := range dayNames {
		if len(x) == 3 && strings.EqualFold(name[:3], x) {
			return name
		}
	}
	return "day " + x
}

func months(field string) string {
	if field == "*" {
		return ""
	}
	return " in " + join(strings.Split(field, ","), func(x string) string {
		if n, err := strconv.Atoi(x); err == nil && n >= 1 && n <= 12 {
			return time.Month(n).String()
		}
		return "month " + x
	})
}

// join says a list: a, b and c.
func join(list []string, say func(string) string) string {
	said := make([]string, len(list))
	for i, x := range list {
		said[i] = say(x)
	}
	if len(said) == 1 {
		return said[0]
	}
	return strings.Join(said[:len(said)-1], ", ") + " and " + said[len(said)-1]
}
