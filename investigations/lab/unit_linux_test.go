package lab

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/investigations"
)

// TestRunnerUnit runs the runner on web as the unit that plexor help prints: with
// its hardening, it lacks nothing, proves a stopped service, and outlives a restart.
func TestRunnerUnit(t *testing.T) {
	l, p := asked(t)
	unit, err := os.ReadFile("../../cmd/plexor/plexor-runner.service")
	if err != nil {
		t.Fatal(err)
	}
	p.RemoveRunner(t, l.Web)
	token, err := p.Command(t, "runner", "token", "--name", "web", "--label", "role=backend")
	if err != nil {
		t.Fatal(err)
	}
	const name = "documented-runner"
	l.Web.Shell(t, "rm -rf "+runnerState)
	l.Web.Write(t, "/etc/plexor-runner.env", "PLEXOR_JOIN="+token)
	l.Web.Write(t, "/etc/systemd/system/"+name+".service", strings.ReplaceAll(string(unit), "/usr/local/bin", BinDir))
	l.Web.Shell(t, "systemctl daemon-reload; systemctl start "+name)
	t.Cleanup(func() { _, _ = l.Web.Run(context.Background(), "systemctl", "stop", name) })
	p.await(t, "the unit", func() bool { return p.online(t, l.Web) })
	for _, r := range p.known(t) {
		if r.Name == "web" && len(r.Lacks) > 0 {
			t.Errorf("the runner lacks %v, want nothing", r.Lacks)
		}
	}
	l.Web.Shell(t, "systemctl restart "+name)
	p.await(t, "the unit after a restart", func() bool { return p.online(t, l.Web) })

	i := slices.IndexFunc(Faults(), func(f Fault) bool { return f.Name == "unit-stopped" })
	s := scenario{Fault: Faults()[i], want: expected["unit-stopped"], lab: l, bot: p}
	s.make(t)
	inv := s.diagnose(t, "")
	if inv.Verdict.Kind != investigations.VerdictCause {
		t.Errorf("verdict = %s, want a cause\n%s", inv.Verdict.Kind, account(inv))
	}
	s.hold(t, inv)
}
