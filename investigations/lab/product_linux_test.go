package lab

import (
	"bytes"
	"context"
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

// Where the bot of the lab is, and its secret.
const (
	botAPI     = "http://10.77.3.2:8066"
	botRunners = "10.77.3.2:4222"
	botToken   = "lab-token"
)

// binaries builds the project's programs once, for all hosts.
func binaries(dir string) error {
	cmd := exec.Command("go", "build", "-o", dir, "../../cmd/plexor", "../../cmd/plexor-runner")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// product is a bot on ops and a runner on each booted host.
type product struct {
	*Lab
	dir   string
	bot   *Process
	boots map[string]int // at which boot of a host its runner was started
	runs  map[string]*Process
}

// start starts the bot; runners follow with ready.
func (p *product) start(t *testing.T) {
	t.Helper()
	config := filepath.Join(p.dir, "plexor.yml")
	text := fmt.Sprintf(`data: %s
http: {listen: 10.77.3.2:8066, token_file: %s}
runners: {listen: %s}
targets: {allow: [10.77.0.0/16, "fd77::/16", "*.test"]}
limits: {user: 100000, target: 100000}
`, filepath.Join(p.dir, "data"), filepath.Join(p.dir, "token"), botRunners)
	for file, content := range map[string]string{config: text, filepath.Join(p.dir, "token"): botToken} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.bot = p.Ops.Start(t, "plexor", nil, filepath.Join(p.bin, "plexor"), "serve", "--config", config)
}

// ready starts the runners that do not run, and waits until all are alive, but
// for the one that is to be away.
func (p *product) ready(t *testing.T, away string) {
	t.Helper()
	for _, h := range p.booted() {
		switch running := p.runs[h.Name] != nil && p.boots[h.Name] == h.Boots(); {
		case h.Name == away && running:
			if err := p.runs[h.Name].Stop(); err != nil {
				t.Fatal(err)
			}
			delete(p.runs, h.Name)
			p.revoke(t, h.Name)
		case h.Name != away && !running:
			p.join(t, h)
		}
	}
	p.eventually(t, "all runners are alive", func() bool {
		alive := map[string]bool{}
		for _, r := range p.runners(t) {
			alive[r.Name] = r.Alive
		}
		for _, h := range p.booted() {
			if alive[h.Name] != (h.Name != away) {
				return false
			}
		}
		return true
	})
}

func (p *product) join(t *testing.T, h *Host) {
	t.Helper()
	role := "backend"
	if h == p.LB {
		role = "lb"
	}
	p.revoke(t, h.Name)
	token, err := p.plexor(t.Context(), "runner", "token", "--name", h.Name, "--label", "role="+role)
	if err != nil {
		t.Fatal(err)
	}
	state := fmt.Sprintf("/var/lib/plexor-runner-%d", time.Now().UnixNano())
	p.runs[h.Name] = h.Start(t, "plexor-runner", []string{"PLEXOR_JOIN=" + strings.TrimSpace(string(token))}, BinDir+"/plexor-runner", "--state", state)
	p.boots[h.Name] = h.Boots()
}

// revoke sends a runner away, if it is known.
func (p *product) revoke(t *testing.T, name string) {
	t.Helper()
	for _, r := range p.runners(t) {
		if r.Name == name {
			if _, err := p.plexor(t.Context(), "runner", "revoke", name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

type runnerState struct {
	Name  string `json:"name"`
	Alive bool   `json:"alive"`
}

func (p *product) runners(t *testing.T) (all []runnerState) {
	t.Helper()
	p.eventually(t, "the bot answers", func() bool {
		out, err := p.plexor(t.Context(), "runner", "list", "-o", "json")
		return err == nil && json.Unmarshal(out, &all) == nil
	})
	return all
}

func (p *product) eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute it is not so that %s; the bot's log ends:\n%s", what, p.bot.Log())
		}
	}
}

// plexor runs a command line on ops against the bot, and returns its standard
// output.
func (p *product) plexor(ctx context.Context, args ...string) ([]byte, error) {
	argv := append([]string{filepath.Join(p.bin, "plexor"), args[0]}, args[1:]...)
	argv = append(argv, "--server", botAPI, "--token-file", filepath.Join(p.dir, "token"))
	cmd, err := p.Ops.command(ctx, argv...)
	if err != nil {
		return nil, err
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("%w: %s", err, errs.String())
	}
	return out, nil
}

// investigation is the part of the result that a scenario holds.
type investigation struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Verdict struct {
		Kind       string `json:"kind"`
		Headline   string `json:"headline"`
		Causes     []cause
		Candidates []struct {
			ID      string   `json:"id"`
			Missing []string `json:"missing"`
		} `json:"candidates"`
	} `json:"verdict"`
	Endpoints []struct {
		Steps []struct {
			Checks []struct {
				ID    string          `json:"id"`
				State string          `json:"state"`
				Facts json.RawMessage `json:"facts"`
			} `json:"checks"`
		} `json:"steps"`
	} `json:"endpoints"`
	raw string
}

type cause struct {
	ID       string `json:"id"`
	Headline string `json:"headline"`
	On       string `json:"on"`
	Remedies []struct {
		Kind    string `json:"kind"`
		On      string `json:"on"`
		Run     string `json:"run"`
		Explain string `json:"explain"`
		Verify  string `json:"verify"`
	} `json:"remedies"`
}

// diagnose has the bot look into a target.
func (p *product) diagnose(t *testing.T, target string, inputs ...string) investigation {
	t.Helper()
	args := append([]string{"diagnose", target}, inputs...)
	out, err := p.plexor(t.Context(), append(args, "-o", "json")...)
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 2) {
		t.Fatalf("diagnose %s: %v\n%s\n%s", target, err, out, p.bot.Log())
	}
	inv := investigation{raw: string(out)}
	if err := json.Unmarshal(out, &inv); err != nil {
		t.Fatalf("diagnose %s: %v\n%s", target, err, out)
	}
	return inv
}
