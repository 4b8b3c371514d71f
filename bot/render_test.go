package bot

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/plexorbot/plexor/investigations"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestRender holds threads against golden files: one for each end that an
// investigation can come to.
func TestRender(t *testing.T) {
	inputs, err := filepath.Glob("testdata/render/*.json")
	if err != nil || len(inputs) == 0 {
		t.Fatal("no inputs", err)
	}
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".json")
		t.Run(name, func(t *testing.T) {
			var inv investigations.Investigation
			readJSONFile(t, input, &inv)
			messages := Render(inv)
			holdLimits(t, messages)
			got, err := json.MarshalIndent(messages, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(input, ".json") + ".golden"
			if *update {
				if err := os.WriteFile(golden, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("Render (-want +got), -update writes it anew:\n%s", diff)
			}
		})
	}
}

func readJSONFile(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// holdLimits holds messages against Slack's limits, and their text against
// markup that a stranger could have brought in.
func holdLimits(t *testing.T, messages []Message) {
	t.Helper()
	for _, m := range messages {
		if len(m.Blocks) > maxBlocks || len(m.Classic) > maxBlocks {
			t.Errorf("%s has %d blocks, at most %d", m.Key, len(m.Blocks), maxBlocks)
		}
		if n := utf8.RuneCountInString(m.Text); n > 4000 || n == 0 {
			t.Errorf("%s has a text of %d characters", m.Key, n)
		}
		if textSize(m.Blocks) > maxAll+maxSection {
			t.Errorf("%s has %d characters in its blocks", m.Key, textSize(m.Blocks))
		}
		if strings.ContainsAny(m.Text, "<>") {
			t.Errorf("%s has markup in its text: %s", m.Key, m.Text)
		}
	}
}

// TestRenderHuge renders more than fits.
func TestRenderHuge(t *testing.T) {
	var inv investigations.Investigation
	readJSONFile(t, "testdata/render/cause.json", &inv)
	long := strings.Repeat("<!channel> é ", 5000)
	for range 40 {
		inv.Endpoints = append(inv.Endpoints, inv.Endpoints[0])
		c := inv.Verdict.Causes[0]
		c.Headline = long
		c.Remedies = append(c.Remedies, investigations.Remedy{Kind: "fix", On: long, Run: long, Explain: long})
		inv.Verdict.Causes = append(inv.Verdict.Causes, c)
	}
	inv.Verdict.Headline = long
	for i := range inv.Endpoints {
		for j := range inv.Endpoints[i].Steps {
			inv.Endpoints[i].Steps[j].Headline = long
			inv.Endpoints[i].Steps[j].Evidence = []string{long, long, long}
		}
	}
	holdLimits(t, Render(inv))
}

// TestProofIsCutAtItsBeginning: the facts that tell most are the last ones.
func TestProofIsCutAtItsBeginning(t *testing.T) {
	c := investigations.Cause{ID: "x"}
	for i := range maxProof + 3 {
		c.Proof = append(c.Proof, investigations.Proof{Check: "owner", Fact: fmt.Sprint("fact", i), Value: true})
	}
	text, err := json.Marshal(causeBlocks(c))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), `fact2 `) || !strings.Contains(string(text), `fact3 `) || !strings.Contains(string(text), fmt.Sprint("fact", maxProof+2, " ")) {
		t.Errorf("the proof says %s, want the last %d facts", text, maxProof)
	}
}
