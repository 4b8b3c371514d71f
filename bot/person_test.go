package bot

import (
	"strings"
	"testing"

	"github.com/plexorbot/plexor/bot/workspace"
	"github.com/plexorbot/plexor/investigations"
)

// TestScheduleZoneOfPerson takes the time zone that a person chose in Slack for
// what they schedule, and the configuration's where Slack does not tell.
func TestScheduleZoneOfPerson(t *testing.T) {
	o := newWatchRoom(t, noon)
	o.s.Zone = "America/New_York"
	command := func(user, text string) string {
		ack, err := o.control.Command(t.Context(), "ops", user, "/diagnose schedule "+text)
		if err != nil {
			t.Fatal(err)
		}
		return string(ack.Body)
	}
	for _, test := range []struct{ user, text, want string }{
		{"U2", "add @every 5m 127.0.0.1:80", "Every 5 minutes, Asia/Kolkata"},
		{"U2", "add 0 9 * * * 127.0.0.1:80 tz=Europe/Berlin", "At 09:00, Europe/Berlin"},
	} {
		if got := command(test.user, test.text); !strings.Contains(got, test.want) {
			t.Errorf("%s of %s is answered with %s, want %q", test.text, test.user, got, test.want)
		}
	}
	if err := o.control.Fault(t.Context(), workspace.Fault{Method: "users.info", Error: "missing_scope", Times: 2}); err != nil {
		t.Fatal(err)
	}
	if got := command("U1", "add 0 9 * * * 127.0.0.1:80"); !strings.Contains(got, "At 09:00, America/New_York") {
		t.Errorf("where Slack does not tell the zone the answer is %s, want the configuration's", got)
	}
}

// TestSchedulePausedBy names who paused a schedule.
func TestSchedulePausedBy(t *testing.T) {
	o := newWatchRoom(t, noon)
	o.command("/diagnose schedule add @every 5m 127.0.0.1:80")
	if got := o.command("/diagnose schedule pause s1"); !strings.Contains(got, "paused: by ana") {
		t.Errorf("the answer is %s, want who paused it", got)
	}
	if got := o.command("/diagnose schedule run s1"); !strings.Contains(got, "is paused") {
		t.Errorf("a run of a paused schedule is answered with %s, want a word that nothing is said", got)
	}
}

// TestScheduleNameForbidden refuses a name at once that has none but addresses
// which may not be diagnosed.
func TestScheduleNameForbidden(t *testing.T) {
	o := newWatchRoom(t, noon)
	allow, err := investigations.NewAllowList([]string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	o.engine.Allow = allow
	if got := o.command("/diagnose schedule add @daily localhost:80"); !strings.Contains(got, "not among the targets") {
		t.Errorf("the answer is %s, want a refusal", got)
	}
	if n := len(o.s.List()); n != 0 {
		t.Errorf("there are %d schedules after a refusal", n)
	}
}
