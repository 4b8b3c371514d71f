package investigations_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// TestAClockThatLies has a runner name times that cannot be: the check is of the
// time at which the bot asked, and the investigation ends.
func TestAClockThatLies(t *testing.T) {
	for _, lie := range []struct {
		at   time.Time
		took time.Duration
	}{
		{at: time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -14*3600))},
		{at: time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 14*3600))},
		{at: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)},
		{took: -time.Hour},
		{took: 1 << 62},
	} {
		f := newFabric()
		f.probes["unit"] = func(context.Context, string, investigations.Request) (investigations.Answer, error) {
			a := investigations.Answer{Facts: json.RawMessage(`{"state": "inactive"}`), Started: lie.at, Took: lie.took}
			if lie.at.IsZero() {
				a.Started = time.Now()
			}
			return a, nil
		}
		k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
		if got := k.verdict(); got != "cause [stopped]" {
			t.Errorf("with a unit seen at %s for %s the verdict is %s, want cause [stopped]", lie.at, lie.took, got)
			continue
		}
		try := k.check(t, 0, "try", "")
		if c := k.check(t, 0, "unit", ""); c.Started.Sub(try.Started).Abs() > time.Minute || c.TookMS < 0 || c.TookMS > 60_000 {
			t.Errorf("a unit seen at %s for %s is kept as of %s, %v ms; want when the bot asked, %s", lie.at, lie.took, c.Started, c.TookMS, try.Started)
		}
	}
}

func TestALongErrorIsCut(t *testing.T) {
	f := newFabric()
	f.probes["unit"] = func(context.Context, string, investigations.Request) (investigations.Answer, error) {
		return investigations.Answer{Error: strings.Repeat("é", 100_000)}, nil
	}
	k := investigate(t, newEngine(t, f), newInvestigation("web.test:80"))
	if c := k.check(t, 0, "unit", ""); c.State != investigations.CheckFailed || len(c.Error) > 3000 {
		t.Errorf("a check that failed with 200,000 bytes is kept as %s with %d", c.State, len(c.Error))
	}
}
