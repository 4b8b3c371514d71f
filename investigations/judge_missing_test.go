package investigations_test

import (
	"encoding/json"
	"testing"

	"github.com/plexorbot/plexor/investigations"
)

func TestAFactThatIsUnsetIsMissing(t *testing.T) {
	plan, err := smallPlan()
	if err != nil {
		t.Fatal(err)
	}
	j := plan.Judge(investigations.Known{Endpoint: "10.0.0.2:80", Checks: []investigations.Check{
		{ID: "try", On: "lb1", State: investigations.CheckDone, Facts: json.RawMessage(`{"refused": true}`)},
	}})
	truth, missing := j.Healthy()
	if truth != investigations.Open || len(missing) != 1 || !missing[0].Final || missing[0].Why != "not established" {
		t.Errorf("Healthy() = %v, %+v, want open for a fact that will not come", truth, missing)
	}
}
