package firewall

import (
	"testing"

	"github.com/plexorbot/plexor/investigations/probe"
)

func TestCountersRisen(t *testing.T) {
	count := func(handle, packets int64, text string) probe.RuleCount {
		r := probe.RuleCount{Family: ptr("ip"), Table: ptr("filter"), Chain: ptr("INPUT"), Text: &text, Packets: &packets}
		if handle != 0 {
			r.Handle = &handle
		}
		return r
	}
	before := []probe.RuleCount{count(1, 5, "a"), count(2, 7, "b"), count(3, 9, "c"), count(0, 1, "legacy"), count(0, 1, "legacy")}
	after := []probe.RuleCount{count(1, 5, "a"), count(2, 9, "b"), count(3, 0, "c"), count(4, 2, "new"), count(0, 1, "legacy"), count(0, 4, "legacy")}
	got := map[string]int64{}
	for _, r := range CountersRisen(before, after) {
		got[*r.Text] += *r.Packets
	}
	want := map[string]int64{"b": 2, "new": 2, "legacy": 3}
	if len(got) != len(want) {
		t.Errorf("risen = %v, want %v", got, want)
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("risen[%s] = %d, want %d", k, got[k], v)
		}
	}
	if *after[1].Packets != 9 {
		t.Errorf("the snapshot was changed: %d, want 9", *after[1].Packets)
	}
}
