package investigations_test

import (
	"fmt"
	"testing"

	"github.com/plexorbot/plexor/investigations"
)

func TestNotCheckedSaysAReasonOnce(t *testing.T) {
	step := investigations.Step{Headline: "no runner on 10.0.0.2", Checks: []investigations.Check{
		{ID: "owner", On: "backend", State: investigations.CheckSkipped, Error: "no runner on 10.0.0.2"}, // the headline says it
		{ID: "path", On: "lb", State: investigations.CheckSkipped, Error: "left out"},
		{ID: "route", On: "lb", State: investigations.CheckFailed, Error: "timed out"},
		{ID: "control", On: "lb", State: investigations.CheckSkipped, Error: "left out"},
		{ID: "neighbour", On: "lb", State: investigations.CheckSkipped, Error: "not needed: it is far"},
		{ID: "connect", On: "lb", State: investigations.CheckDone},
	}}
	got := fmt.Sprint(step.NotChecked())
	if want := "[path on lb, control on lb (left out) route on lb (timed out)]"; got != want {
		t.Errorf("NotChecked() = %s, want %s", got, want)
	}
}
