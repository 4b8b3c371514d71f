package firewall

import (
	"context"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestText compares each rule's text with what nft and iptables-save print.
// What does not touch TCP (types of ICMP) and rarer matches may read otherwise.
func TestText(t *testing.T) {
	needRoot(t, "nft", "iptables-nft-save", "iptables-legacy-save")
	same, all := 0, 0
	for base, files := range ruleSets(t) {
		t.Run(base, func(t *testing.T) {
			l := newLab(t)
			l.in(l.box, func() {
				for _, f := range files {
					load(t, f)
				}
				s, n := compareText(t)
				same, all = same+s, all+n
			})
		})
	}
	t.Logf("%d of %d rules read the same", same, all)
	if all > 0 && same*100 < all*80 {
		t.Errorf("%d of %d rules read as their tool prints them, want 80%%", same, all)
	}
}

func compareText(t *testing.T) (same, all int) {
	rs, _, err := readAll(context.Background())
	check(t, "read", err)
	listed := map[string]bool{}
	for _, argv := range [][]string{{"nft", "-s", "list", "ruleset"}, {"iptables-nft-save"}, {"ip6tables-nft-save"}, {"iptables-legacy-save"}, {"ip6tables-legacy-save"}} {
		out, err := exec.Command(argv[0], argv[1:]...).Output()
		check(t, argv[0], err)
		for line := range strings.Lines(join(string(out))) {
			listed[strings.Join(strings.Fields(line), " ")] = true
		}
	}
	for _, tb := range rs.tables {
		for _, c := range tb.chains {
			for _, r := range c.rules {
				all++
				if listed[r.text()] {
					same++
				} else {
					t.Logf("%s %s %s: text = %s", tb.family, tb.name, c.name, r.text())
				}
			}
		}
	}
	return same, all
}

var brokenLine = regexp.MustCompile(`,\n\s+`)

// join undoes the line breaks that nft puts into long sets.
func join(s string) string { return brokenLine.ReplaceAllString(s, ", ") }
