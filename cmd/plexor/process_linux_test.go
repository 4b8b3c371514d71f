package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// process starts this program as one of its own; the test ends it if it lives.
func process(t *testing.T, env []string, args ...string) (cmd *exec.Cmd, out *bufio.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(self, args...)
	cmd.Env = append(append(os.Environ(), "PLEXOR_TEST_MAIN=1"), env...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd, bufio.NewReader(pipe)
}

// ends waits for a process and returns its exit code, -1 where a signal ended it.
func ends(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	late := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer late.Stop()
	err := cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatalf("wait: %v", err)
	} else if ok {
		return exit.ExitCode()
	}
	return 0
}

// TestSignals holds what ends a command, and its exit code then.
func TestSignals(t *testing.T) {
	hung, err := hang(0)
	if err != nil {
		t.Fatal(err)
	}
	defer hung.Close()
	if err := hung.fill(); err != nil {
		t.Fatal(err)
	}
	slow := []string{"diagnose", fmt.Sprintf("127.0.0.1:%d", hung.port)}
	for _, test := range []struct {
		args []string
		sig  syscall.Signal
		want int
	}{
		{[]string{"workspace", "--listen", "127.0.0.1:0"}, syscall.SIGINT, exitInterrupted},
		{[]string{"workspace", "--listen", "127.0.0.1:0"}, syscall.SIGTERM, exitOK},
		{[]string{"workspace", "--listen", "127.0.0.1:0"}, syscall.SIGHUP, exitOK},
		{slow, syscall.SIGINT, exitInterrupted},
		{slow, syscall.SIGHUP, exitInterrupted},
	} {
		if signal.Ignored(test.sig) { // by nohup, and then by what is started too
			continue
		}
		cmd, out := process(t, nil, test.args...)
		if test.args[0] == "workspace" {
			out.ReadString('\n')
		} else {
			catches(t, cmd.Process.Pid, test.sig)
		}
		cmd.Process.Signal(test.sig)
		if code := ends(t, cmd); code != test.want {
			t.Errorf("plexor %q ends at %v with %d, want %d", test.args, test.sig, code, test.want)
		}
	}
}

// catches waits until a process handles a signal.
func catches(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	(&bed{t: t}).eventually(fmt.Sprintf("it catches %v", sig), func() bool {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		_, mask, _ := strings.Cut(string(text), "SigCgt:")
		var bits uint64
		fmt.Sscanf(mask, "%x", &bits)
		return bits&(1<<(uint(sig)-1)) != 0 && bytes.Contains(text, []byte("State:\tS")) // and waits for an answer
	})
}

// TestDemoLeavesNothing ends the demo in each way that a person does, and finds
// no process and no directory of it.
func TestDemoLeavesNothing(t *testing.T) {
	taken, err := listenNear("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for sig, want := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupted, syscall.SIGHUP: exitOK, syscall.SIGTERM: exitOK} {
		if signal.Ignored(sig) {
			continue
		}
		tmp := t.TempDir()
		cmd, out := process(t, []string{"TMPDIR=" + tmp}, "demo", "--listen", taken.Addr().String())
		said, err := out.ReadString('\n')
		if err != nil || !strings.Contains(said, "http://127.0.0.1:") || strings.Contains(said, taken.Addr().String()+"/") {
			t.Fatalf("the demo says %q, %v; want a port that is free", said, err)
		}
		children := childrenOf(t, cmd.Process.Pid)
		if len(children) < 5 {
			t.Errorf("the demo has the processes %v, want its backends", children)
		}
		cmd.Process.Signal(sig)
		if code := ends(t, cmd); code != want {
			t.Errorf("the demo ends at %v with %d, want %d", sig, code, want)
		}
		for _, pid := range children {
			if err := syscall.Kill(pid, 0); err == nil {
				t.Errorf("after %v the demo's process %d lives", sig, pid)
			}
		}
		if left, _ := os.ReadDir(tmp); len(left) != 0 {
			t.Errorf("after %v the demo leaves %v", sig, left)
		}
	}
}

// TestDemoKilled kills the demo without a warning: its backends end by themselves.
func TestDemoKilled(t *testing.T) {
	cmd, out := process(t, []string{"TMPDIR=" + t.TempDir()}, "demo", "--listen", "127.0.0.1:0")
	if _, err := out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	children := childrenOf(t, cmd.Process.Pid)
	cmd.Process.Kill()
	ends(t, cmd)
	(&bed{t: t}).eventually("its processes have ended", func() bool {
		for _, pid := range children {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if err == nil && !bytes.Contains(text, []byte(") Z ")) { // nobody may have waited for it yet
				return false
			}
		}
		return true
	})
}

func childrenOf(t *testing.T, pid int) (list []int) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, word := range strings.Fields(string(text)) {
			var child int
			if _, err := fmt.Sscan(word, &child); err == nil {
				list = append(list, child)
			}
		}
	}
	return list
}

// TestTerminal has a terminal as standard output: colours there, and nowhere
// else, and not where NO_COLOR says so.
func TestTerminal(t *testing.T) {
	target := refusing(t)
	for name, test := range map[string]struct {
		env     []string
		colours bool
	}{"on a terminal": {nil, true}, "with NO_COLOR": {[]string{"NO_COLOR=1"}, false}, "with TERM=dumb": {[]string{"TERM=dumb"}, false}} {
		for _, args := range [][]string{{"diagnose", target}, {"diagnose", target, "-o", "json"}} {
			text := onTerminal(t, test.env, args...)
			if got, want := strings.Contains(text, "\x1b["), test.colours && len(args) == 2; got != want || !strings.Contains(text, "inconclusive") {
				t.Errorf("plexor %q %s prints %q; colours: want %v", args, name, text, want)
			}
		}
	}
}

// onTerminal runs plexor with a pseudo-terminal as its standard output.
func onTerminal(t *testing.T, env []string, args ...string) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	defer master.Close()
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(append(os.Environ(), "PLEXOR_TEST_MAIN=1", "TERM=xterm"), env...)
	cmd.Stdout = tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	text, _ := io.ReadAll(master) // ends with EIO when the last one has closed it
	cmd.Wait()
	return string(text)
}
