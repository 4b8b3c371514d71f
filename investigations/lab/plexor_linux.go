package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// plexorConfig is the bot's configuration; %[1]s is the lab's directory.
const plexorConfig = `data: %[1]s/data
http: {listen: 127.0.0.1:8066, token_file: %[1]s/token}
runners: {listen: "10.77.3.2:4222"}
targets: {allow: [10.77.0.0/16, "fd77::/16", "*.test", shop]}
limits: {user: 10000, target: 10000}
`

const (
	plexorToken = "a-token-of-the-lab"
	plexorAPI   = "127.0.0.1:8066" // on ops
	runnerName  = "plexor-runner"
	runnerState = "/var/lib/plexor-runner"
)

// Plexor is the project's own programs at work in a lab: the bot on ops, and
// runners on lb, web and web2.
type Plexor struct {
	lab     *Lab
	bot     *Process
	runners map[*Host]*Process
	plain   map[*Host]bool // the runner there has no privileges
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
	p := &Plexor{lab: l, runners: map[*Host]*Process{}, plain: map[*Host]bool{}}
	p.bot = l.Ops.Start(t, "plexor", nil, filepath.Join(l.bin, "plexor"), "serve", "--config", filepath.Join(l.dir, "plexor.yml"))
	p.await(t, "the bot", func() bool { return p.known(t) != nil }) // it knows its own
	for _, h := range l.booted() {
		p.StartRunner(t, h)
	}
	return p
}

// Command runs plexor on ops, speaking to the bot, and returns its standard
// output. The error of one that failed is an *exec.ExitError.
func (p *Plexor) Command(t testing.TB, args ...string) (string, error) {
	argv := append([]string{"env", "PLEXOR_TOKEN=" + plexorToken, filepath.Join(p.lab.bin, "plexor")}, args...)
	ops := p.lab.Ops
	touched := ops.touched
	cmd, err := ops.command(t.Context(), append(argv, "--server", "http://"+plexorAPI)...)
	if err != nil {
		return "", err
	}
	out, err := cmd.Output()
	ops.touched = touched // to ask changes nothing
	return string(out), err
}

// StartRunner joins a runner on the host, in place of one that is gone, and
// waits until the bot has it.
func (p *Plexor) StartRunner(t testing.TB, h *Host) {
	t.Helper()
	p.startRunner(t, h)
}

// StartPlainRunner is StartRunner with a runner that has no privileges, as user
// nobody; Reset puts one in its place that has.
func (p *Plexor) StartPlainRunner(t testing.TB, h *Host) {
	t.Helper()
	p.startRunner(t, h, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
	p.plain[h] = true
}

func (p *Plexor) startRunner(t testing.TB, h *Host, as ...string) {
	t.Helper()
	p.RemoveRunner(t, h)
	delete(p.plain, h)
	role := "backend"
	if h == p.lab.LB {
		role = "lb"
	}
	token, err := p.Command(t, "runner", "token", "--name", h.Name, "--label", "role="+role)
	if err != nil {
		t.Fatalf("token for %s: %v; bot: %s", h.Name, err, p.bot.Log())
	}
	h.Shell(t, "rm -rf "+runnerState) // a new one remembers no port
	if len(as) > 0 {
		h.Shell(t, "install -d -m 700 -o nobody "+runnerState)
	}
	p.runners[h] = h.Start(t, runnerName, []string{"PLEXOR_JOIN=" + strings.TrimSpace(token)},
		append(as, BinDir+"/plexor-runner", "--state", runnerState)...)
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

// LoseRunner ends the runner on the host, and waits until the bot misses it.
func (p *Plexor) LoseRunner(t testing.TB, h *Host) {
	t.Helper()
	p.StopRunner(t, h)
	p.await(t, "the loss of "+h.Name, func() bool { return !p.online(t, h) })
}

// RemoveRunner ends the runner on the host and has the bot forget it.
func (p *Plexor) RemoveRunner(t testing.TB, h *Host) {
	t.Helper()
	p.StopRunner(t, h)
	if !slices.ContainsFunc(p.known(t), func(r investigations.Runner) bool { return r.Name == h.Name }) {
		return
	}
	if _, err := p.Command(t, "runner", "revoke", h.Name); err != nil {
		t.Fatalf("revoke %s: %v", h.Name, err)
	}
}

// remember waits until the runner on the host, where there is one, has seen who
// holds the port: it looks every three seconds.
func (h *Host) remember(t testing.TB, port int) {
	t.Helper()
	if !slices.ContainsFunc(h.processes, func(p *Process) bool { return p.name == runnerName }) {
		return
	}
	h.Shell(t, fmt.Sprintf(`until grep -qs '"port": %d,' %s/ports.json; do sleep 0.05; done`, port, runnerState))
}

// Reset resets the lab and starts the runners that are not there any more.
func (p *Plexor) Reset(t testing.TB) {
	t.Helper()
	p.lab.Reset(t)
	for _, h := range p.lab.booted() {
		if runner := p.runners[h]; runner == nil || runner.ended() || p.plain[h] || !p.online(t, h) {
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
			t.Fatalf("after a minute no sign of %s; bot: %s", what, p.bot.Log())
		}
	}
}

// online tells whether the bot has the host's runner now, with its address.
func (p *Plexor) online(t testing.TB, h *Host) bool {
	t.Helper()
	for _, r := range p.known(t) {
		if r.Name == h.Name {
			return r.Alive && slices.Contains(r.Addresses, h.IP())
		}
	}
	return false
}

// known are the runners that the bot knows; none where it does not answer.
func (p *Plexor) known(t testing.TB) (runners []investigations.Runner) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+plexorAPI+"/api/v1/runners", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+plexorToken)
	answer, err := p.lab.Ops.HTTP().Do(request)
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&runners); err != nil {
		t.Fatalf("the bot's runners: %s: %v", answer.Status, err)
	}
	return runners
}

// Diagnose asks the bot for a verdict, as a person on ops would.
func (p *Plexor) Diagnose(t testing.TB, target string, inputs ...string) investigations.Investigation {
	t.Helper()
	out, err := p.Command(t, append(append([]string{"diagnose", target}, inputs...), "-o", "json")...)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var inv investigations.Investigation
	if err := json.Unmarshal([]byte(out), &inv); err != nil {
		var said []byte
		if exit != nil {
			said = exit.Stderr
		}
		t.Fatalf("diagnose %s = %q, %v, want JSON; %s; bot: %s", target, out, err, said, p.bot.Log())
	}
	if inv.Verdict == nil {
		t.Fatalf("diagnose %s: %s: %s; bot: %s", target, inv.State, inv.Error, p.bot.Log())
	}
	code := 0
	if exit != nil {
		code = exit.ExitCode()
	}
	if code != inv.Verdict.ExitCode() {
		t.Errorf("diagnose %s exits with %d, want %d for %s", target, code, inv.Verdict.ExitCode(), inv.Verdict.Kind)
	}
	return inv
}
