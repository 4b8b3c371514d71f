package bot

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// TestEchoedMessages has another bot repeat, word for word, what Plexor writes
// in the threads of alerts: none of it is an alert.
func TestEchoedMessages(t *testing.T) {
	files, err := filepath.Glob("testdata/render/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no investigations to render", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var inv investigations.Investigation
		if err := json.Unmarshal(text, &inv); err != nil {
			t.Fatal(err)
		}
		for _, m := range troubleMessages(inv) {
			for shape, event := range map[string]map[string]any{
				"text":       {"text": m.Text},
				"blocks":     {"text": m.Text, "blocks": m.Classic},
				"attachment": {"text": "from #ops", "attachments": []any{map[string]any{"text": m.Text, "color": "danger"}}},
				"shortcodes": {"text": strings.NewReplacer("🔴", ":red_circle:", "🟡", ":large_yellow_circle:", "🟢", ":large_green_circle:").Replace(m.Text)},
			} {
				event["type"], event["channel"], event["ts"], event["bot_id"] = "message", "C1", "1700000000.000100", "B0OTHER"
				body, _ := json.Marshal(event)
				r, err := alerts.Parse("slack", http.Header{}, body, alerts.Options{Now: time.Now()})
				if err != nil || len(r.Alerts) > 0 {
					t.Errorf("%s, %s as %s, %q: %d alerts, %v; want none", file, m.Key, shape, clip(m.Text, 80), len(r.Alerts), err)
				}
			}
		}
	}
}

// troubleMessages are the messages of an alert's thread in every state.
func troubleMessages(inv investigations.Investigation) (all []Message) {
	found := map[string]investigations.Investigation{"1": inv, "2": inv}
	at := time.Now()
	for _, state := range []store.EntryState{store.EntryWaiting, store.EntryRunning, store.EntryDone, store.EntryRefused, store.EntryUntargeted, store.EntryMuted, store.EntryAsking} {
		for _, verdict := range []string{"cause", "healthy", "inconclusive"} {
			e := store.Entry{Target: "10.0.3.12:8080", Host: "10.0.3.12", State: state, Verdict: verdict, Headline: "10.0.3.12:8080 refuses: connection refused", Firing: 1}
			over := e
			over.First, over.Again, over.Resolved = "1", "2", at
			looked := e
			looked.First = "1"
			again := over
			again.Resolved = time.Time{}
			for _, entries := range [][]store.Entry{{e}, {looked}, {over}, {again}, {e, over}} {
				all = append(all, renderTrouble(store.Trouble{Posted: true, Alerts: len(entries), Entries: entries, Closed: len(entries) == 2}, found)...)
			}
		}
	}
	return append(all, renderTrouble(store.Trouble{Posted: true, Into: "x"}, nil)...)
}

// TestEchoIsBounded has a bot that puts what it reads into words of its own
// answer each answer: that ends.
func TestEchoIsBounded(t *testing.T) {
	d := newDesk(t, TriageLimits{})
	for i := range 50 {
		d.arrived(arrival{thread: fmt.Sprint("1.", i), once: true, alert: alerts.Alert{Source: "slack", Fingerprint: fmt.Sprint(i), Firing: true}}, "web-1:80")
		d.pass(time.Second)
	}
	d.wantOpen(mostThreads)
	d.wantStarted(1)
}
