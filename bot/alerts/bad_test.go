package alerts

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestBadPayloads(t *testing.T) {
	labels := func(s string) string { return `{"version":"4","alerts":[` + s + `]}` }
	for _, c := range []struct {
		source, body, field string
		status              int
	}{
		{"nagios", `{}`, "source", 404},
		{"alertmanager", ``, "body", 400},
		{"alertmanager", `half`, "body", 400},
		{"alertmanager", `{"version":"4","alerts":[{"status":"fir`, "body", 400},
		{"alertmanager", `[]`, "body", 400},
		{"alertmanager", `{"version":"4"}`, "alerts", 400},
		{"alertmanager", `{"version":"4","alerts":null}`, "alerts", 400},
		{"alertmanager", `{"version":"4","alerts":{}}`, "alerts", 400},
		{"alertmanager", `{"version":"3","alerts":[]}`, "version", 400},
		{"alertmanager", `{"version":"1","alerts":[]}`, "version", 400},
		{"alertmanager", labels(`{"labels":{"a":"b"}}`), "alerts[0].status", 400},
		{"alertmanager", labels(`{"status":"odd","labels":{"a":"b"}}`), "alerts[0].status", 400},
		{"alertmanager", labels(`{"status":"firing"}`), "alerts[0].labels", 400},
		{"alertmanager", labels(`{"status":"firing","labels":{"a":{}}}`), "alerts[0].labels.a", 400},
		{"alertmanager", labels(`{"status":"firing","labels":[]}`), "alerts[0].labels", 400},
		{"alertmanager", labels(`{"status":"firing","labels":{"a":"b"},"startsAt":"yesterday"}`), "alerts[0].startsAt", 400},
		{"alertmanager", labels(strings.Repeat(`{"status":"firing","labels":{"a":"b"}},`, 4000) + `{"status":"firing","labels":{"a":"b"}}`), "alerts", 413},
		{"alertmanager", labels(strings.Repeat(`{},`, 50_000) + `{}`), "body", 413},
		{"alertmanager", labels(`{"status":"firing","labels":{` + strings.Repeat(`"a":"b",`, 200_000) + `"a":"b"}}`), "body", 413},
		{"alertmanager", strings.Repeat("[", 1<<20), "body", 400},
		{"alertmanager", strings.Repeat(`{"alerts":[`, 40), "body", 400},
		{"alertmanager", strings.Repeat(" ", MaxBody+1), "body", 413},
		{"grafana", `{"version":"4","alerts":[]}`, "version", 400},
		{"grafana", `{"mine":1}`, "alerts", 400},
		{"sns", `{"Type":"Notification","Signature":"AAAA"}`, "MessageId", 400},
		{"sns", `{"Type":5}`, "Type", 400},
		{"datadog", `{}`, "alert_id", 400},
		{"datadog", `{"id":"1"}`, "transition", 400},
		{"pagerduty", `{}`, "event", 400},
		{"pagerduty", `{"event":{}}`, "event.event_type", 400},
		{"pagerduty", `{"event":{"event_type":"incident.triggered"}}`, "event.data.id", 400},
		{"pagerduty", `{"event":"x"}`, "event", 400},
		{"pagerduty", strings.Repeat(" ", 2<<20+1), "body", 413},
		{"gcm", `{"version":"1.2"}`, "incident", 400},
		{"gcm", `{"version":"1.2","incident":{"state":"open"}}`, "incident.incident_id", 400},
		{"gcm", `{"version":"1.2","incident":{"incident_id":"1"}}`, "incident.state", 400},
		{"gcm", `{"version":"9","incident":{"incident_id":"1","state":"open"}}`, "version", 400},
		{"uptimekuma", `{}`, "monitor", 400},
		{"uptimekuma", `{"monitor":{"name":"x"}}`, "heartbeat.status", 400},
		{"uptimekuma", `{"monitor":{"name":"x"},"heartbeat":{"status":"down"}}`, "heartbeat.status", 400},
		{"gatus", `{"name":"x","url":"http://x/"}`, "status", 400},
		{"gatus", `{"status":"TRIGGERED","url":"http://x/"}`, "name", 400},
		{"gatus", `{"status":"TRIGGERED","name":"x"}`, "url", 400},
		{"generic", `{}`, "alerts[0].status", 400},
		{"generic", `{"status":"firing","target":"10.0.0.1:99999"}`, "alerts[0].targets[0]", 400},
		{"generic", `5`, "body", 400},
		{"slack", `{"type":"message","bot_id":"B1"}`, "ts", 400},
		{"slack", `{"type":"message","attachments":{}}`, "attachments", 400},
		{"slack", `{"type":"message","subtype":"message_changed"}`, "message", 400},
	} {
		_, err := Parse(c.source, http.Header{}, []byte(c.body), testOptions)
		var e *PayloadError
		if !errors.As(err, &e) || e.Field != c.field || e.Status != c.status {
			t.Errorf("Parse(%s, %.60q) = %v, want an error about %s with status %d", c.source, c.body, err, c.field, c.status)
		}
	}
}

func TestCompressedBodyIsRefused(t *testing.T) {
	_, err := Parse("alertmanager", http.Header{"Content-Encoding": {"gzip"}}, []byte{0x1f, 0x8b}, testOptions)
	var e *PayloadError
	if !errors.As(err, &e) || e.Status != http.StatusUnsupportedMediaType {
		t.Errorf("Parse of a compressed body = %v, want status 415", err)
	}
}

