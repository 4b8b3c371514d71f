package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// ScheduleRequest asks for a schedule, in the words of a person, a program or
// the configuration. Empty fields have the default that their comment names.
type ScheduleRequest struct {
	When    string            `json:"when"`               // five fields, @every D, @daily …
	Zone    string            `json:"tz,omitempty"`       // Schedules.Zone
	Targets []string          `json:"targets,omitempty"`  // or Group
	Group   string            `json:"group,omitempty"`    // a name of the configuration's groups
	Channel string            `json:"channel,omitempty"`  // the bot's own
	Plan    string            `json:"plan,omitempty"`     // DefaultPlan
	Inputs  map[string]string `json:"inputs,omitempty"`   // none
	Whole   bool              `json:"whole,omitempty"`    // only when the quick check fails
	Notify  string            `json:"notify,omitempty"`   // change
	Confirm int               `json:"confirm,omitempty"`  // 1
	Remind  string            `json:"remind,omitempty"`   // never; 30m, 4h, 1d …
	Jitter  string            `json:"jitter,omitempty"`   // none
	CatchUp string            `json:"catch_up,omitempty"` // one
	Digest  string            `json:"digest,omitempty"`   // none; daily, weekly, or an expression
	Title   string            `json:"title,omitempty"`    // its targets
	By      string            `json:"-"`
}

// Bounds of a schedule.
const (
	maxScheduleTargets = 200
	maxSchedules       = 20_000
	maxConfirm         = 20
	maxRemind          = 31 * 24 * time.Hour
	maxTitle           = 80
)

// scheduleUsage is the shortest way to say how one is written.
const scheduleUsage = `/diagnose schedule add "*/5 * * * *" web-2:8080 [in #channel] [tz=Europe/Berlin] [notify=change|always|never] [digest=daily]`

// digests are words for a digest's expression.
var digests = map[string]string{"daily": "0 9 * * *", "weekly": "0 9 * * 1"}

// FieldError says which field of a request is wrong, and why: a *UsageError,
// *Refusal, *schedules.Error or *investigations.TargetError.
type FieldError struct {
	Field string // as it is called in JSON
	Err   error
}

func (e *FieldError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *FieldError) Unwrap() error { return e.Err }

// prepare makes a schedule of a request, or says in a *FieldError what is wrong
// with it and what would be right.
func (s *Schedules) prepare(r ScheduleRequest) (store.Schedule, error) {
	r.Zone = orElse(orElse(r.Zone, s.Zone), "UTC")
	if !schedules.IsZone(r.Zone) {
		_, err := schedules.Parse("@daily", r.Zone)
		return store.Schedule{}, &FieldError{"tz", err}
	}
	spec, err := schedules.Parse(r.When, r.Zone)
	if err != nil {
		return store.Schedule{}, &FieldError{"when", err}
	}
	c := store.Schedule{
		Expression: spec.Expression, Zone: spec.Zone.String(), Group: r.Group, Channel: r.Channel, Plan: r.Plan, Inputs: r.Inputs, Whole: r.Whole,
		Notify: orElse(r.Notify, notifyChange), Confirm: orElse(r.Confirm, 1), CatchUp: orElse(r.CatchUp, schedules.CatchUpOne),
		Title: strings.TrimSpace(r.Title), By: r.By, Made: s.now().UTC(),
	}
	if err := words(c); err != nil {
		return c, err
	}
	for _, check := range []struct {
		field string
		do    func() error
	}{
		{"digest", func() (err error) { c.Digest, err = digestExpression(r.Digest, r.Zone); return err }},
		{"remind", func() (err error) { c.Remind, err = scheduleDuration("remind", r.Remind, maxRemind); return err }},
		{"jitter", func() (err error) {
			c.Jitter, err = scheduleDuration("jitter", r.Jitter, spec.Interval(c.Made))
			return err
		}},
		{"group", func() (err error) { c.Targets, err = s.grouped(r); return err }},
		{"plan", func() error { _, err := findPlan(s.engine, r.Plan); return err }},
		{"inputs", func() error { p, _ := findPlan(s.engine, r.Plan); return checkInputs(p, r.Inputs) }},
		{"targets", func() (err error) { c.Targets, err = s.targets(r, c.Targets); return err }},
	} {
		if err := check.do(); err != nil {
			return c, &FieldError{check.field, err}
		}
	}
	return c, nil
}

