package bot

import (
	"math/bits"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// The states of a target under a schedule.
const (
	stateHealthy  = "healthy"
	stateFailing  = "failing"
	stateUnknown  = "unknown"  // nobody could look
	stateFlapping = "flapping" // it goes up and down
)

// observation is what one run found of one target.
type observation struct {
	at            time.Time
	state         string // healthy, failing or unknown
	outcome       store.Outcome
	connect       time.Duration
	cause         string // id of the cause that was proved
	headline      string
	fixed         string // what mended it, where that is known
	verdict       *investigations.Verdict
	investigation string
}

func (o observation) result() store.Result {
	return store.Result{At: o.at, Outcome: o.outcome, Connect: o.connect, Cause: o.cause}
}

// observe brings what is known of a target up to date with what a run found. It
// is a pure function. confirm is how many equal results in a row make a change.
func observe(w store.Watch, o observation, confirm int) store.Watch {
	w = remember(w, o)
	switch {
	case agrees(w.State, w.Cause, o):
		w.Next, w.Reason, w.Seen, w.First = "", "", 0, time.Time{}
		if w.Cause == o.cause && o.headline != "" && w.Headline == "" {
			w.Headline = o.headline
		}
	case agrees(w.Next, w.Reason, o) || w.Next == o.state && w.Reason == "":
		w.Seen++
		w.Reason = orElse(o.cause, w.Reason)
	default:
		w.Next, w.Reason, w.Seen, w.First = o.state, o.cause, 1, o.at
	}
	switch {
	case w.State == stateFlapping:
		if steady(w) {
			w = become(w, o.state, o.cause, o)
		}
	case flapping(w):
		first := w.Flips[0]
		w = become(w, stateFlapping, "", o)
		if w.DownFrom.IsZero() || first.Before(w.DownFrom) {
			w.DownFrom = first
		}
	case w.Seen >= confirm || w.Seen > 0 && w.State == "" && w.Next == stateHealthy:
		w = become(w, w.Next, w.Reason, o)
	}
	return w
}

// agrees reports whether an observation is of this state and cause. A look that
// proved no cause speaks against none.
func agrees(state, cause string, o observation) bool {
	return state == o.state && (o.state != stateFailing || o.cause == "" || o.cause == cause)
}

// become makes a state the confirmed one.
func become(w store.Watch, state, cause string, o observation) store.Watch {
	since := w.First
	if since.IsZero() {
		since = o.at
	}
	if state != stateHealthy && w.DownFrom.IsZero() {
		w.DownFrom = since
	}
	if state != w.State {
		w.Since = since
	}
	w.State, w.Cause, w.Headline, w.Fixed = state, cause, o.headline, o.fixed
	w.Next, w.Reason, w.Seen, w.First = "", "", 0, time.Time{}
	return w
}

// Flapping is flapCount changes within the last flapWindow results; it is over
// when steadyRuns results in a row are the same.
const (
	flapWindow = 10
	flapCount  = 4
	steadyRuns = 8
)

// remember keeps an observation among the last ones.
func remember(w store.Watch, o observation) store.Watch {
	if o.state == stateUnknown {
		return w
	}
	bit := uint32(0)
	if o.state == stateFailing {
		bit = 1
	}
	if w.Known > 0 && w.Raw&1 != bit {
		w.Flips = append(append([]time.Time{}, w.Flips[max(0, len(w.Flips)-flapWindow):]...), o.at)
	}
	w.Raw = w.Raw<<1 | bit
	w.Known = min(w.Known+1, 32)
	if flips(w, w.Known) == 0 {
		w.Flips = nil
	}
	return w
}

// flips counts changes among the last n results.
func flips(w store.Watch, n int) int {
	n = min(n, w.Known)
	if n < 2 {
		return 0
	}
	changes := (w.Raw ^ w.Raw>>1) & (1<<(n-1) - 1)
	return bits.OnesCount32(changes)
}

func flapping(w store.Watch) bool { return flips(w, flapWindow) >= flapCount && len(w.Flips) > 0 }

func steady(w store.Watch) bool { return w.Known >= steadyRuns && flips(w, steadyRuns) == 0 }

// period is how long one time up and down takes, from the changes seen.
func period(w store.Watch) time.Duration {
	n := len(w.Flips)
	if n < 2 {
		return 0
	}
	return 2 * w.Flips[n-1].Sub(w.Flips[0]) / time.Duration(n-1)
}

// tell compares what is known with what was said, and returns what is to be said
// now; nil if nothing is. What is muted is not called, so that it is said once
// nobody mutes it, if it is still so.
func tell(w store.Watch, o observation) (store.Watch, *store.EpisodeLine) {
	line := &store.EpisodeLine{
		At: o.at, Kind: w.State, Target: w.Target, Cause: w.Cause, Headline: w.Headline, Since: w.DownFrom,
		Verdict: o.verdict, Investigation: o.investigation,
	}
	switch {
	case w.State == "" || w.State == w.Told && (w.State != stateFailing || w.Cause == w.ToldWhy || w.Cause == ""):
		return w, nil
	case w.State == stateHealthy && w.Told != "" && w.Told != stateHealthy:
		line.Cause, line.Fixed, line.At = w.ToldWhy, w.Fixed, w.Since
	case w.State == stateHealthy:
		line = nil
	case w.State == stateFlapping:
		line.Period = period(w)
	case w.State == stateFailing && w.Told == stateFailing:
		line.Kind, line.Was = lineCause, w.ToldWhy
	}
	w.Told, w.ToldWhy, w.Fixed = w.State, w.Cause, ""
	if w.State == stateHealthy {
		w.DownFrom = time.Time{}
	}
	return w, line
}

// Kinds of lines that are no states.
const (
	lineCause    = "cause"
	lineReminder = "reminder"
	lineEnded    = "ended"
)

// incidents gives the incidents that a change of a target's state opens, brings
// up to date and closes. Speech has no part in it.
func incidents(schedule string, before, after store.Watch, o observation) (store.Watch, []store.Incident) {
	if before.State == after.State && before.Cause == after.Cause {
		after.Incident = before.Incident
		return after, nil
	}
	i := store.Incident{
		Target: after.Target, Schedule: schedule, From: before.Incident, Kind: after.State, Cause: after.Cause,
		Headline: after.Headline, Investigation: o.investigation,
	}
	switch {
	case after.State == stateHealthy && before.Incident.IsZero():
		return after, nil
	case after.State == stateHealthy:
		i.Kind, i.Cause, i.Headline, i.To, i.Fixed = before.State, before.Cause, before.Headline, after.Since, o.fixed
		after.Incident = time.Time{}
	case before.Incident.IsZero():
		i.From = after.Since
		after.Incident = i.From
	}
	return after, []store.Incident{i}
}
