package bot

import (
	"testing"
	"time"
)

// TestDigestHasThisSecond asks for a digest in the second of a schedule's first
// look: results are kept to the second.
func TestDigestHasThisSecond(t *testing.T) {
	b := newBench(t, noon.Add(600*time.Millisecond))
	st := b.add(ScheduleRequest{When: "0 9 * * *", Targets: []string{newBackend(t).address}})
	b.set(noon.Add(700 * time.Millisecond))
	if err := b.s.RunNow(st.ID, "U1"); err != nil {
		t.Fatal(err)
	}
	b.s.wg.Wait()
	b.set(noon.Add(900 * time.Millisecond))
	if err := b.s.DigestNow(st.ID); err != nil {
		t.Fatal(err)
	}
	all, err := b.store.Undrawn()
	if err != nil || len(all) != 1 || all[0].Digest.Targets[0].Checks != 1 {
		t.Errorf("digests %+v, %v; want one with the look", all, err)
	}
}
