package alerts

import (
	"os"
	"strings"
	"testing"
)

// A lineCase is one line of a log and what it says.
type lineCase struct{ program, target, kind, line string }

// lineCases reads testdata/lines: "target<TAB>kind<TAB>line". Target "-" is a failure without one, "none" is no failure.
func lineCases(t testing.TB) []lineCase {
	t.Helper()
	var cases []lineCase
	for _, program := range programs {
		data, err := os.ReadFile("testdata/lines/" + program + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(data)) {
			if strings.HasPrefix(l, "#") {
				continue
			}
			f := strings.SplitN(strings.TrimSuffix(l, "\n"), "\t", 3)
			if len(f) != 3 {
				t.Fatalf("testdata/lines/%s.txt: %q has no three fields", program, l)
			}
			cases = append(cases, lineCase{program, f[0], f[1], f[2]})
		}
	}
	return cases
}

func TestRecognise(t *testing.T) {
	for _, c := range lineCases(t) {
		for _, named := range []string{"", c.program} {
			f, ok := Recognise(named, []byte(c.line))
			if c.target == "none" {
				if ok {
					t.Errorf("Recognise(%q, %q) = %+v, want no failure", named, c.line, f)
				}
				continue
			}
			want := Failure{Program: c.program, Target: strings.TrimPrefix(c.target, "-"), Kind: c.kind, Why: f.Why}
			if c.kind == "up" {
				want.Kind, want.Recovered = "", true
			}
			if !ok || f != want {
				t.Errorf("Recognise(%q, %q) = %+v, %v, want %+v", named, c.line, f, ok, want)
			}
			if (f.Target == "") != (f.Why != "") {
				t.Errorf("Recognise(%q, %q) has target %q and why %q, want one of them", named, c.line, f.Target, f.Why)
			}
		}
	}
}

func TestLineAlert(t *testing.T) {
	line := func(s string) Alert {
		t.Helper()
		a, ok := Line("", []byte(s))
		if !ok {
			t.Fatalf("Line(%q) is no alert", s)
		}
		return a
	}
	down := line(`Server bk/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms.`)
	up := line(`Server bk/s1 is UP, reason: Layer4 check passed, check duration: 0ms.`)
	access := line(`192.0.2.1:5 [05/Oct/2026:11:22:33.456] fe bk/s1 0/0/-1/-1/3003 503 217 - - SC-- 1/1/0/0/3 0/0 "GET /?token=hush HTTP/1.1"`)
	other := line(`Server bk/s2 is DOWN.`)
	if !down.Firing || up.Firing {
		t.Errorf("Firing = %v when down, %v when up, want true and false", down.Firing, up.Firing)
	}
	if down.Fingerprint != up.Fingerprint || down.Fingerprint != access.Fingerprint || down.Fingerprint == other.Fingerprint {
		t.Errorf("fingerprints %s (down) %s (up) %s (access log) %s (other server), want the first three equal", down.Fingerprint, up.Fingerprint, access.Fingerprint, other.Fingerprint)
	}
	if strings.Contains(access.Annotations["line"], "hush") {
		t.Errorf("annotation line = %q, want no parameters of the request", access.Annotations["line"])
	}
}

func TestParseLog(t *testing.T) {
	body := "nothing\nServer bk/s1 is DOWN.\r\n\n\x00\xff\nbackend bk has no server available!"
	r, err := Parse("log", nil, []byte(body), Options{})
	if err != nil || len(r.Alerts) != 2 || r.Status != 202 || r.Alerts[1].Targets[0] != "bk" {
		t.Errorf("Parse(log) = %+v, %v, want two alerts and 202", r, err)
	}
	r, err = Parse("log:haproxy", nil, []byte("all is well"), Options{})
	if err != nil || len(r.Alerts) != 0 || r.Status != 200 || r.Note == "" {
		t.Errorf("Parse(log:haproxy) = %+v, %v, want no alert, 200 and a note", r, err)
	}
	if _, err = Parse("log:iis", nil, nil, Options{}); err == nil {
		t.Error("Parse(log:iis) succeeds, want an error that lists the programs")
	}
}
