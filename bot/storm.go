package bot

import (
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// stormMark is a storm that goes on in a channel.
type stormMark struct {
	trouble string
	last    time.Time // when a new target came last
}

// storm returns the storm that goes on in a channel, if one does.
func (b *board) storm(channel string, now time.Time) *store.Trouble {
	m, ok := b.storms[channel]
	if !ok || now.Sub(m.last) > b.limits.StormWithin {
		delete(b.storms, channel)
		return nil
	}
	return b.trouble(m.trouble)
}

// mark notes that a trouble got a new target.
func (b *board) mark(t *store.Trouble, now time.Time) {
	if t.Storm {
		b.storms[t.Channel] = stormMark{t.ID, now}
		return
	}
	b.recent = append(b.recent, arrivalMark{now, t.Channel, t.ID})
}

// brew makes one storm of all that came within a short time, if it is much.
func (b *board) brew(channel string, now time.Time) {
	old := 0
	for old < len(b.recent) && now.Sub(b.recent[old].at) > b.limits.StormWithin {
		old++
	}
	b.recent = b.recent[old:]
	if len(b.recent) <= b.limits.StormTargets {
		return
	}
	targets, troubles := 0, map[string]bool{}
	for _, m := range b.recent {
		if m.channel == channel {
			targets++
			troubles[m.trouble] = true
		}
	}
	if targets <= b.limits.StormTargets || len(troubles) < 2 {
		b.recent = b.recent[max(0, len(b.recent)-10*b.limits.StormTargets):]
		return
	}
	storm := &store.Trouble{ID: investigations.NewID(now), Channel: channel, Storm: true, Begun: now, Last: now}
	b.troubles[storm.ID] = storm
	b.stats.Storms++
	b.storms[channel] = stormMark{storm.ID, now}
	kept := b.recent[:0]
	for _, m := range b.recent {
		if m.channel != channel {
			kept = append(kept, m)
		} else if t := b.troubles[m.trouble]; t != nil && t.Into == "" {
			b.fold(storm, t, now)
		}
	}
	b.recent = kept
	b.touch(storm)
}

// fold moves all of a trouble into a storm. One whose thread stands in Slack
// already, or belongs under somebody's message, says there where it went.
func (b *board) fold(storm, t *store.Trouble, now time.Time) {
	for i, e := range t.Entries {
		b.groups[groupKey(t.Channel, t.Thread, e.Host)] = storm.ID
		b.groups[groupKey(t.Channel, "", e.Host)] = storm.ID
		if known := find(storm, place{target: e.Target, host: e.Host}); known != nil {
			if known.Firing += e.Firing; e.Firing > 0 {
				b.again(storm, known, now)
			}
			continue
		}
		storm.Entries = append(storm.Entries, e)
		for _, id := range []string{e.First, e.Again} {
			if id == "" {
				continue
			}
			b.change.Follow = append(b.change.Follow, store.Follow{Investigation: id, Subject: store.AlertSubject(storm.ID)})
			for j, ref := range b.running[id] {
				if ref == (entryRef{t.ID, i}) {
					b.running[id][j] = entryRef{storm.ID, len(storm.Entries) - 1}
				}
			}
		}
	}
	storm.Alerts += t.Alerts
	storm.Firing += t.Firing
	storm.Seen += t.Seen
	storm.More += t.More
	t.Into, t.Entries, t.Firing, t.Closed, t.Held = storm.ID, nil, 0, true, false
	t.Posted = t.Posted || t.Thread != ""
	b.touch(t)
}

// mostThreads bounds the messages of others that are answered about one target
// within the cool-down: more is a bot that repeats what it reads.
const mostThreads = 5

// echoed returns the thread that an alert of a message joins where its target
// has so many already, or nil.
func (b *board) echoed(a arrival, now time.Time) (last *store.Trouble) {
	if a.thread == "" {
		return nil
	}
	threads := 0
	for _, t := range b.troubles {
		if t.Into != "" || t.Thread == "" || now.Sub(t.Begun) > b.limits.Cooldown {
			continue
		}
		for _, p := range a.places {
			if find(t, p) == nil {
				continue
			}
			if threads++; last == nil || t.ID > last.ID {
				last = t
			}
			break
		}
	}
	if threads < mostThreads {
		return nil
	}
	return last
}
