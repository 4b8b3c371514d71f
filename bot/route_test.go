package bot

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/bot/alerts"
)

func TestRouter(t *testing.T) {
	r, err := NewRouter([]Rule{
		{Name: "payments", When: `labels.team == "payments" && severity == "critical"`, Channel: "pay", Inputs: map[string]string{"unit": "{{ labels.unit }}"}},
		{Name: "upstreams", When: `targets.exists(t, t.startsWith("10."))`, Plan: "other"},
	}, []string{`labels.upstream + ":8080"`, `annotations.where.split(" ")`}, "ops")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		alert alerts.Alert
		want  Routing
	}{
		{alerts.Alert{Severity: "critical", Labels: map[string]string{"team": "payments", "unit": "api.service"}}, Routing{"payments", "pay", DefaultPlan, map[string]string{"unit": "api.service"}}},
		{alerts.Alert{Severity: "critical", Labels: map[string]string{"team": "payments"}}, Routing{"payments", "pay", DefaultPlan, nil}},
		{alerts.Alert{Targets: []string{"10.0.0.1:80"}}, Routing{"upstreams", "ops", "other", nil}},
		{alerts.Alert{}, Routing{"default", "ops", DefaultPlan, nil}},
	} {
		got, want := asJSON(r.Route(test.alert)), asJSON(test.want)
		if got != want {
			t.Errorf("Route(%+v) = %s, want %s", test.alert, got, want)
		}
	}
	if got := r.Targets(alerts.Alert{Labels: map[string]string{"upstream": "web"}}); !slices.Equal(got, []string{"web:8080"}) {
		t.Errorf("Targets = %q, want web:8080", got)
	}
	if got := r.Targets(alerts.Alert{Annotations: map[string]string{"where": "a:1 b:2"}}); !slices.Equal(got, []string{"a:1", "b:2"}) {
		t.Errorf("Targets = %q, want a:1 and b:2", got)
	}
}

func asJSON(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

func TestRouterMistakes(t *testing.T) {
	for when, want := range map[string]string{`labls.team == "x"`: "labls", `1 + 1`: "true or false", `labels.team ==`: "alerts.routes[0]"} {
		if _, err := NewRouter([]Rule{{When: when}}, nil, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewRouter(%q) = %v, want an error that says %q", when, err, want)
		}
	}
}

func TestMapping(t *testing.T) {
	extract, err := NewExtract(Mapping{
		Each:   "payload.events",
		Fields: map[string]string{"status": `item.up ? "resolved" : "firing"`, "target": `item.host + ":" + string(int(item.port))`, "title": "item.check"},
		Labels: map[string]string{"site": "payload.site", "rack": "item.rack"},
	})
	if err != nil {
		t.Fatal(err)
	}
	body := `{"site":"eu","events":[{"up":false,"host":"10.0.3.12","port":8080,"check":"tcp","rack":null},{"up":true,"host":"h","port":80}]}`
	r, err := alerts.Parse("generic", nil, []byte(body), alerts.Options{Extract: extract})
	if err != nil {
		t.Fatal(err)
	}
	if a := r.Alerts[0]; len(r.Alerts) != 2 || !a.Firing || !slices.Equal(a.Targets, []string{"10.0.3.12:8080"}) || a.Title != "tcp" || a.Labels["site"] != "eu" {
		t.Errorf("alerts = %+v, want one of 10.0.3.12:8080 that fires and one more", r.Alerts)
	}
	for bad, want := range map[string]string{`{"events":7}`: "each", `{"events":[{"host":"h"}]}`: "alerts[0].status", `[]`: "each"} {
		if _, err := alerts.Parse("generic", nil, []byte(bad), alerts.Options{Extract: extract}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%s) = %v, want an error about %s", bad, err, want)
		}
	}
}