// Hostile strings come out bounded, printable, and never as targets.
func TestHostileStrings(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	body := fmt.Sprintf(`{"version":"4","externalURL":"javascript:alert(1)","alerts":[{"status":"firing","generatorURL":"http://a|<!channel>",
		"labels":{"alertname":"<!channel> \u202e evil \u0000","instance":"http://user:hush@10.0.0.1:80/%s","%s":"v","x":"%s"},
		"annotations":{"summary":"a\u0007b\u001b[31m `+"`rm -rf /`"+`","description":"%s"}}]}`, "y", long, long, long)
	r, err := Parse("alertmanager", nil, []byte(body), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	a := r.Alerts[0]
	if got := fmt.Sprintf("%+v", a); strings.Contains(got, "hush") || strings.ContainsAny(fmt.Sprint(a), "\x00\x07\x1b\u202e") || a.Link != "" {
		t.Errorf("alert = %s, want no password, no control characters, no odd link", got)
	}
	for _, m := range []map[string]string{a.Labels, a.Annotations} {
		for k, v := range m {
			if len(k) > maxLabelName || len(v) > maxAnnotation {
				t.Errorf("%d bytes of name and %d of value are kept, want them cut", len(k), len(v))
			}
		}
	}
	if status(a) != "firing 10.0.0.1:80" {
		t.Errorf("status = %q, want the target of instance", status(a))
	}
}

func TestManyLabelsAreBounded(t *testing.T) {
	var b bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&b, `"l%04d":"v",`, i)
	}
	body := `{"version":"4","alerts":[{"status":"firing","labels":{` + strings.TrimSuffix(b.String(), ",") + `}}]}`
	r, err := Parse("alertmanager", nil, []byte(body), testOptions)
	if err != nil || len(r.Alerts[0].Labels) != maxLabels {
		t.Errorf("Parse keeps %d labels, %v, want %d", len(r.Alerts[0].Labels), err, maxLabels)
	}
}

func TestNumbersAndUnknownFieldsPass(t *testing.T) {
	body := `{"version":4,"alerts":[{"status":"firing","labels":{"alertname":"x","port":8080,"up":false,"none":null},"annotations":{"target":"10.0.0.1:80"},"labels2":[[]]}],"alerts2":1}`
	r, err := Parse("alertmanager", nil, []byte(body), testOptions)
	if err != nil || r.Alerts[0].Labels["port"] != "8080" || r.Alerts[0].Labels["up"] != "false" || r.Alerts[0].Labels["none"] != "" {
		t.Errorf("Parse = %+v, %v, want the numbers as text", r, err)
	}
}

func TestUptimeKumaForm(t *testing.T) {
	data := payload(t, "uptimekuma-port.json")
	var b bytes.Buffer
	fmt.Fprintf(&b, "--xyz\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n--xyz\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n%s\r\n--xyz--\r\n", data)
	form := http.Header{"Content-Type": {"multipart/form-data; boundary=xyz"}}
	r, err := Parse("uptimekuma", form, b.Bytes(), testOptions)
	if err != nil || status(r.Alerts[0]) != "firing 10.40.11.1:7070" {
		t.Errorf("Parse of a form = %+v, %v, want its alert", r, err)
	}
	for _, body := range []string{"", "--xyz\r\n", "--xyz\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{", b.String()[:40], "--xyz--"} {
		var e *PayloadError
		if _, err := Parse("uptimekuma", form, []byte(body), testOptions); !errors.As(err, &e) || e.Status != 400 {
			t.Errorf("Parse of the form %q = %v, want status 400", body, err)
		}
	}
}

// One delivery has one key, another delivery another.
func TestDedupKeys(t *testing.T) {
	key := func(source, body string) string {
		t.Helper()
		r, err := Parse(source, nil, []byte(body), testOptions)
		if err != nil || len(r.Alerts) != 1 {
			t.Fatalf("Parse(%s) = %+v, %v", source, r, err)
		}
		return r.Alerts[0].DedupKey
	}
	change := func(file, old, new string) (string, string) {
		data := string(payload(t, file))
		changed := strings.Replace(data, old, new, 1)
		if changed == data {
			t.Fatalf("%s does not contain %q", file, old)
		}
		return data, changed
	}
	for _, c := range []struct{ file, old, new string }{
		{"alertmanager-probe.json", "11:20:00", "12:20:00"},
		{"grafana-probe.json", `"status": "firing",
   "labels"`, `"status": "resolved",
   "labels"`},
		{"sns-alb.json", `"a0b1-`, `"a0b2-`},
		{"datadog-url.json", `"5501"`, `"5502"`},
		{"pagerduty-triggered.json", `"01incident`, `"02incident`},
		{"gcm-uptime.json", `"open"`, `"closed"`},
		{"uptimekuma-port.json", "11:22:33.123", "11:23:33.123"},
		{"slack-logline.json", "1791199353.000100", "1791199353.000200"},
	} {
		source, _, _ := strings.Cut(c.file, "-")
		first, second := change(c.file, c.old, c.new)
		if a, b := key(source, first), key(source, first); a == "" || a != b {
			t.Errorf("%s twice has the keys %q and %q, want the same", c.file, a, b)
		}
		if a, b := key(source, first), key(source, second); a == b {
			t.Errorf("%s with %q for %q has the same key, want another", c.file, c.new, c.old)
		}
	}
}
