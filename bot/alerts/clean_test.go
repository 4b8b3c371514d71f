package alerts

import (
	"strings"
	"testing"
)

// TestCleanMasksBeforeItCuts cuts a text within the password of a URL.
func TestCleanMasksBeforeItCuts(t *testing.T) {
	s := "see http://admin:hunter2hunter2@10.0.0.1/"
	for n := range len(s) + 1 {
		if got := clean(s, n); strings.Contains(got, "hunter") || len(got) > n {
			t.Errorf("clean(%q, %d) = %q", s, n, got)
		}
	}
}
