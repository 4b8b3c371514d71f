package lab

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

//go:embed reap.sh
var reapScript string

const anyPrefix = "plexor-lab-"

// reaper is a process that removes the lab when its standard input ends, which
// the kernel does for us even when this process is killed.
type reaper struct {
	cmd  *exec.Cmd
	life io.Closer
}

func startReaper(prefix, dir string) (*reaper, error) {
	cmd := exec.Command("sh", "-c", reapScript, "reap", prefix, dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // an interrupt at the terminal is not for it
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the lab's reaper: %w", err)
	}
	return &reaper{cmd: cmd, life: life}, nil
}

// reap removes the lab now.
func (r *reaper) reap() error {
	_ = r.life.Close()
	if err := r.cmd.Wait(); err != nil {
		return fmt.Errorf("remove the lab: %w", err)
	}
	return nil
}

// ownPrefix names this process and when it began, since numbers come again.
func ownPrefix() string {
	pid := os.Getpid()
	return fmt.Sprintf("%s%d.%s", anyPrefix, pid, startTime(pid))
}

// sweep removes labs whose owner is gone and whose reaper was killed with it.
func sweep(ctx context.Context) error {
	entries, err := os.ReadDir("/run/netns")
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("look for old labs: %w", err)
	}
	gone := map[string]bool{}
	for _, entry := range entries {
		if prefix := prefixOf(entry.Name()); prefix != "" && ownerGone(prefix) {
			gone[prefix] = true
		}
	}
	for prefix := range gone {
		if err := feed(ctx, "", "sh", "-c", reapScript, "reap", prefix, ""); err != nil {
			return fmt.Errorf("remove the old lab %s: %w", prefix, err)
		}
	}
	return nil
}

// prefixOf returns the lab that a namespace belongs to, "" where to none.
func prefixOf(netns string) string {
	if !strings.HasPrefix(netns, anyPrefix) {
		return ""
	}
	return netns[:strings.LastIndexByte(netns, '-')]
}

func ownerGone(prefix string) bool {
	pid, start, _ := strings.Cut(strings.TrimPrefix(prefix, anyPrefix), ".")
	n, err := strconv.Atoi(pid)
	return err == nil && startTime(n) != start
}

// startTime is the 22nd field of proc_pid_stat(5), "" where there is no such
// process.
func startTime(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	if fields := strings.Fields(after); len(fields) > 19 {
		return fields[19]
	}
	return ""
}