// words holds the fields that are one of a few words.
func words(c store.Schedule) error {
	wrong := func(field, reason, hint string) error {
		return &FieldError{field, &UsageError{Reason: reason, Hint: hint}}
	}
	switch {
	case c.Notify != notifyChange && c.Notify != notifyAlways && c.Notify != notifyNever:
		return wrong("notify", "there is no notify="+clip(c.Notify, 30), "notify=change, notify=always or notify=never")
	case c.CatchUp != schedules.CatchUpOne && c.CatchUp != schedules.CatchUpNone:
		return wrong("catch_up", "there is no catch_up="+clip(c.CatchUp, 30), "catch_up=one or catch_up=none")
	case c.Confirm < 1 || c.Confirm > maxConfirm:
		return wrong("confirm", fmt.Sprintf("confirm is a number from 1 to %d", maxConfirm), "confirm=2")
	case len(c.Title) > maxTitle || strings.ContainsFunc(c.Title, func(r rune) bool { return r < ' ' }):
		return wrong("title", fmt.Sprintf("a title has at most %d characters", maxTitle), `title="payment backends"`)
	}
	return nil
}

func digestExpression(text, zone string) (string, error) {
	if text == "" || text == "none" {
		return "", nil
	}
	if e, ok := digests[text]; ok {
		text = e
	}
	spec, err := schedules.Parse(text, zone)
	return spec.Expression, err
}

func scheduleDuration(name, text string, most time.Duration) (time.Duration, error) {
	if text == "" || text == "0" || text == "never" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok && err != nil {
		if n, notNumber := strconv.Atoi(days); notNumber == nil {
			d, err = time.Duration(min(max(n, -1), 10_000))*24*time.Hour, nil
		}
	}
	if err != nil || d < 0 || most > 0 && d > most || len(text) > 12 {
		return 0, &UsageError{Reason: fmt.Sprintf("%s is a time of up to %s", name, most), Hint: name + "=30s or " + name + "=4h"}
	}
	return d, nil
}

// grouped gives the targets as they were written, or those of the group.
func (s *Schedules) grouped(r ScheduleRequest) ([]string, error) {
	if r.Group == "" {
		return r.Targets, nil
	}
	if len(r.Targets) > 0 {
		return nil, &UsageError{Reason: "it is targets or a group, not both", Hint: "two schedules"}
	}
	group, ok := s.Groups[r.Group]
	if !ok {
		return nil, &UsageError{Reason: fmt.Sprintf("there is no group %q", clip(r.Group, 60)), Hint: s.groupHint()}
	}
	return group, nil
}

// targets holds each target against what may be diagnosed.
func (s *Schedules) targets(r ScheduleRequest, list []string) ([]string, error) {
	switch {
	case len(list) == 0:
		return nil, &UsageError{Reason: "which backend?", Hint: scheduleUsage}
	case len(list) > maxScheduleTargets:
		return nil, &UsageError{Reason: fmt.Sprintf("a schedule has at most %d targets, not %d", maxScheduleTargets, len(list)), Hint: "several schedules"}
	}
	var all []string
	for _, text := range list {
		inv, err := Prepare(s.engine, Request{Target: text, Plan: r.Plan, Inputs: r.Inputs, Trigger: investigations.Trigger{Kind: triggerSchedule}}, s.now())
		if err != nil {
			return nil, err
		}
		all = append(all, inv.Target)
	}
	return unique(all), nil
}

func (s *Schedules) groupHint() string {
	var names []string
	for name := range s.Groups {
		names = append(names, "group="+name)
	}
	if len(names) == 0 {
		return "a name under groups: in the configuration, where there is none"
	}
	return strings.Join(sorted(names), " or ")
}

func orElse[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// The values of Schedule.Notify, and the trigger's kind.
const (
	notifyChange    = "change"
	notifyAlways    = "always"
	notifyNever     = "never"
	triggerSchedule = "schedule"
)

// scheduleName is what a schedule is about, for people.
func scheduleName(c store.Schedule) string {
	switch {
	case c.Title != "":
		return c.Title
	case c.Group != "":
		return fmt.Sprintf("%s (%s)", c.Group, plural(len(c.Targets), "target"))
	case len(c.Targets) == 1:
		return c.Targets[0]
	case len(c.Targets) > 1:
		return fmt.Sprintf("%s and %d more", c.Targets[0], len(c.Targets)-1)
	}
	return c.ID
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// scheduleWords says when a schedule runs; the zone is always named.
func scheduleWords(spec schedules.Spec) string {
	text := spec.Words()
	if !strings.HasSuffix(text, spec.Zone.String()) {
		text += ", " + spec.Zone.String()
	}
	return text
}
