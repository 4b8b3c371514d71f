package schedules

import (
	"testing"
	"time"
)

func mustParse(t *testing.T, expression, zone string) Spec {
	t.Helper()
	s, err := Parse(expression, zone)
	if err != nil {
		t.Fatalf("Parse(%q, %q): %v", expression, zone, err)
	}
	return s
}

// between lists the runs after from, up to and with to.
func between(s Spec, from, to time.Time) (runs []string) {
	for t := s.Next(from); !t.IsZero() && !t.After(to); t = s.Next(t) {
		runs = append(runs, t.Format("02 15:04 MST"))
	}
	return runs
}

func at(t *testing.T, zone, text string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	v, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNextAtChanges(t *testing.T) {
	const berlin = "Europe/Berlin" // 2026-03-29 02:00 → 03:00, 2026-10-25 03:00 → 02:00
	for _, test := range []struct {
		expression, from, to string
		want                 []string
	}{
		{"30 2 * * *", "2026-03-28 12:00", "2026-03-30 12:00", []string{"29 03:30 CEST", "30 02:30 CEST"}},
		{"0 3 * * *", "2026-03-28 12:00", "2026-03-30 12:00", []string{"29 03:00 CEST", "30 03:00 CEST"}},
		{"30 2,3 * * *", "2026-03-29 00:00", "2026-03-29 12:00", []string{"29 03:30 CEST"}},
		{"30 2 * * *", "2026-10-24 12:00", "2026-10-26 12:00", []string{"25 02:30 CEST", "26 02:30 CET"}},
		{"0 2,3 * * *", "2026-10-24 12:00", "2026-10-25 12:00", []string{"25 02:00 CEST", "25 03:00 CET"}},
		{"30 * * * *", "2026-03-29 00:00", "2026-03-29 05:00", []string{"29 00:30 CET", "29 01:30 CET", "29 03:30 CEST", "29 04:30 CEST"}},
		{"0 * * * *", "2026-03-29 00:30", "2026-03-29 04:30", []string{"29 01:00 CET", "29 03:00 CEST", "29 04:00 CEST"}},
		{"30 * * * *", "2026-10-25 01:00", "2026-10-25 04:00", []string{"25 01:30 CEST", "25 02:30 CEST", "25 02:30 CET", "25 03:30 CET"}},
		{"0 * * * *", "2026-10-25 01:30", "2026-10-25 04:00", []string{"25 02:00 CEST", "25 02:00 CET", "25 03:00 CET", "25 04:00 CET"}},
		{"@every 1h", "2026-10-25 01:30", "2026-10-25 04:00", []string{"25 02:00 CEST", "25 02:00 CET", "25 03:00 CET", "25 04:00 CET"}},
		{"0 12 29 2 *", "2026-01-01 00:00", "2033-01-01 00:00", []string{"29 12:00 CET", "29 12:00 CET"}},
	} {
		s := mustParse(t, test.expression, berlin)
		got := between(s, at(t, berlin, test.from), at(t, berlin, test.to))
		if len(got) != len(test.want) {
			t.Errorf("%s from %s: %q, want %q", test.expression, test.from, got, test.want)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s from %s: %q, want %q", test.expression, test.from, got, test.want)
				break
			}
		}
	}
}

// merged says where two wall times come to one instant: 02:15 is called 03:15 on
// the day of the change in spring, and where the clock jumps by half an hour,
// one hour's mark is lost to each jump and one is won.
var merged = map[string]int{
	"Europe/Berlin 15 1,2,3 * * *": 1, "America/New_York 15 1,2,3 * * *": 1,
	"Africa/Casablanca 15 1,2,3 * * *": 1, "Australia/Lord_Howe 0 * * * *": 1,
}

// TestNextOverYears counts runs over 2028, a leap year, in zones whose changes
// are at different places; from wherever the search begins it finds the same.
func TestNextOverYears(t *testing.T) {
	const days = 366
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Casablanca"} {
		for expression, want := range map[string]int{
			"0 * * * *": days * 24, "*/15 * * * *": days * 24 * 4, "30 2 * * *": days, "0 0 * * *": days, "15 1,2,3 * * *": 3 * days,
			"0 12 29 2 *": 1, "0 0 1 * *": 12, "30 */6 * * *": 4 * days, "@every 1h": days * 24, "59 23 * * 0": 53,
		} {
			s := mustParse(t, expression, zone)
			from := time.Date(2028, 1, 1, 0, 0, 0, 0, s.Zone).Add(-time.Second)
			to := time.Date(2029, 1, 1, 0, 0, 0, 0, s.Zone).Add(-time.Second)
			n, last := 0, from
			for next := s.Next(last); !next.After(to); next = s.Next(last) {
				if !next.After(last) {
					t.Fatalf("%s in %s: Next(%s) = %s, which is not later", expression, zone, last, next)
				}
				if mid := last.Add(next.Sub(last) / 2); !s.Next(mid).Equal(next) {
					t.Fatalf("%s in %s: Next(%s) = %s, want %s", expression, zone, mid, s.Next(mid), next)
				}
				n, last = n+1, next
			}
			if want -= merged[zone+" "+expression]; n != want {
				t.Errorf("%s in %s fires %d times in 2028, want %d", expression, zone, n, want)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ expression, zone string }{
		{"", ""}, {"* * * *", ""}, {"* * * * * *", ""}, {"TZ=UTC", ""}, {"CRON_TZ=UTC * * * * *", ""}, {"0 0 30 2 *", ""},
		{"61 * * * *", ""}, {"@every 1s", ""}, {"@every", ""}, {"@every -5m", ""}, {"@every 59s", ""}, {"@reboot", ""}, {"@", ""},
		{"* * * * *", "Mars/Olympus"}, {"* * * * *", "../../etc/passwd"}, {"a b c d e", ""}, {"*/0 * * * *", ""}, {"5-1 * * * *", ""},
		{"*/90 * * * *", ""}, {"0 */25 * * *", ""}, {"@every 2562047h", ""}, {"* * * * *", "Local"}, {"0 9 * * 8", ""}, {"0 9 * * 7-2", ""},
	} {
		if s, err := Parse(test.expression, test.zone); err == nil {
			t.Errorf("Parse(%q, %q) = %+v, want an error", test.expression, test.zone, s)
		} else if _, ok := err.(*Error); !ok {
			t.Errorf("Parse(%q, %q) = %T, want *Error", test.expression, test.zone, err)
		}
	}
}

func TestParseTakesTelephones(t *testing.T) {
	s := mustParse(t, "“*/5 * * * *”", "Europe/Berlin")
	if s.Expression != "*/5 * * * *" {
		t.Errorf("Expression = %q, want it without quotes", s.Expression)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("*/5 * * * *", "UTC")
	f.Add("TZ=UTC", "Europe/Berlin")
	f.Add("@every 5m", "")
	f.Fuzz(func(t *testing.T, expression, zone string) {
		s, err := Parse(expression, zone)
		if err != nil {
			return
		}
		now := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
		last := now
		for range 3 {
			next := s.Next(last)
			if !next.IsZero() && !next.After(last) {
				t.Errorf("Next = %s, which is not after %s", next, last)
			}
			last = next
		}
		if s.Words() == "" {
			t.Errorf("%q has no words", expression)
		}
	})
}
