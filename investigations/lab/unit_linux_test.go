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

// TestBotUnit runs a bot on web2 as the unit that plexor help prints.
func TestBotUnit(t *testing.T) {
	l, _ := asked(t)
	unit, err := os.ReadFile("../../cmd/plexor/plexor.service")
	if err != nil {
		t.Fatal(err)
	}
	const name = "documented-bot"
	t.Cleanup(func() {
		_, _ = l.Web2.Run(context.Background(), "sh", "-c", "systemctl stop "+name+"; userdel plexor; rm -rf /etc/plexor /var/lib/plexor")
	})
	if err := os.Chmod(l.bin, 0o755); err != nil { // for others than root
		t.Fatal(err)
	}
	l.Web2.Shell(t, "useradd --system --shell /usr/sbin/nologin plexor; install -d -m 750 -g plexor /etc/plexor")
	l.Web2.Write(t, "/etc/plexor/plexor.yml", "data: /var/lib/plexor\nhttp: {listen: 127.0.0.1:8066, token_file: /etc/plexor/token}\n"+
		"runners: {listen: 0.0.0.0:4222, advertise: 10.77.2.3:4222}\ntargets: {allow: [10.77.0.0/16]}\n")
	l.Web2.Write(t, "/etc/systemd/system/"+name+".service", strings.ReplaceAll(string(unit), "/usr/local/bin", BinDir))
	l.Web2.Shell(t, "head -c 24 /dev/urandom | base64 | install -m 640 -g plexor /dev/stdin /etc/plexor/token; systemctl daemon-reload; systemctl start "+name)
	plexor := "cd /etc/plexor; runuser -u plexor -- " + BinDir + "/plexor "
	l.Web2.Shell(t, "i=0; until "+plexor+"runner list 2>/run/said; do i=$((i+1)); [ $i -lt 100 ] || { cat /run/said; systemctl status "+name+"; exit 1; }; sleep 0.2; done")
	if said := l.Web2.Shell(t, plexor+"runner token --name web"); !strings.HasPrefix(said, "plexor1_") {
		t.Errorf("runner token = %q, want a token", said)
	}
}
