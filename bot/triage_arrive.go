package bot

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/store"
)

// arrival is one alert with all that is known of it before the board sees it.
type arrival struct {
	alert  alerts.Alert
	route  Routing
	thread string  // ts of the Slack message that it stood in
	places []place // its targets
	count  int64   // how often it happened; 1 if 0
	once   bool    // a delivery with the same key is not even counted
}

// place is one target of an alert.
type place struct {
	target, host string
	refused      string // why it may not be diagnosed
}

// keysKept is how many deliveries of a fingerprint are remembered.
const keysKept = 6

// arrive takes one alert.
func (b *board) arrive(a arrival, now time.Time) {
	n, known := b.memo(a.alert.Fingerprint, now)
	repeated := known && a.alert.DedupKey != "" && slices.Contains(n.keys, hash(a.alert.DedupKey))
	if repeated && a.once {
		b.stats.Repeated++
		return
	}
	n.count += max(a.count, 1)
	n.last, n.log = now.UnixNano(), a.alert.Source == "log"
	if a.alert.DedupKey != "" && !repeated {
		n.keys = append(n.keys, hash(a.alert.DedupKey))
		n.keys = n.keys[max(0, len(n.keys)-keysKept):]
	}
	if repeated {
		b.stats.Repeated++
	}
	muted := ""
	switch {
	case !a.alert.Firing:
		b.stats.Resolved++
		b.resolve(n, a, now)
	case repeated && n.trouble != "" && (!n.firing || b.trouble(n.trouble) == nil):
		b.seen(n, now) // late, or of a trouble that is long over
	default:
		b.stats.Firing++
		muted = b.fire(n, a, now)
	}
	b.brew(a.route.Channel, now)
	b.keep(n, a, muted)
	b.evict()
}

// memo finds what is remembered of a fingerprint, or begins to.
func (b *board) memo(fingerprint string, now time.Time) (n *memo, known bool) {
	k := hash(fingerprint)
	if n = b.notes[k]; n != nil {
		return n, true
	}
	n = &memo{seq: b.nextSeq, first: now.UnixNano()}
	b.nextSeq++
	b.notes[k] = n
	return n, false
}

// hash is a fingerprint's or a delivery's 64 bits: most are 16 hexadecimal
// digits of a SHA-256 already.
func hash(s string) uint64 {
	if len(s) == 16 {
		if n, err := strconv.ParseUint(s, 16, 64); err == nil {
			return n
		}
	}
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// fire takes an alert that says that something is wrong. It returns why the
// alert makes no thread, if a mute is why: it is held until the mute ends.
func (b *board) fire(n *memo, a arrival, now time.Time) (muted string) {
	old := b.trouble(n.trouble)
	t := old
	if !b.joinable(t, now) || a.thread != "" && t.Thread != a.thread && !t.Storm {
		t = nil
	}
	if t == nil || t.Held {
		if muted = b.mutedBy(a, now); muted != "" {
			b.stats.Muted++
		}
	}
	if t == nil {
		t = b.home(a, muted != "", now)
	}
	t.Seen += max(a.count, 1)
	t.Last = now
	fresh := !n.firing || t != old
	if fresh && old != nil && n.firing {
		old.Firing--
		b.lower(old, n, a)
		b.touched[old.ID] = true
	}
	if fresh {
		t.Firing++
		if t != old {
			t.Alerts++
		}
	}
	n.firing, n.trouble = true, t.ID
	n.targets = n.targets[:0]
	for _, p := range a.places {
		n.targets = append(n.targets, hash(p.target))
	}
	b.enter(t, a, fresh, now)
	b.close(t)
	b.count(t, now)
	return muted
}

// seen counts a delivery that changes nothing else.
func (b *board) seen(n *memo, now time.Time) {
	if t := b.trouble(n.trouble); t != nil {
		t.Seen++
		b.count(t, now)
	}
}

// enter brings an alert's targets into a trouble; fresh if the alert did not
// fire in it before.
func (b *board) enter(t *store.Trouble, a arrival, fresh bool, now time.Time) {
	if len(a.places) == 0 {
		b.enterPlace(t, a, place{host: untargetedHost(a.alert)}, fresh, now)
	}
	for _, p := range a.places {
		b.enterPlace(t, a, p, fresh, now)
	}
}

func (b *board) enterPlace(t *store.Trouble, a arrival, p place, fresh bool, now time.Time) {
	e := find(t, p)
	if e == nil && fresh {
		e = b.alias(t, a, p, now)
	}
	if e != nil {
		b.widen(t, e, a)
		if fresh {
			e.Firing++
			b.touched[t.ID] = true
			b.again(t, e, now)
		} else {
			b.goesOn(t, e, now)
		}
		return
	}
	if !fresh && len(t.Entries) > 0 || serverOf(t, p.target) {
		return // it is one of those beyond maxEntries, or the server that is missing is here
	}
	if len(t.Entries) == maxEntries {
		t.More++
		b.mark(t, now)
		return
	}
	t.Entries = append(t.Entries, b.entry(a, p, now))
	b.groups[groupOf(t, p.host)] = t.ID
	b.settleIn(t, &t.Entries[len(t.Entries)-1], now)
	b.touch(t)
}

// serverOf reports whether a server of the group that a target names is looked
// into: "backend bk has no server" comes with "server bk/web2 is down".
func serverOf(t *store.Trouble, group string) bool {
	return group != "" && slices.ContainsFunc(t.Entries, func(e store.Entry) bool {
		return e.Firing > 0 && strings.HasPrefix(e.Target, group+"/")
	})
}

// settleIn says what comes of a new entry.
func (b *board) settleIn(t *store.Trouble, e *store.Entry, now time.Time) {
	switch {
	case t.Held:
		if e.State == store.EntryWaiting || e.State == store.EntryAsking {
			e.State, e.Why = store.EntryMuted, b.mutedEntry(e, now)
		}
	case e.State == store.EntryAsking:
		b.ask(t, e)
	default:
		b.reuse(t, e, now)
		b.mark(t, now)
	}
}

func find(t *store.Trouble, p place) *store.Entry {
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Target == p.target && e.Host == p.host || slices.Contains(e.Also, p.target) {
			return e
		}
	}
	return nil
}

func (b *board) entry(a arrival, p place, now time.Time) store.Entry {
	e := store.Entry{
		Target: p.target, Host: p.host, Title: clip(a.alert.Title, 200), Source: a.alert.Source, Link: a.alert.Link,
		Fingerprint: a.alert.Fingerprint, Severity: a.alert.Severity, Rank: a.alert.Rank(), Plan: a.route.Plan, Inputs: a.route.Inputs,
		Route: a.route.Name, State: store.EntryWaiting, Firing: 1, Since: now,
	}
	switch {
	case p.target == "" && b.lookup && len(a.alert.Lookup) > 0:
		e.State, e.Lookup, e.Labels = store.EntryAsking, a.alert.Lookup[:min(len(a.alert.Lookup), maxLookups)], b.few(a.alert.Labels)
	case p.target == "":
		b.stats.Untargeted++
		e.State, e.Why, e.Labels = store.EntryUntargeted, clip(a.alert.Why, 500), b.few(a.alert.Labels)
	case p.refused != "":
		e.State, e.Why = store.EntryRefused, clip(p.refused, 300)
		b.stats.Refused++
	default:
		e.Labels = b.few(a.alert.Labels)
	}
	return e
}
