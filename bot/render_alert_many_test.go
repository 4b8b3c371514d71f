package bot

import (
	"fmt"
	"testing"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// entriesOf makes entries of words: a cause, or a state.
func entriesOf(words ...string) (all []store.Entry) {
	for i, w := range words {
		e := store.Entry{Target: fmt.Sprintf("web-%d:80", i), Host: fmt.Sprintf("web-%d", i), State: store.EntryDone}
		switch w {
		case "healthy", "inconclusive":
			e.Verdict, e.Headline = w, w
		case "waiting", "refused", "untargeted", "muted":
			e.State = store.EntryState(w)
		default:
			e.Verdict, e.Cause, e.Headline = string(investigations.VerdictCause), w, w
		}
		all = append(all, e)
	}
	return all
}

// TestManyHeadline says one cause for all only where all have it.
func TestManyHeadline(t *testing.T) {
	for _, c := range []struct {
		words  []string
		closed bool
		want   string
	}{
		{[]string{"down", "down", "down"}, false, "🔴 3 alerts on 3 targets, one cause: down"},
		{[]string{"down", "down", "inconclusive"}, false, "🔴 3 alerts on 3 targets: down (2 of them), no cause proved for 1"},
		{[]string{"down", "full", "healthy"}, false, "🔴 3 alerts on 3 targets: 2 causes for 2 of them, 1 accept connections"},
		{[]string{"down", "refused", "untargeted", "muted"}, false, "🔴 4 alerts on 4 targets: down (1 of them), 1 muted, 1 may not be diagnosed, 1 name nothing to diagnose"},
		{[]string{"waiting", "waiting"}, false, "2 alerts on 2 targets: being looked into"},
		{[]string{"down", "waiting"}, false, "🔴 2 alerts on 2 targets: down (1 of them), 1 still to be looked at"},
		{[]string{"inconclusive", "healthy"}, false, "🟡 2 alerts on 2 targets: no cause proved for 1, 1 accept connections"},
		{[]string{"healthy", "healthy"}, true, "🟢 Over: 2 alerts on 2 targets"},
		{[]string{"healthy", "refused"}, true, "🟢 Over: 2 alerts on 2 targets"},
		{[]string{"refused", "refused"}, true, "Resolved: 2 alerts on 2 targets: 2 may not be diagnosed"},
		{[]string{"down", "down"}, true, "🔴 Resolved, but not well: 2 alerts on 2 targets, one cause: down"},
		{[]string{"down", "healthy"}, true, "🔴 Resolved, but not well: 2 alerts on 2 targets: down (1 of them), 1 accept connections"},
	} {
		tr := store.Trouble{Alerts: len(c.words), Closed: c.closed, Entries: entriesOf(c.words...)}
		if got := manyHeadline(tr); got != c.want {
			t.Errorf("manyHeadline(%v, closed %v) = %q, want %q", c.words, c.closed, got, c.want)
		}
	}
}

// TestSharedCauseOfManyHeadlines has one load balancer's routes fail for many:
// the headline of one is not said of all.
func TestSharedCauseOfManyHeadlines(t *testing.T) {
	entries := entriesOf("no-route-lb", "no-route-lb", "no-route-lb")
	for i := range entries {
		entries[i].On, entries[i].Headline = "lb-1", fmt.Sprintf("lb-1 has no route to 10.0.%d.1", i)
	}
	want := "🔴 3 alerts on 3 targets, one cause: lb-1 has no route to 10.0.0.1, and likewise 2 more"
	if got := manyHeadline(store.Trouble{Alerts: 3, Entries: entries}); got != want {
		t.Errorf("manyHeadline = %q, want %q", got, want)
	}
}
