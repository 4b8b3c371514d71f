package alerts

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds adds the payloads of one source.
func seeds(f *testing.F, source string) {
	files, err := filepath.Glob(filepath.Join("testdata", "payloads", source+"-*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no payloads of %s: %v", source, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{}`))
	f.Add([]byte(`[{"a":[null,1e999]}]`))
}

// fuzzSource checks what holds for every answer: it is an error of ours, or alerts that are normal and bounded.
func fuzzSource(f *testing.F, source string, h http.Header) {
	seeds(f, source)
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Parse(source, h, body, testOptions)
		if err != nil {
			e, ok := err.(*PayloadError)
			if !ok || e.Status < 400 || e.Status > 499 || e.Field == "" || e.Reason == "" {
				t.Fatalf("error %#v is no PayloadError of a 4xx", err)
			}
			return
		}
		for _, a := range r.Alerts {
			soundAlert(t, a)
		}
	})
}

func soundAlert(t *testing.T, a Alert) {
	t.Helper()
	if len(a.Labels) > maxLabels+2 || len(a.Targets) > maxTargets || len(a.Fingerprint) != 16 || len(a.Title) > maxTitle {
		t.Fatalf("alert is out of bounds: %+v", a)
	}
	if (len(a.Targets) == 0) != (a.Why != "") {
		t.Fatalf("targets %q, why %q: want one of them", a.Targets, a.Why)
	}
	for _, target := range a.Targets {
		if again, err := ParseTarget(target); again != target {
			t.Fatalf("target %q is not normal: %q, %v", target, again, err)
		}
	}
	for _, s := range []string{a.Title, a.Summary, a.Annotations["message"], a.Annotations["line"]} {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\x1b\u202e") {
			t.Fatalf("text %q is not clean", s)
		}
	}
}

func FuzzAlertmanager(f *testing.F) { fuzzSource(f, "alertmanager", nil) }
func FuzzGrafana(f *testing.F)      { fuzzSource(f, "grafana", nil) }
func FuzzSNS(f *testing.F)          { fuzzSource(f, "sns", nil) }
func FuzzDatadog(f *testing.F)      { fuzzSource(f, "datadog", nil) }
func FuzzPagerDuty(f *testing.F)    { fuzzSource(f, "pagerduty", nil) }
func FuzzGCM(f *testing.F)          { fuzzSource(f, "gcm", nil) }
func FuzzUptimeKuma(f *testing.F)   { fuzzSource(f, "uptimekuma", nil) }
func FuzzGatus(f *testing.F)        { fuzzSource(f, "gatus", nil) }
func FuzzGeneric(f *testing.F)      { fuzzSource(f, "generic", nil) }
func FuzzSlack(f *testing.F)        { fuzzSource(f, "slack", nil) }

func FuzzUptimeKumaForm(f *testing.F) {
	fuzzSource(f, "uptimekuma", http.Header{"Content-Type": {"multipart/form-data; boundary=x"}})
}

func FuzzLine(f *testing.F) {
	for _, c := range lineCases(f) {
		f.Add(c.program, []byte(c.line))
	}
	for _, l := range ordinaryLines(100) {
		f.Add("", []byte(l))
	}
	f.Fuzz(func(t *testing.T, program string, line []byte) {
		if a, ok := Line(program, line); ok {
			soundAlert(t, a)
		}
	})
}

func FuzzAddressesIn(f *testing.F) {
	f.Add("10.0.0.1:80 [fd00::1]:80 http://a:1/")
	f.Add("aa:bb:cc:dd:ee:ff 10:42")
	f.Fuzz(func(t *testing.T, s string) {
		for _, target := range addressesIn(s) {
			if again, err := ParseTarget(target); again != target {
				t.Fatalf("addressesIn(%q) finds %q, which is not normal: %q, %v", s, target, again, err)
			}
		}
	})
}

func FuzzParseTarget(f *testing.F) {
	f.Add("10.0.0.1:80")
	f.Add("https://[fd00::1]/x")
	f.Add("bk/s1")
	f.Fuzz(func(t *testing.T, s string) {
		once, err := ParseTarget(s)
		if err != nil {
			return
		}
		if twice, err := ParseTarget(once); twice != once {
			t.Fatalf("ParseTarget(%q) = %q, of which it makes %q, %v", s, once, twice, err)
		}
	})
}
