package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// maxRows bounds the table of a parent message.
const maxRows = 40

// renderMany is the thread of several targets: what they have in common, a
// table, and a reply for each that was looked into.
func renderMany(t store.Trouble, found map[string]investigations.Investigation) []Message {
	head := manyHeadline(t)
	blocks := []block{header(clip(head, maxHeader))}
	if causes := sharedCauses(t.Entries); len(causes) > 0 {
		var lines []block
		for _, c := range causes[:min(len(causes), 8)] {
			lines = append(lines, line(strong(fmt.Sprintf("%d × ", c.count)), word(c.words())))
		}
		blocks = append(blocks, rich(bullets(lines...)))
	}
	blocks = append(blocks, rich(pre(table(t))))
	for _, words := range sameEndpoints(t.Entries) {
		blocks = append(blocks, note(words))
	}
	blocks = append(blocks, note(manyNote(t)))
	parent := alertMessage(t, head, blocks...)
	parent.Urgent = t.Closed
	messages := []Message{parent}
	for i, e := range t.Entries {
		if inv, ok := found[e.First]; ok && inv.State.Ended() && len(messages) < maxLooks {
			m := renderVerdict(inv)
			m.Key, m.Channel, m.Urgent = fmt.Sprintf("%s/%d", keyLook, i), t.Channel, false
			m.Blocks = append([]block{header(clip(mark(inv)+" "+e.Target, maxHeader))}, m.Blocks...)
			m.Blocks = fit(m.Blocks)
			m.Classic = m.Blocks
			messages = append(messages, m)
		}
	}
	return messages
}

// manyHeadline is the whole in one line: how many, and what they have in
// common. It names one cause for all only where all have it.
func manyHeadline(t store.Trouble) string {
	n := fmt.Sprintf("%d alerts", t.Alerts)
	if t.Alerts == 1 {
		n = "1 alert"
	}
	total := len(t.Entries) + t.More
	n += fmt.Sprintf(" on %d targets", total)
	causes, c := sharedCauses(t.Entries), countEntries(t)
	switch {
	case c.open > 0 && c.open == total:
		return n + ": being looked into"
	case t.Closed && c.well > 0 && c.well == c.looked:
		return "🟢 Over: " + n
	case len(causes) == 1 && causes[0].count == total:
		return "🔴 " + over(t, c) + n + ", one cause: " + causes[0].words()
	}
	words := append(causeWords(causes), c.words()...)
	if len(words) == 0 {
		return over(t, c) + n
	}
	return c.mark() + over(t, c) + n + ": " + strings.Join(words, ", ")
}

// over is what stands before the rest once nothing fires any more.
func over(t store.Trouble, c entryCounts) string {
	switch {
	case !t.Closed:
		return ""
	case c.proved+c.unproved > 0:
		return "Resolved, but not well: "
	}
	return "Resolved: "
}

// causeWords are the causes with how many targets each explains; of many, only
// how many they are, since the list below names them.
func causeWords(causes []sharedCause) []string {
	sum := 0
	for _, c := range causes {
		sum += c.count
	}
	switch {
	case len(causes) == 0:
		return nil
	case len(causes) == 1:
		return []string{fmt.Sprintf("%s (%d of them)", causes[0].words(), sum)}
	}
	return []string{fmt.Sprintf("%d causes for %d of them", len(causes), sum)}
}

// entryCounts are a trouble's targets by what is known of them.
type entryCounts struct{ looked, well, unproved, proved, open, refused, untargeted, muted, more int }

func countEntries(t store.Trouble) entryCounts {
	c := entryCounts{more: t.More, open: waitingIn(&t)}
	for _, e := range t.Entries {
		switch e.State {
		case store.EntryRefused:
			c.refused++
		case store.EntryUntargeted:
			c.untargeted++
		case store.EntryMuted:
			c.muted++
		case store.EntryDone, store.EntryExplained:
			c.looked++
			switch {
			case e.Verdict == string(investigations.VerdictHealthy):
				c.well++
			case e.Verdict == string(investigations.VerdictCause) && e.Cause != "":
				c.proved++
			default:
				c.unproved++
			}
		}
	}
	return c
}

func (c entryCounts) words() (words []string) {
	for _, part := range []struct {
		n    int
		text string
	}{
		{c.unproved, "no cause proved for %d"}, {c.well, "%d accept connections"}, {c.open, "%d still to be looked at"}, {c.muted, "%d muted"},
		{c.refused, "%d may not be diagnosed"}, {c.untargeted, "%d name nothing to diagnose"}, {c.more, "%d too many to be looked at"},
	} {
		if part.n > 0 {
			words = append(words, fmt.Sprintf(part.text, part.n))
		}
	}
	return words
}

