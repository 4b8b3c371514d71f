package alerts

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// testNow is when the requests of the tests come.
var testNow = time.Date(2026, 10, 5, 11, 30, 0, 0, time.UTC)

var testOptions = Options{
	Now: testNow,
	TargetGroups: map[string][]string{
		"targetgroup/shop/73e2d6bc24d8a067": {"10.40.3.8:7070", "10.40.3.9:7070"},
		"classic-shop":                      {"10.40.3.20:80"},
	},
	Topics: []string{"arn:aws:sns:eu-west-1:210987654321:alarms"},
	Self:   Self{BotID: "B0PLEXOR", UserID: "U0PLEXOR", AppID: "A0PLEXOR"},
}

// payload reads testdata/payloads/NAME.
func payload(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "payloads", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// status sums up an alert: "firing targets" or "resolved targets".
func status(a Alert) string {
	s := "resolved"
	if a.Firing {
		s = "firing"
	}
	return strings.TrimSpace(s + " " + strings.Join(a.Targets, " "))
}

// statuses sums up a result: its alerts, or its kind where it has none.
func statuses(r Result) []string {
	var all []string
	for _, a := range r.Alerts {
		all = append(all, status(a))
	}
	if len(all) == 0 {
		all = []string{string(r.Kind)}
	}
	return all
}

// A payloadCase is a file of testdata/payloads and what it says; the source is the name up to the first dash.
type payloadCase struct {
	file string
	want []string
	// why is a part of the reason for the first alert's lack of a target, or of the note.
	why string
}

var payloadCases = []payloadCase{
	{"alertmanager-probe.json", []string{"firing 10.40.7.1:7070"}, ""},
	{"alertmanager-probe-resolved.json", []string{"resolved 10.40.7.1:7070"}, ""},
	{"alertmanager-tcp-probe.json", []string{"firing [fd40:7::1]:5432"}, ""},
	{"alertmanager-haproxy.json", []string{"firing bk_shop/web7", "firing bk_shop"}, ""},
	{"alertmanager-explicit.json", []string{"firing 10.40.7.9:7070 shop.example.net:443", "firing shop_pool"}, ""},
	{"alertmanager-explicit-bad.json", []string{"firing"}, "annotation target"},
	{"alertmanager-text.json", []string{"firing 10.40.7.4:7070"}, ""},
	{"alertmanager-logline.json", []string{"firing 10.40.7.5:7070"}, ""},
	{"alertmanager-exporter.json", []string{"firing"}, "label instance"},
	{"alertmanager-kube.json", []string{"firing"}, `Kubernetes service "shop/orders"`},
	{"alertmanager-proxies.json", []string{"firing 10.40.7.6:7070", "firing 10.40.7.7:80", "firing 10.40.7.8:7070", "firing orders_cluster", "firing shop_pool", "firing bk_shop/web7"}, ""},
	{"alertmanager-empty.json", []string{"alerts"}, "empty"},
	{"grafana-probe.json", []string{"firing 10.40.7.1:7070"}, ""},
	{"grafana-loki.json", []string{"firing 10.40.7.2:7070"}, ""},
	{"grafana-itself.json", []string{"firing", "firing", "firing"}, "data source"},
	{"sns-alb.json", []string{"firing 10.40.3.8:7070 10.40.3.9:7070"}, ""},
	{"sns-alb-ok.json", []string{"resolved 10.40.3.8:7070 10.40.3.9:7070"}, ""},
	{"sns-nlb-unmapped.json", []string{"firing"}, "arn:aws:elasticloadbalancing:eu-west-1:210987654321:targetgroup/db/0011223344556677"},
	{"sns-classic.json", []string{"firing 10.40.3.20:80"}, ""},
	{"sns-math.json", []string{"firing 10.40.3.8:7070 10.40.3.9:7070"}, ""},
	{"sns-composite.json", []string{"firing"}, "made of other alarms"},
	{"sns-described.json", []string{"firing 10.40.3.30:7070"}, ""},
	{"sns-insufficient.json", []string{"resolved"}, "too little data"},
	{"sns-text.json", []string{"firing 10.40.3.40:7070"}, ""},
	{"sns-subscribe.json", []string{"subscription"}, "confirmation"},
	{"datadog-url.json", []string{"firing 10.40.8.1:7070"}, ""},
	{"datadog-recovered.json", []string{"resolved 10.40.8.2:7070"}, ""},
	{"datadog-host.json", []string{"firing web-3:7070"}, ""},
	{"datadog-nodata.json", []string{"firing"}, "no data"},
	{"datadog-nothing.json", []string{"firing"}, "has no port"},
	{"pagerduty-triggered.json", []string{"firing 10.40.9.1:7070"}, ""},
	{"pagerduty-resolved.json", []string{"resolved 10.40.9.1:7070"}, ""},
	{"pagerduty-details.json", []string{"firing 10.40.9.2:7070"}, ""},
	{"pagerduty-haproxy.json", []string{"firing bk_shop/web7"}, ""},
	{"uptimekuma-push.json", []string{"firing 10.40.11.5:7070"}, ""},
	{"pagerduty-untitled.json", []string{"firing"}, "incident's title"},
	{"pagerduty-acknowledged.json", []string{"ignored"}, "nothing new"},
	{"pagerduty-ping.json", []string{"test"}, "test"},
	{"gcm-uptime.json", []string{"firing 10.40.10.1:7070"}, ""},
	{"gcm-closed.json", []string{"resolved 10.40.10.1:7070"}, ""},
	{"gcm-documented.json", []string{"firing shop.example.net:7443"}, ""},
	{"gcm-host.json", []string{"firing"}, "has no port"},
	{"gcm-labelled.json", []string{"firing shop.example.net:7443"}, ""},
	{"uptimekuma-http.json", []string{"firing shop.example.net:443"}, ""},
	{"uptimekuma-port.json", []string{"firing 10.40.11.1:7070"}, ""},
	{"uptimekuma-up.json", []string{"resolved 10.40.11.1:7070"}, ""},
	{"uptimekuma-ping.json", []string{"firing"}, "has no port"},
	{"uptimekuma-maintenance.json", []string{"ignored"}, "maintenance"},
	{"uptimekuma-test.json", []string{"test"}, "test"},
	{"gatus-http.json", []string{"firing 10.40.12.1:7070"}, ""},
	{"gatus-tcp.json", []string{"resolved db.example.net:5432"}, ""},
	{"gatus-icmp.json", []string{"firing"}, "icmp"},
	{"generic-one.json", []string{"firing 10.40.13.1:7070"}, ""},
	{"generic-several.json", []string{"firing pool", "resolved [fd40::13]:7070"}, ""},
	{"slack-alertmanager.json", []string{"firing"}, "Alertmanager's own Slack message"},
	{"slack-alertmanager-url.json", []string{"resolved 10.40.14.1:7070"}, ""},
	{"slack-grafana.json", []string{"firing 10.40.14.2:7070"}, ""},
	{"slack-grafana-group.json", []string{"firing 10.40.14.2:7070", "firing 10.40.14.9:7070", "resolved 10.40.14.10:7070"}, ""},
	{"alertmanager-instance.json", []string{"firing 10.40.7.11:7070"}, ""},
	{"slack-datadog.json", []string{"firing 10.40.14.3:7070"}, ""},
	{"slack-cloudwatch.json", []string{"firing"}, "no label and no text"},
	{"slack-kuma.json", []string{"firing 10.40.14.4:7070"}, ""},
	{"slack-kuma-blocks.json", []string{"resolved 10.40.14.4:7070"}, ""},
	{"slack-gatus.json", []string{"firing"}, "no label and no text"},
	{"slack-logline.json", []string{"firing 10.40.14.5:7070"}, ""},
	{"slack-edited.json", []string{"firing 10.40.14.6:7070"}, ""},
	{"slack-unchanged.json", []string{"ignored"}, "changed nothing"},
	{"slack-deploy.json", []string{"alerts"}, "nothing in the message"},
	{"slack-person.json", []string{"ignored"}, "a person"},
	{"slack-own.json", []string{"ignored"}, "the bot's own"},
	{"slack-reaction.json", []string{"ignored"}, "reaction_added"},
}

func TestParsePayloads(t *testing.T) {
	for _, c := range payloadCases {
		t.Run(c.file, func(t *testing.T) {
			source, _, _ := strings.Cut(c.file, "-")
			r, err := Parse(source, http.Header{}, payload(t, c.file), testOptions)
			if err != nil {
				t.Fatalf("Parse = %v, want %q", err, c.want)
			}
			if got := statuses(r); !slices.Equal(got, c.want) {
				t.Errorf("Parse = %q, want %q", got, c.want)
			}
			why := r.Note
			if len(r.Alerts) > 0 {
				why = r.Alerts[0].Why
			}
			if !strings.Contains(why, c.why) || (c.why == "") != (why == "") {
				t.Errorf("why = %q, want a part %q", why, c.why)
			}
			for _, a := range r.Alerts {
				checkAlert(t, source, a)
			}
		})
	}
}

// checkAlert holds for every alert of every source.
func checkAlert(t *testing.T, source string, a Alert) {
	t.Helper()
	if a.Source != source || len(a.Fingerprint) != 16 || a.StartsAt.IsZero() || a.Title == "" || a.Labels == nil {
		t.Errorf("alert %+v lacks its source, fingerprint, time, title or labels", a)
	}
	if (len(a.Targets) == 0) != (a.Why != "") || (len(a.Targets) > 0) != (a.From != "") {
		t.Errorf("targets %q from %q, why %q: want a From with targets, a Why without", a.Targets, a.From, a.Why)
	}
	for _, target := range a.Targets {
		if again, err := ParseTarget(target); again != target {
			t.Errorf("target %q is not normal: ParseTarget = %q, %v", target, again, err)
		}
	}
}

// Resolutions and repetitions of an alert have its fingerprint, other alerts have not.
func TestFingerprints(t *testing.T) {
	print := func(file string) string {
		t.Helper()
		source, _, _ := strings.Cut(file, "-")
		r, err := Parse(source, http.Header{}, payload(t, file), testOptions)
		if err != nil || len(r.Alerts) == 0 {
			t.Fatalf("Parse(%s) = %+v, %v", file, r, err)
		}
		return r.Alerts[0].Fingerprint
	}
	for _, pair := range [][2]string{
		{"alertmanager-probe.json", "alertmanager-probe-resolved.json"},
		{"sns-alb.json", "sns-alb-ok.json"},
		{"pagerduty-triggered.json", "pagerduty-resolved.json"},
		{"gcm-uptime.json", "gcm-closed.json"},
		{"uptimekuma-port.json", "uptimekuma-up.json"},
		{"slack-kuma.json", "slack-kuma-blocks.json"},
	} {
		if a, b := print(pair[0]), print(pair[1]); a != b {
			t.Errorf("fingerprints of %s and %s = %s and %s, want the same", pair[0], pair[1], a, b)
		}
	}
	seen := map[string]string{}
	for _, file := range []string{"alertmanager-probe.json", "alertmanager-tcp-probe.json", "grafana-probe.json", "sns-alb.json", "sns-classic.json", "datadog-url.json", "datadog-host.json", "gatus-http.json", "gatus-tcp.json", "uptimekuma-http.json"} {
		p := print(file)
		if seen[p] != "" {
			t.Errorf("%s and %s have the same fingerprint", file, seen[p])
		}
		seen[p] = file
	}
}

// A rule of the user's own comes before everything else.
func TestTargetRule(t *testing.T) {
	o := testOptions
	o.Rule = func(a Alert) []string {
		if a.Labels["alertname"] == "ProbeFailed" {
			return []string{"Own.example.net:1", "not a target"}
		}
		return nil
	}
	r, err := Parse("alertmanager", nil, payload(t, "alertmanager-probe.json"), o)
	if err != nil || status(r.Alerts[0]) != "firing own.example.net:1" {
		t.Errorf("Parse with a rule = %+v, %v, want its target", r, err)
	}
	r, err = Parse("alertmanager", nil, payload(t, "alertmanager-text.json"), o)
	if err != nil || status(r.Alerts[0]) != "firing 10.40.7.4:7070" {
		t.Errorf("Parse with a rule that is silent = %+v, %v, want the target of the text", r, err)
	}
}

func TestExtractHook(t *testing.T) {
	o := testOptions
	o.Extract = func(payload any) ([]Extracted, error) {
		event := payload.(map[string]any)
		if event["broken"] != nil {
			return nil, errors.New("no such key: service")
		}
		return []Extracted{{Status: "down", Target: event["svc"].(string), Labels: map[string]string{"team": "shop"}}}, nil
	}
	r, err := Parse("generic", nil, []byte(`{"svc":"10.40.13.9:7070","extra":[1,2]}`), o)
	if err != nil || status(r.Alerts[0]) != "firing 10.40.13.9:7070" || r.Alerts[0].Labels["team"] != "shop" {
		t.Errorf("Parse with Extract = %+v, %v, want its alert", r, err)
	}
	var wrong *PayloadError
	if _, err = Parse("generic", nil, []byte(`{"broken":1}`), o); !errors.As(err, &wrong) || wrong.Status != 400 {
		t.Errorf("Parse with a failing Extract = %v, want a PayloadError of status 400", err)
	}
}
