package bot

import (
	"slices"
	"time"

	"github.com/plexorbot/plexor/store"
)

// maxShownLabels bounds the labels that are kept of an alert.
const maxShownLabels = 24

// few are those labels that a record keeps; those that mutes and windows ask
// for are among them, since that is asked again when one ends.
func (b *board) few(labels map[string]string) map[string]string {
	kept := few(labels)
	asked := func(names map[string]string) {
		for name := range names {
			if v, ok := labels[name]; ok {
				kept[name] = clip(v, 200)
			}
		}
	}
	for _, m := range b.mutes {
		asked(m.Labels)
	}
	for _, w := range b.windows {
		asked(w.Labels)
	}
	return kept
}

// few keeps a record small whatever a sender puts into labels.
func few(labels map[string]string) map[string]string {
	kept, size := map[string]string{}, 0
	for _, k := range sortedNames(labels) {
		v := clip(labels[k], 200)
		if size += len(k) + len(v); len(kept) == maxShownLabels || size > 1500 {
			break
		}
		kept[k] = v
	}
	return kept
}

// keep has the alert's record written.
func (b *board) keep(n *memo, a arrival, muted string) {
	why := a.alert.Why
	for _, p := range a.places {
		if p.refused != "" {
			why = p.refused
		}
	}
	if muted != "" {
		why = muted
	}
	b.change.Alerts = append(b.change.Alerts, store.Alert{
		Seq: n.seq, Fingerprint: a.alert.Fingerprint, Source: a.alert.Source, Title: clip(a.alert.Title, 200), Severity: a.alert.Severity,
		Link: clip(a.alert.Link, 300), Labels: few(a.alert.Labels), Targets: a.alert.Targets[:min(len(a.alert.Targets), 20)],
		Route: a.route.Name, Why: clip(why, 500), Firing: n.firing, Muted: muted != "", Trouble: n.trouble, Count: n.count,
		First: time.Unix(0, n.first).UTC(), Last: time.Unix(0, n.last).UTC(), Keys: n.keys,
	})
}

// evict forgets the fingerprints that came longest ago, a twentieth at a time.
func (b *board) evict() {
	if len(b.notes) <= b.limits.Kept {
		return
	}
	type aged struct {
		key  uint64
		last int64
	}
	all := make([]aged, 0, len(b.notes))
	for k, n := range b.notes {
		all = append(all, aged{k, n.last})
	}
	slices.SortFunc(all, func(x, y aged) int { return int(min(max(x.last-y.last, -1), 1)) })
	for _, old := range all[:len(all)/8+1] {
		n := b.notes[old.key]
		if t := b.trouble(n.trouble); t != nil && n.firing {
			t.Firing--
			b.counted[t.ID] = true
		}
		delete(b.notes, old.key)
		b.change.Forget = append(b.change.Forget, n.seq)
		b.stats.Evicted++
	}
}
