package lab

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// asVictim is set in the process that TestKilledLabGoesAway kills.
const asVictim = "PLEXOR_LAB_VICTIM"

// TestKilledLabGoesAway kills a process that owns a lab and waits for all of
// its traces to go.
func TestKilledLabGoesAway(t *testing.T) {
	if os.Getenv(asVictim) != "" {
		l, err := Start(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("prefix %s dir %s\n", l.prefix, l.dir)
		select {}
	}
	whole(t)
	victim := exec.Command(os.Args[0], "-test.run=^TestKilledLabGoesAway$")
	victim.Env = append(os.Environ(), asVictim+"=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var prefix, dir string
	for lines := bufio.NewScanner(out); prefix == "" && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "prefix %s dir %s", &prefix, &dir)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // killed, as it should be
	if prefix == "" {
		t.Fatal("the other process has started no lab")
	}
	deadline := time.Now().Add(time.Minute)
	for left := traces(t, prefix, dir); left != ""; left = traces(t, prefix, dir) {
		if time.Now().After(deadline) {
			t.Fatalf("left of a killed lab: %s", left)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// traces names what is there of a lab.
func traces(t *testing.T, prefix, dir string) string {
	t.Helper()
	var found []string
	for _, where := range []string{"/run/netns", "/sys/fs/cgroup", "/sys/fs/cgroup/systemd",
		"/sys/fs/cgroup/unified", "/run/systemd/nspawn/propagate"} {
		entries, _ := os.ReadDir(where) // not all are everywhere
		for _, entry := range entries {
			if strings.HasPrefix(entry.Name(), prefix) {
				found = append(found, where+"/"+entry.Name())
			}
		}
	}
	if exists(dir) {
		found = append(found, dir)
	}
	return strings.Join(found, " ")
}