func (c entryCounts) mark() string {
	switch {
	case c.proved > 0:
		return "🔴 "
	case c.unproved > 0:
		return "🟡 "
	}
	return ""
}

// waitingIn counts the targets that are not looked into yet, or just now.
func waitingIn(t *store.Trouble) (n int) {
	for i := range t.Entries {
		if s := t.Entries[i].State; s == store.EntryWaiting || s == store.EntryRunning || s == store.EntryAsking {
			n++
		}
	}
	return n
}

// sharedCause is a cause with how many targets it explains.
type sharedCause struct {
	key, headline string
	count         int
	differ        bool // they have a headline each, of which this is one
}

// words are the headline, and that it holds for others in the same way.
func (c sharedCause) words() string {
	if !c.differ {
		return c.headline
	}
	return fmt.Sprintf("%s, and likewise %d more", c.headline, c.count-1)
}

// sharedCauses puts together what was proved: a whole host's trouble by host,
// any other by cause and host, the most frequent first.
func sharedCauses(entries []store.Entry) (all []sharedCause) {
	for _, e := range entries {
		if e.Verdict != string(investigations.VerdictCause) || e.Cause == "" {
			continue
		}
		key := e.Cause + "\x00" + cmp.Or(e.On, e.Host)
		headline := e.Headline
		if !hostwide[e.Cause] {
			key = e.Cause + "\x00" + e.Headline
		}
		i := slices.IndexFunc(all, func(c sharedCause) bool { return c.key == key })
		if i < 0 {
			all = append(all, sharedCause{key: key, headline: headline})
			i = len(all) - 1
		}
		all[i].count++
		all[i].differ = all[i].differ || all[i].headline != headline
	}
	slices.SortStableFunc(all, func(a, b sharedCause) int { return cmp.Compare(b.count, a.count) })
	return all
}

// table shows every target in a row. It is preformatted text, in which nothing
// is markup.
func table(t store.Trouble) string {
	width := 6
	for _, e := range t.Entries[:min(len(t.Entries), maxRows)] {
		width = max(width, min(utf8.RuneCountInString(rowName(e)), 40))
	}
	var b strings.Builder
	size := 0
	for i, e := range t.Entries {
		row := fmt.Sprintf("%-*s  %s\n", width, clip(rowName(e), 40), clip(rowWords(e), 90))
		if size += utf8.RuneCountInString(row); i == maxRows || size > maxSection-100 {
			fmt.Fprintf(&b, "and %d more: plexor alerts list\n", len(t.Entries)-i+t.More)
			return b.String()
		}
		b.WriteString(row)
	}
	if t.More > 0 {
		fmt.Fprintf(&b, "and %d more, not looked into: plexor alerts list\n", t.More)
	}
	return b.String()
}

func rowName(e store.Entry) string { return cmp.Or(e.Target, e.Title, "no target") }

func rowWords(e store.Entry) string {
	state := map[store.EntryState]string{
		store.EntryWaiting: "waits for its turn", store.EntryRunning: "being looked into", store.EntryMuted: "muted",
		store.EntryAsking: "asking AWS which targets are meant", store.EntryRefused: "may not be diagnosed", store.EntryUntargeted: "names nothing to diagnose",
	}[e.State]
	if state == "" {
		state = verdictMark(e) + " " + e.Headline
	}
	if !e.Resolved.IsZero() {
		state = "resolved " + clock(e.Resolved) + "; " + state
	}
	return strings.ReplaceAll(state, "\n", " ")
}

func manyNote(t store.Trouble) string {
	words := []string{"seen " + times(t.Seen) + ", last " + clock(t.Last)}
	if t.Storm {
		words = append([]string{"a storm of alerts, since " + clock(t.Begun)}, words...)
	}
	counts := map[string]int{}
	for _, e := range t.Entries {
		counts[e.Source]++
	}
	return strings.Join(append(words, "from "+strings.Join(sortedNames(counts), ", ")), " · ")
}

// maxSame bounds the notes about names of one endpoint.
const maxSame = 5

// sameEndpoints say which rows are about one endpoint.
func sameEndpoints(entries []store.Entry) (words []string) {
	for _, e := range entries {
		if len(e.Also) > 0 {
			words = append(words, sameWords(e))
		}
		for _, ep := range e.Found {
			for _, other := range entries {
				if own, ok := literal(other.Target); ok && own == ep.Address && other.Target != e.Target {
					words = append(words, e.Target+" stands for "+ep.Address+": both are about one endpoint")
				}
			}
		}
	}
	return words[:min(len(words), maxSame)]
}
