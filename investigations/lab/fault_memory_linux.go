package lab

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// memoryGroups is where control groups of version 1 limit memory. Where it is
// there, a unit's MemoryMax= limits nothing, and systemd is not told that the
// kernel killed for want of memory: to it, that is a signal like any other.
const memoryGroups = "/sys/fs/cgroup/memory"

// memoryFaults are those of a service that the kernel kills.
func memoryFaults() []Fault {
	cause := "oom-killed"
	if exists(memoryGroups) {
		cause = "proc-not-running"
	}
	return []Fault{{Name: "memory-runs-out", Cause: cause, On: "web", Target: shop, See: reset,
		Fix: "systemctl start " + shopUnit, Make: runOut}}
}

// runOut serves the shop with little memory and has it take more.
func runOut(t testing.TB, l *Lab) {
	t.Helper()
	const most = 32 << 20 // bytes
	l.Web.Serve(t, Service{Unit: shopUnit, Listen: []string{"[::]:8080"}, Lines: []string{"MemoryMax=" + strconv.Itoa(most)}})
	l.Web.remember(t, 8080)
	if exists(memoryGroups) {
		l.Web.confine(t, shopUnit, most)
	}
	l.Web.Shell(t, "systemctl kill -s USR2 --kill-who=main "+shopUnit+"; until systemctl is-failed -q "+shopUnit+"; do sleep 0.05; done")
}

// confine puts a unit's processes into a memory group of their own, from outside
// the host.
func (h *Host) confine(t testing.TB, unit string, bytes int) {
	t.Helper()
	group := filepath.Join(memoryGroups, h.netns+"-memory")
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(group); err != nil {
			t.Error(err)
		}
	})
	write := func(name string, value int) {
		if err := os.WriteFile(filepath.Join(group, name), []byte(strconv.Itoa(value)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("memory.limit_in_bytes", bytes)
	lists, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil || !strings.Contains(string(text), h.netns) || !strings.Contains(string(text), "/"+unit) {
			continue // it has gone, or it is not the unit's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(list)))
		if err != nil {
			t.Fatal(err)
		}
		write("cgroup.procs", pid)
		found++
	}
	if found == 0 {
		t.Fatalf("no process of %s on %s", unit, h.Name)
	}
}
