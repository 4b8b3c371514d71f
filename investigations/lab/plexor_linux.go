package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// plexorConfig is the bot's configuration; %[1]s is the lab's directory.
const plexorConfig = `data: %[1]s/data
http: {listen: 127.0.0.1:8066, token_file: %[1]s/token}
runners: {listen: "10.77.3.2:4222"}
targets: {allow: [10.77.0.0/16, "fd77::/16", "*.test", shop]}
limits: {user: 10000, target: 10000}
`

const plexorToken = "a-token-of-the-lab"

// Plexor is the project's own programs at work in a lab: the bot on ops, and
// runners on lb, web and web2.
type Plexor struct {
	lab     *Lab
	bot     *Process
	runners map[*Host]*Process
}

// Build builds the project's programs into dir, for [Options.Bin].
func Build(dir string) error {
	cmd := exec.Command("go", "build", "-o", dir+"/",
		"github.com/plexorbot/plexor/cmd/plexor", "github.com/plexorbot/plexor/cmd/plexor-runner")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the programs: %w: %s", err, out)
	}
	return nil
}

// StartPlexor starts the bot and a runner on every host. The lab must have been
// made with Options.Bin.
func (l *Lab) StartPlexor(t testing.TB) *Plexor {
	t.Helper()
	for name, content := range map[string]string{"plexor.yml": fmt.Sprintf(plexorConfig, l.dir), "token": plexorToken} {
		if err := os.WriteFile(filepath.Join(l.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := &Plexor{lab: l, runners: map[*Host]*Process{}}
	p.bot = l.Ops.Start(t, "plexor", nil, filepath.Join(l.bin, "plexor"), "serve", "--config", filepath.Join(l.dir, "plexor.yml"))
	p.await(t, "the bot", func() bool { _, err := p.Command(t, "runner", "list"); return err == nil })
	for _, h := range l.booted() {
		p.StartRunner(t, h)
	}
	return p
}

// Command runs plexor on ops, speaking to the bot, and returns its standard
// output. The error of one that failed is an *exec.ExitError.
func (p *Plexor) Command(t testing.TB, args ...string) (string, error) {
	argv := append([]string{"env", "PLEXOR_TOKEN=" + plexorToken, filepath.Join(p.lab.bin, "plexor")}, args...)
	cmd, err := p.lab.Ops.command(t.Context(), append(argv, "--server", "http://127.0.0.1:8066")...)
	if err != nil {
		return "", err
	}
	out, err := cmd.Output()
	return string(out), err
}

// StartRunner joins a runner on the host, in place of one that is gone, and
// waits until the bot has it.
func (p *Plexor) StartRunner(t testing.TB, h *Host) {
	t.Helper()
	p.StopRunner(t, h)
	_, _ = p.Command(t, "runner", "revoke", h.Name) // fails where there was none
	role := "backend"
	if h == p.lab.LB {
		role = "lb"
	}
	token, err := p.Command(t, "runner", "token", "--name", h.Name, "--label", "role="+role)
	if err != nil {
		t.Fatalf("token for %s: %v; bot: %s", h.Name, err, p.bot.Log())
	}
	state := fmt.Sprintf("/var/lib/plexor-runner-%d", time.Now().UnixNano()) // a new one remembers no port
	p.runners[h] = h.Start(t, "plexor-runner", []string{"PLEXOR_JOIN=" + strings.TrimSpace(token)},
		BinDir+"/plexor-runner", "--state", state)
	p.await(t, "the runner on "+h.Name, func() bool { return p.online(t, h) })
}

// StopRunner ends the runner on the host, if one runs.
func (p *Plexor) StopRunner(t testing.TB, h *Host) {
	t.Helper()
	runner := p.runners[h]
	if runner == nil {
		return
	}
	delete(p.runners, h)
	if err := runner.Stop(); err != nil {
		t.Error(err)
	}
}

// Reset resets the lab and starts the runners that are not there any more.
func (p *Plexor) Reset(t testing.TB) {
	t.Helper()
	p.lab.Reset(t)
	for _, h := range p.lab.booted() {
		if runner := p.runners[h]; runner == nil || runner.ended() || !p.online(t, h) {
			p.StartRunner(t, h)
		}
	}
}

func (p *Process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *Plexor) await(t testing.TB, what string, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ready(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s is not there after a minute; bot: %s", what, p.bot.Log())
		}
	}
}

// online asks the bot whether it has the host's runner now.
func (p *Plexor) online(t testing.TB, h *Host) bool {
	t.Helper()
	out, err := p.Command(t, "runner", "list", "-o", "json")
	if err != nil {
		return false
	}
	var runners []struct {
		Name  string
		Alive bool
	}
	if err := json.Unmarshal([]byte(out), &runners); err != nil {
		t.Fatalf("plexor runner list = %q: %v", out, err)
	}
	for _, r := range runners {
		if r.Name == h.Name {
			return r.Alive
		}
	}
	return false
}

// Verdict is what "plexor diagnose -o json" says, as far as tests look at it.
type Verdict struct {
	Kind, Headline string
	Causes         []struct {
		ID, Headline, On string
		Remedies         []struct{ Kind, On, Run, Explain, Risk, Verify string }
	}
	Candidates []struct {
		ID      string
		Missing []string
	}
	RuledOut []string `json:"ruled_out"`
	// Exit is the program's exit code, Text all that it printed.
	Exit int    `json:"-"`
	Text string `json:"-"`
}

// Diagnose asks the bot for a verdict, as a person on ops would.
func (p *Plexor) Diagnose(t testing.TB, target string, inputs ...string) Verdict {
	t.Helper()
	out, err := p.Command(t, append(append([]string{"diagnose", target}, inputs...), "-o", "json")...)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var investigation struct{ Verdict Verdict }
	if err := json.Unmarshal([]byte(out), &investigation); err != nil {
		t.Fatalf("diagnose %s = %q, %v, want JSON; %s; bot: %s", target, out, err, exit.Stderr, p.bot.Log())
	}
	v := investigation.Verdict
	v.Text = out
	if exit != nil {
		v.Exit = exit.ExitCode()
	}
	return v
}
