package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/store"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// story runs a target through results, a minute each, and returns what is told:
// u is up, ? is unknown, and any other letter is down by that cause; d is down
// without one. Between < and > it is muted.
func story(results string, confirm int) (told []string, w store.Watch) {
	w = store.Watch{Target: "web:80"}
	minute, muted := 0, false
	for _, r := range results {
		if r == '<' || r == '>' {
			muted = r == '<'
			continue
		}
		o := observation{at: noon.Add(time.Duration(minute) * time.Minute), state: stateFailing, outcome: store.Refused}
		switch r {
		case 'u':
			o.state, o.outcome = stateHealthy, store.Up
		case '?':
			o.state, o.outcome = stateUnknown, store.Unchecked
		case 'd':
		default:
			o.cause = string(r)
		}
		minute++
		w = observe(w, o, confirm)
		if muted {
			continue
		}
		var line *store.EpisodeLine
		if w, line = tell(w, o); line != nil {
			text := fmt.Sprintf("%d %s", minute-1, line.Kind)
			if line.Cause != "" {
				text += " " + line.Cause
			}
			if line.Was != "" {
				text += " was " + line.Was
			}
			if line.Kind == stateHealthy {
				text += " after " + line.At.Sub(line.Since).String()
			}
			told = append(told, text)
		}
	}
	return told, w
}

func TestStories(t *testing.T) {
	for _, test := range []struct {
		results string
		confirm int
		want    string
	}{
		{"uuuu", 1, ""},
		{"uuAAuu", 1, "2 failing A, 4 healthy A after 2m0s"},
		{"AAuu", 1, "0 failing A, 2 healthy A after 2m0s"},
		{"uuAuuuuuAAAuuuu", 2, "9 failing A, 12 healthy A after 3m0s"}, // one bad result is none; both ends are when they were first seen
		{"uAABBuu", 1, "1 failing A, 3 cause B was A, 5 healthy B after 4m0s"},
		{"uAABABAA", 2, "2 failing A"}, // the other cause is never confirmed
		{"uddAAuu", 1, "1 failing, 3 cause A, 5 healthy A after 4m0s"},
		{"uAAdddAu", 1, "1 failing A, 7 healthy A after 6m0s"},                         // no proof speaks against none
		{"u??u", 1, "1 unknown, 3 healthy after 2m0s"},                                 // nobody could look
		{"uAA??AAu", 1, "1 failing A, 3 unknown, 5 failing A, 7 healthy A after 6m0s"}, // still one time of trouble
		{"uuAuAuAuAuAuuuuuuuuuuuu", 2, "5 flapping, 18 healthy after 9m0s"},            // said once, over when eight are the same
		{"uuuuuuuuuuAuAuAuAAAAAAAAAAAA", 2, "13 flapping, 23 failing A"},               // steady, and down
		{"u<AAA>AAu", 1, "4 failing A, 6 healthy A after 5m0s"},                        // told when nobody mutes it, if it is still so
		{"u<AAAuuu>uu", 1, ""}, // over before anybody could hear of it
		{"uAA<uuu>uu", 1, "1 failing A, 6 healthy A after 2m0s"},                   // what was told is told to its end
		{"uAA<BB>BBuu", 1, "1 failing A, 5 cause B was A, 7 healthy B after 6m0s"}, // and to the right cause
	} {
		told, _ := story(test.results, test.confirm)
		if got := strings.Join(told, ", "); got != test.want {
			t.Errorf("%s with %d confirmations tells %q, want %q", test.results, test.confirm, got, test.want)
		}
	}
}

// TestFixedUnderMute has a service start while its target is muted: the channel
// hears later that it is well, and what mended it.
func TestFixedUnderMute(t *testing.T) {
	for _, again := range []bool{false, true} {
		_, w := story("A", 1)
		w = observe(w, observation{at: noon.Add(2 * time.Minute), state: stateHealthy, fixed: "fixed by a start"}, 1) // nothing is told
		want := "fixed by a start"
		if again { // it broke and was well by itself after that
			w = observe(w, observation{at: noon.Add(3 * time.Minute), state: stateFailing, cause: "A"}, 1)
			w = observe(w, observation{at: noon.Add(4 * time.Minute), state: stateHealthy}, 1)
			want = ""
		}
		o := observation{at: noon.Add(9 * time.Minute), state: stateHealthy}
		w, line := tell(observe(w, o, 1), o)
		if line == nil || line.Kind != stateHealthy || line.Fixed != want || w.Fixed != "" {
			t.Errorf("broken again %t: told %+v, then kept %q; want that it is well, %q", again, line, w.Fixed, want)
		}
	}
}

func TestFlappingHasItsPeriod(t *testing.T) {
	_, w := story("uuAuAuAuA", 2)
	if w.State != stateFlapping || period(w) != 2*time.Minute {
		t.Errorf("state %s with a period of %s, want flapping every 2 min", w.State, period(w))
	}
}

// TestQuietTargetsWriteNothing holds what is well not to be written again.
func TestQuietTargetsWriteNothing(t *testing.T) {
	_, before := story(strings.Repeat("u", 20), 1)
	o := observation{at: noon.Add(time.Hour), state: stateHealthy, outcome: store.Up}
	after := observe(before, o, 1)
	if after, _ = tell(after, o); !sameWatch(before, after) {
		t.Errorf("one more healthy result changes %+v to %+v", before, after)
	}
	o.state, o.outcome = stateFailing, store.Refused
	if after = observe(before, o, 3); sameWatch(before, after) {
		t.Error("a first failure is not kept: a restart would forget it")
	}
}

func TestIncidents(t *testing.T) {
	w := store.Watch{Target: "web:80"}
	var all []string
	for i, r := range "uAABBuuA" {
		o := observation{at: noon.Add(time.Duration(i) * time.Minute), state: stateFailing, outcome: store.Refused, cause: string(r)}
		if r == 'u' {
			o.state, o.outcome, o.cause = stateHealthy, store.Up, ""
		}
		after, list := incidents("s1", w, observe(w, o, 1), o)
		for _, x := range list {
			end := "goes on"
			if !x.To.IsZero() {
				end = x.To.Format("15:04")
			}
			all = append(all, fmt.Sprintf("%s %s to %s", x.From.Format("15:04"), x.Cause, end))
		}
		w = after
	}
	want := "12:01 A to goes on, 12:01 B to goes on, 12:01 B to 12:05, 12:07 A to goes on"
	if got := strings.Join(all, ", "); got != want {
		t.Errorf("incidents %q, want %q", got, want)
	}
}

func TestNextWords(t *testing.T) {
	day := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, time.UTC) }
	for want, next := range map[string][]time.Time{
		"never": nil,
		"Fri 1 Jan 2027 09:00, Sat 1 Jan 2028 09:00 (UTC)":         {day(2027, 1, 1, 9), day(2028, 1, 1, 9)},
		"Thu 31 Dec 2026 09:00, 21:00, Fri 1 Jan 2027 09:00 (UTC)": {day(2026, 12, 31, 9), day(2026, 12, 31, 21), day(2027, 1, 1, 9)},
		"Mon 30 Nov 09:00, 21:00, Tue 1 Dec 09:00 (UTC)":           {day(2026, 11, 30, 9), day(2026, 11, 30, 21), day(2026, 12, 1, 9)},
	} {
		if got := nextWords(next, "UTC"); got != want {
			t.Errorf("nextWords = %q, want %q", got, want)
		}
	}
}
