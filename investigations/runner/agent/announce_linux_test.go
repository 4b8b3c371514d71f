package agent

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// Whose address it is must be known also while the link that has it is down.
func TestAddressesOfALinkThatIsDown(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a network namespace needs root")
	}
	runtime.LockOSThread() // never unlocked: the thread ends with its namespace
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skip("no network namespace can be made: ", err)
	}
	for _, args := range [][]string{
		{"link", "add", "d0", "type", "veth", "peer", "name", "d1"}, {"addr", "add", "192.0.2.1/24", "dev", "d0"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Skipf("ip %v: %v: %s", args, err, out)
		}
	}
	got, err := Addresses()
	if err != nil || !slices.Equal(got, []string{"192.0.2.1"}) {
		t.Errorf("Addresses() = %q, %v, want 192.0.2.1", got, err)
	}
}
