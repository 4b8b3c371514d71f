package investigations

import (
	"testing"
	"time"
)

func TestNewID(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	a, b := NewID(now), NewID(now.Add(time.Millisecond))
	if !(a < b) || len(a) != 26 || a[:10] != NewID(now)[:10] {
		t.Errorf("NewID: %s then %s, want them to sort by time", a, b)
	}
	if !ValidID(a) {
		t.Errorf("ValidID(%s) = false, want true", a)
	}
	for _, s := range []string{"", "x", "../../etc/passwd", a + "0", "01J*", "ffffffffffffffffffffffffff"} {
		if ValidID(s) {
			t.Errorf("ValidID(%q) = true, want false", s)
		}
	}
}
