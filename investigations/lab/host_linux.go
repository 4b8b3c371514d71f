package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Host is one host of a lab.
type Host struct {
	Name string

	lab       *Lab
	netns     string
	systemd   bool      // booted, rather than a bare namespace
	addresses []address // the first is the one that tests break
	gateway   *address
	machine   *machine // nil while the host is off, and always without systemd
	processes []*Process
	boots     int
	touched   bool // since it was last put back
}

// IP is the host's address on its data link.
func (h *Host) IP() string { return h.addresses[0].ip4() }

// IP6 is the IPv6 address beside IP.
func (h *Host) IP6() string { return h.addresses[0].ip6() }

// MgmtIP is the address on the network of ops.
func (h *Host) MgmtIP() string { return h.addresses[len(h.addresses)-1].ip4() }

// Boots counts how often the host was booted: what Start began before the last
// boot is gone.
func (h *Host) Boots() int { return h.boots }

// Running tells whether the host is on.
func (h *Host) Running() bool { return !h.systemd || h.machine != nil }

// ErrOff is what running a command on a host that is off gives.
var ErrOff = errors.New("the host is off")

// Run runs a program on the host to its end and returns what it wrote to both
// outputs. The error of a program that failed is an *exec.ExitError.
func (h *Host) Run(ctx context.Context, name string, args ...string) (string, error) {
	return h.pipe(ctx, "", append([]string{name}, args...)...)
}

// Shell runs a script with sh -e as root and fails the test where it fails.
func (h *Host) Shell(t testing.TB, script string) string {
	t.Helper()
	out, err := h.Run(t.Context(), "sh", "-ec", script)
	if err != nil {
		t.Fatalf("on %s: %v", h.Name, err)
	}
	return out
}

// Write writes a file on a booted host. Reset puts back what was there.
func (h *Host) Write(t testing.TB, path, content string) {
	t.Helper()
	const script = `
		mkdir -p /run/lab/saved; touch /run/lab/new
		if [ ! -e "$1" ]; then echo "$1" >>/run/lab/new
		elif ! grep -qxF "$1" /run/lab/new; then cp -an --parents "$1" /run/lab/saved; fi
		mkdir -p "$(dirname "$1")"; cat >"$1"`
	if _, err := h.pipe(t.Context(), content, "sh", "-ec", script, "sh", path); err != nil {
		t.Fatalf("write %s: %v", path, err)
	}
}

// pipe runs a program on the host with stdin as its input.
func (h *Host) pipe(ctx context.Context, stdin string, argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd, err := h.command(ctx, argv...)
	if err != nil {
		return "", err
	}
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, bytes.TrimSpace(out))
	}
	return string(out), nil
}

// command prepares a program to run on the host: in all namespaces of a booted
// one, and on a bare one with its network and its own resolv.conf and hosts.
func (h *Host) command(ctx context.Context, argv ...string) (*exec.Cmd, error) {
	h.touched = true
	enter := []string{"--net=/run/netns/" + h.netns, "--"}
	switch {
	case h.systemd && h.machine == nil:
		return nil, fmt.Errorf("run %s on %s: %w", argv[0], h.Name, ErrOff)
	case h.systemd:
		enter = []string{"-t", strconv.Itoa(h.machine.init), "-a", "--"}
	case h == h.lab.Ops:
		enter = append(enter, "unshare", "--mount", "sh", "-ec", ownFilesScript, "sh", h.lab.dir)
	}
	cmd := exec.CommandContext(ctx, "nsenter", append(enter, argv...)...)
	cmd.Env = environment()
	cmd.WaitDelay = time.Second // for what outlives a shell with its output open
	return cmd, nil
}

// environment is what programs on hosts get in place of this process's own.
func environment() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "LANG=C.UTF-8", "TERM=dumb"}
}
