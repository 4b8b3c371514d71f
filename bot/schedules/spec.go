package schedules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// LeastEvery is the least interval between two runs of a schedule.
const LeastEvery = time.Minute

// mostEvery is the longest interval of @every: what is rarer is a date.
const mostEvery = 366 * 24 * time.Hour

// maxExpression bounds an expression, in bytes.
const maxExpression = 200

// Spec is when a schedule fires.
type Spec struct {
	Expression string         // five fields, @every D, @hourly, @daily, @weekly, @monthly, @yearly
	Zone       *time.Location // whose wall clock is meant

	fields *cron.SpecSchedule // nil for @every
	every  time.Duration
}

// Error says why an expression is none, and what would be right.
type Error struct{ Reason, Hint string }

func (e *Error) Error() string { return e.Reason }

// howTo is the hint where no better one is known.
const howTo = `five fields, for example "*/5 * * * *" (every five minutes) or "0 9 * * 1-5" (at 9:00 on weekdays), or @every 90s, @hourly, @daily`

// quotes are what telephones make of ' and ".
var quotes = strings.NewReplacer("“", "", "”", "", "„", "", "«", "", "»", "", "‘", "", "’", "", `"`, "", "'", "", "\u00a0", " ")

// Parse reads an expression for the wall clock of a zone, UTC where zone is
// empty. The error is an *Error.
func Parse(expression, zone string) (Spec, error) {
	loc, err := zoneOf(zone)
	if err != nil {
		return Spec{}, err
	}
	if len(expression) > maxExpression {
		return Spec{}, &Error{"that expression is too long", howTo}
	}
	s := Spec{Expression: strings.Join(strings.Fields(quotes.Replace(expression)), " "), Zone: loc}
	if err := s.guard(); err != nil {
		return Spec{}, err
	}
	if err := s.parse(); err != nil {
		return Spec{}, err
	}
	return s, s.check()
}

func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" || strings.ContainsAny(name, "\\.") {
		return nil, &Error{fmt.Sprintf("there is no time zone %.60q", name), "a name of the IANA data base, for example tz=Europe/Berlin or tz=UTC"}
	}
	return loc, nil
}

// guard keeps from the parser what it panics at or reads as something else.
func (s Spec) guard() error {
	fields := strings.Fields(s.Expression)
	switch {
	case len(fields) == 0:
		return &Error{"when?", howTo}
	case strings.Contains(strings.ToUpper(s.Expression), "TZ="):
		return &Error{"the time zone stands beside the expression, not in it", "tz=Europe/Berlin"}
	case strings.HasPrefix(fields[0], "@"):
		return nil
	case len(fields) == 6:
		return &Error{"that has six fields; seconds are not used here", howTo}
	case len(fields) != 5:
		return &Error{"that has " + howMany(len(fields)) + ", not five", howTo}
	}
	return steps(fields)
}

// sunday writes 7 as 0 in the days of the week: crontab(5) takes both.
func sunday(days string) string {
	var all []string
	for part := range strings.SplitSeq(days, ",") {
		switch from, ok := strings.CutSuffix(part, "-7"); {
		case part == "7":
			part = "0"
		case ok && len(from) == 1 && from >= "1" && from <= "6":
			part = from + "-6,0"
		}
		all = append(all, part)
	}
	return strings.Join(all, ",")
}

func howMany(fields int) string {
	if fields == 1 {
		return "one field"
	}
	return fmt.Sprintf("%d fields", fields)
}

// steps refuses a step that is longer than its field: */90 in the minutes reads
// like every 90 minutes, and would be every hour.
func steps(fields []string) error {
	for i, most := range []int{59, 23, 31, 12, 7} {
		for part := range strings.SplitSeq(fields[i], ",") {
			_, text, ok := strings.Cut(part, "/")
			if n, err := strconv.Atoi(text); ok && err == nil && n > most {
				return &Error{fmt.Sprintf("a step of %d is more than that field has", n), "@every 90m, @every 36h"}
			}
		}
	}
	return nil
}

func (s *Spec) parse() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &Error{"that expression can't be read", howTo}
		}
	}()
	text := s.Expression
	if fields := strings.Fields(text); len(fields) == 5 {
		fields[4] = sunday(fields[4])
		text = strings.Join(fields, " ")
	}
	parsed, parseErr := cron.ParseStandard(text)
	if parseErr != nil {
		return &Error{"that expression can't be read: " + clip(parseErr.Error()), howTo}
	}
	switch p := parsed.(type) {
	case *cron.SpecSchedule:
		p.Location = time.UTC // of wall times, see next
		s.fields = p
	case cron.ConstantDelaySchedule:
		d, err := time.ParseDuration(strings.TrimSpace(strings.TrimPrefix(s.Expression, "@every")))
		if err != nil {
			return &Error{"that is no interval", "@every 90s, @every 5m, @every 12h"}
		}
		s.every = d
	default:
		return &Error{"that expression can't be read", howTo}
	}
	return nil
}

func clip(text string) string { return text[:min(len(text), 120)] }

// check refuses what would never fire, or too often.
func (s Spec) check() error {
	if s.fields == nil {
		switch {
		case s.every < LeastEvery:
			return &Error{"the least interval is a minute", "@every 1m"}
		case s.every > mostEvery:
			return &Error{"the longest interval is a year", `"0 9 1 1 *" is every first of January at 9:00`}
		}
		return nil
	}
	if s.fields.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return &Error{"that never comes: there is no such day", `"0 9 1 * *" is the first of every month at 9:00`}
	}
	return nil
}
