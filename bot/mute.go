package bot

import (
	"fmt"
	"strings"
	"time"

	"github.com/plexorbot/plexor/store"
)

// Window is a time of maintenance that comes again: alerts that fit make no
// thread then.
type Window struct {
	Name     string
	Target   string            // a glob, empty: any
	Labels   map[string]string // globs, each must fit
	Days     []time.Weekday    // on which it begins; none: every day
	From, To time.Duration     // of the day; To before From ends on the next day
	Zone     *time.Location
	Begin    time.Time // it holds once, between these, instead of every day
	End      time.Time
}

// open reports whether the window is open at a time.
func (w Window) open(now time.Time) bool {
	if !w.Begin.IsZero() || !w.End.IsZero() {
		return !now.Before(w.Begin) && now.Before(w.End)
	}
	zone := w.Zone
	if zone == nil {
		zone = time.UTC
	}
	now = now.In(zone)
	clock := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute + time.Duration(now.Second())*time.Second
	if w.To > w.From {
		return w.on(now.Weekday()) && clock >= w.From && clock < w.To
	}
	yesterday := (now.Weekday() + 6) % 7
	return w.on(now.Weekday()) && clock >= w.From || w.on(yesterday) && clock < w.To
}

func (w Window) on(day time.Weekday) bool {
	for _, d := range w.Days {
		if d == day {
			return true
		}
	}
	return len(w.Days) == 0
}

// mutedBy says which mute or window keeps an alert from becoming a thread.
func (b *board) mutedBy(a arrival, now time.Time) string {
	var targets []string
	for _, p := range a.places {
		targets = append(targets, p.target)
	}
	return b.muteOf(targets, a.alert.Labels, now)
}

func (b *board) mutedEntry(e *store.Entry, now time.Time) string {
	return b.muteOf([]string{e.Target}, e.Labels, now)
}

func (b *board) muteOf(targets []string, labels map[string]string, now time.Time) string {
	for _, m := range b.mutes {
		if now.Before(m.Until) && fits(m.Target, m.Labels, targets, labels) {
			return "muted until " + m.Until.UTC().Format("2006-01-02 15:04 MST") + " by " + m.By + reasonWords(m.Reason)
		}
	}
	for _, w := range b.windows {
		if w.open(now) && fits(w.Target, w.Labels, targets, labels) {
			return "in the maintenance window " + w.Name
		}
	}
	return ""
}

func reasonWords(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// fits reports whether all targets and the labels are what a mute is about.
func fits(target string, want map[string]string, targets []string, labels map[string]string) bool {
	for k, v := range want {
		if got, ok := labels[k]; !ok || !glob(v, got) {
			return false
		}
	}
	if target == "" {
		return len(want) > 0
	}
	if target == "*" {
		return true // all there is, also what names no target
	}
	for _, t := range targets {
		host, _, _ := cutPort(t)
		if !glob(target, t) && !glob(target, host) {
			return false
		}
	}
	return len(targets) > 0
}

// glob matches a text against a pattern in which * stands for any characters.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(text, p)
		if i < 0 {
			return false
		}
		text = text[i+len(p):]
	}
	return strings.HasSuffix(text, last)
}

// Bounds of a mute.
const (
	longestMute = 31 * 24 * time.Hour
	maxMutes    = 500
	muteUsage   = "/diagnose mute TARGET|label=value 2h [reason]"
)

// ParseMute reads what a person writes: what to mute, for how long, and why.
func ParseMute(words []string, by string, now time.Time) (store.Mute, error) {
	bad := func(format string, args ...any) (store.Mute, error) {
		return store.Mute{}, &UsageError{Reason: fmt.Sprintf(format, args...), Hint: muteUsage}
	}
	m := store.Mute{By: by, Begun: now.UTC()}
	i := 0
	for ; i < len(words); i++ {
		if d, err := parseSpan(words[i]); err == nil {
			if d <= 0 || d > longestMute {
				return bad("a mute lasts up to 31 days")
			}
			m.Until = now.Add(d).UTC()
			break
		}
		k, v, pair := strings.Cut(words[i], "=")
		switch {
		case len(words[i]) > 200:
			return bad("that is too long for a target or a label")
		case pair && k != "" && v != "":
			if m.Labels == nil {
				m.Labels = map[string]string{}
			}
			m.Labels[k] = v
		case pair || m.Target != "":
			return bad("%q is neither label=value nor a time such as 2h", clip(words[i], 60))
		default:
			m.Target = words[i]
		}
	}
	switch {
	case m.Target == "" && len(m.Labels) == 0:
		return bad("what is to be muted?")
	case m.Until.IsZero():
		return bad("for how long?")
	}
	m.Reason = clip(strings.Join(words[i+1:], " "), 200)
	return m, nil
}

// parseSpan is time.ParseDuration with days and weeks.
func parseSpan(s string) (time.Duration, error) {
	for unit, hours := range map[string]int{"d": 24, "w": 7 * 24} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			var days int
			if _, err := fmt.Sscanf(n+";", "%d;", &days); err != nil || days < 0 || days > 3650 {
				return 0, fmt.Errorf("%q is no time", s)
			}
			return time.Duration(days*hours) * time.Hour, nil
		}
	}
	return time.ParseDuration(s)
}
