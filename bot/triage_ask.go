package bot

import (
	"slices"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/store"
)

// ask is a question to AWS: which targets are meant by what an alert names.
type ask struct {
	trouble, fingerprint string
	arns                 []string
}

const (
	maxLookups = 10   // ARNs of one alert
	maxAsks    = 1000 // questions that wait
	// askGrace is how long a new thread is held back while AWS is asked: often
	// there is one about the same host already.
	askGrace = 3 * time.Second
)

// ask has AWS asked about an entry.
func (b *board) ask(t *store.Trouble, e *store.Entry) {
	if !b.lookup || len(b.asks) >= maxAsks {
		b.unanswered(t, e, "the alert names only "+strings.Join(e.Lookup, " ")+", and AWS can't be asked now; map it to targets under alerts.sns.target_groups")
		return
	}
	e.State, e.Why = store.EntryAsking, ""
	b.asks = append(b.asks, ask{t.ID, e.Fingerprint, e.Lookup})
	b.touch(t)
}

func (b *board) unanswered(t *store.Trouble, e *store.Entry, why string) {
	b.stats.Untargeted++
	e.State, e.Why = store.EntryUntargeted, clip(why, 500)
	b.touch(t)
	b.close(t)
}

// asking reports whether AWS is being asked for a trouble.
func asking(t *store.Trouble) bool {
	return slices.ContainsFunc(t.Entries, func(e store.Entry) bool { return e.State == store.EntryAsking })
}

// answered takes AWS's answer: the targets take the place of the entry that
// stood for them. Without a target, about says why.
func (b *board) answered(q ask, places []place, about string, now time.Time) {
	t := b.trouble(q.trouble)
	if t == nil {
		return
	}
	i := slices.IndexFunc(t.Entries, func(e store.Entry) bool {
		return e.State == store.EntryAsking && e.Fingerprint == q.fingerprint
	})
	if i < 0 {
		return
	}
	if len(places) == 0 {
		b.unanswered(t, &t.Entries[i], about)
		return
	}
	was := t.Entries[i]
	b.drop(t, i)
	t = b.meet(t, places, now)
	a := arrivalOf(was, places)
	if len(t.Entries) == 0 && !t.Posted && b.mutedBy(a, now) != "" {
		t.Held = true
	}
	for _, p := range places {
		before := 0
		if e := find(t, p); e != nil {
			before = e.Firing
		}
		b.enterPlace(t, a, p, true, now)
		if e := find(t, p); e != nil {
			e.Firing, e.Lookup, e.About = before+was.Firing, was.Lookup, clip(about, 300)
			if e.Firing == 0 {
				e.Resolved = was.Resolved
			}
		}
	}
	if n := b.notes[hash(was.Fingerprint)]; n != nil {
		a.alert.Firing = n.firing
		b.keep(n, a, "")
	}
	b.brew(t.Channel, now)
	b.touch(t)
	b.close(t)
}

// arrivalOf is the alert of an entry with the targets that were found for it.
func arrivalOf(e store.Entry, places []place) arrival {
	a := arrival{places: places, route: Routing{Name: e.Route, Plan: e.Plan, Inputs: e.Inputs}}
	a.alert = alerts.Alert{Source: e.Source, Title: e.Title, Link: e.Link, Fingerprint: e.Fingerprint, Severity: e.Severity, Labels: e.Labels, Lookup: e.Lookup}
	for _, p := range places {
		a.alert.Targets = append(a.alert.Targets, p.target)
	}
	return a
}

// meet moves a trouble that nobody saw yet into one that has its host.
func (b *board) meet(t *store.Trouble, places []place, now time.Time) *store.Trouble {
	if t.Posted || t.Thread != "" || t.Storm || len(t.Entries) > 0 {
		return t
	}
	for _, p := range places {
		if other := b.trouble(b.groups[groupKey(t.Channel, "", p.host)]); other != t && b.joinable(other, now) {
			other.Last = now
			b.fold(other, t, now)
			return other
		}
	}
	return t
}

// drop takes an entry out of a trouble; those behind it move up.
func (b *board) drop(t *store.Trouble, i int) {
	t.Entries = slices.Delete(t.Entries, i, i+1)
	for _, refs := range b.running {
		for n := range refs {
			if refs[n].trouble == t.ID && refs[n].index > i {
				refs[n].index--
			}
		}
	}
}

// stands reports whether an entry stands for one of some ARNs.
func stands(lookup, arns []string) bool {
	return slices.ContainsFunc(arns, func(a string) bool { return slices.Contains(lookup, a) })
}
