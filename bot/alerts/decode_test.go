package alerts

import (
	"encoding/json"
	"testing"
)

// TestInstantCanBeWrittenDown reads times that no JSON can hold once they are in
// UTC: they stand for none.
func TestInstantCanBeWrittenDown(t *testing.T) {
	for _, s := range []string{"9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"} {
		got, ok := instant(s)
		if _, err := json.Marshal(got); !ok || err != nil {
			t.Errorf("instant(%s) = %v, %v; written down: %v", s, got, ok, err)
		}
	}
}
