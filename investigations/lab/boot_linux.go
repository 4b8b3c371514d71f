package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bootTime bounds a boot; it takes about a second on an idle machine.
const bootTime = 60 * time.Second

// machine is the systemd-nspawn that a booted host runs in.
type machine struct {
	init   int           // the process that is number 1 on the host
	exited chan struct{} // closed when systemd-nspawn is gone
}

// intoGroups starts systemd-nspawn in a control group of its own: two that
// share one would put both hosts' services under the same names.
const intoGroups = `
	for group in $GROUPS_OF_HOST; do mkdir -p "$group"; echo $$ >"$group/cgroup.procs"; done
	exec systemd-nspawn "$@"`

// boot starts the host and waits until its systemd has nothing left to start.
func (h *Host) boot(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootTime)
	defer cancel()
	log, err := os.Create(h.logPath("console"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("sh", append([]string{"-ec", intoGroups, "sh"}, h.nspawn()...)...)
	cmd.Env = append(environment(), "GROUPS_OF_HOST="+strings.Join(h.groups(), " "))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start systemd-nspawn: %w", err)
	}
	m := &machine{exited: make(chan struct{})}
	go func() { defer close(m.exited); _ = cmd.Wait() }() // ends with systemd-nspawn, which Close ends
	if err := h.await(ctx, m, cmd.Process.Pid); err != nil {
		return fmt.Errorf("boot: %w: %s", err, tail(log.Name()))
	}
	h.boots++
	_, err = h.pipe(ctx, "", "sh", "-ec", `printf %s "$1" >/etc/resolv.conf; printf %s "$2" >/etc/hosts`,
		"sh", resolvConf, h.etcHosts())
	return err
}

func (h *Host) nspawn() []string {
	args := []string{"--quiet", "--register=no", "--keep-unit", "--directory=" + rootFS(),
		"--machine=" + h.netns, "--hostname=" + h.Name, "--volatile=overlay",
		"--network-namespace-path=/run/netns/" + h.netns,
		"--capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_PTRACE",
		"--resolv-conf=off", "--timezone=off", "--link-journal=no", "--boot", "--console=pipe"}
	if h.lab.bin != "" {
		args = append(args, "--bind-ro="+h.lab.bin+":"+BinDir)
	}
	return args
}

// groups are the host's control groups: one under cgroup 2, and under version 1
// also one in systemd's own hierarchy.
func (h *Host) groups() []string {
	var groups []string
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"} {
		if exists(filepath.Join(root, "cgroup.procs")) {
			groups = append(groups, filepath.Join(root, h.netns))
		}
	}
	return groups
}

// await waits for the first process and then for the host to be up.
func (h *Host) await(ctx context.Context, m *machine, nspawn int) error {
	for m.init = 0; m.init == 0; m.init = firstProcess(nspawn) {
		if err := m.pause(ctx); err != nil {
			return err
		}
	}
	h.machine = m
	for {
		// It fails, with "degraded", also where a unit failed.
		state, _ := h.Run(ctx, "systemctl", "is-system-running", "--wait")
		if s := strings.TrimSpace(state); s == "running" || s == "degraded" {
			return nil
		}
		if err := m.pause(ctx); err != nil {
			return err
		}
	}
}

// pause waits a moment, less if there is nothing left to wait for.
func (m *machine) pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-m.exited:
		return fmt.Errorf("systemd-nspawn ended")
	case <-time.After(20 * time.Millisecond):
		return nil
	}
}

// firstProcess is the child of systemd-nspawn that is systemd already, 0 while
// there is none.
func firstProcess(nspawn int) int {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", nspawn, nspawn))
	for _, child := range strings.Fields(string(children)) {
		comm, _ := os.ReadFile("/proc/" + child + "/comm")
		if string(comm) == "systemd\n" {
			pid, _ := strconv.Atoi(child)
			return pid
		}
	}
	return 0
}

// powerOff takes the host's power: its processes are gone at once, and its
// links have no carrier.
func (h *Host) powerOff(ctx context.Context) error {
	if h.machine == nil {
		return nil
	}
	h.touched = true
	if err := syscall.Kill(h.machine.init, syscall.SIGKILL); err != nil {
		return fmt.Errorf("end the first process: %w", err)
	}
	select {
	case <-h.machine.exited:
	case <-ctx.Done():
		return ctx.Err()
	}
	h.machine = nil
	return h.cables(ctx, "down")
}

// cables sets the far ends of both links up or down.
func (h *Host) cables(ctx context.Context, state string) error {
	if err := ip(ctx, h.lab.Rtr.netns, "link set "+h.Name+" "+state); err != nil {
		return err
	}
	return ip(ctx, h.lab.Ops.netns, "link set "+h.Name+" "+state)
}
