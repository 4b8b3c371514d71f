package follow

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// journald is a journal of the test's own: a daemon whose /run nobody else sees.
type journald struct {
	t       *testing.T
	pid     int
	command []string // journalctl, where the daemon is
}

func startJournald(t *testing.T) *journald {
	t.Helper()
	const daemon = "/lib/systemd/systemd-journald"
	if os.Getuid() != 0 {
		t.Skip("a journal of its own needs root")
	}
	for _, program := range []string{daemon, "journalctl", "unshare", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs %s", program)
		}
	}
	script := "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && exec " + daemon
	cmd := exec.Command("unshare", "--mount", "--propagation=private", "sh", "-c", script)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("journald said: %s", said.String())
		}
	})
	pid := cmd.Process.Pid
	return &journald{t: t, pid: pid, command: []string{"nsenter", "--mount", "--target=" + strconv.Itoa(pid), "journalctl"}}
}

// write sends an entry of a unit by the journal's native protocol.
func (j *journald) write(message string) error {
	j.t.Helper()
	conn, err := net.Dial("unixgram", fmt.Sprintf("/proc/%d/root/run/systemd/journal/socket", j.pid))
	if err != nil {
		return err
	}
	defer conn.Close()
	var b bytes.Buffer
	b.WriteString("OBJECT_SYSTEMD_UNIT=lb.service\nMESSAGE\n")
	binary.Write(&b, binary.LittleEndian, uint64(len(message)))
	b.WriteString(message + "\n")
	_, err = conn.Write(b.Bytes())
	return err
}

func TestJournal(t *testing.T) {
	j := startJournald(t)
	b := newBed(t)
	b.until("the journal is written", func() bool { return j.write("begin refused old") == nil })
	b.until("the journal can be read", func() bool {
		out, _ := exec.Command(j.command[0], append(j.command[1:], "--quiet", "--lines=1")...).Output()
		return bytes.Contains(out, []byte("old"))
	})
	tally := newTally()
	f := &feed{source: Source{Program: "p", Kind: Journal, Where: "lb.service"}, recognise: recognise, tally: tally, log: slog.New(slog.NewTextHandler(b, nil))}
	follow := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.followJournal(ctx, j.command) }()
		return func() { cancel(); <-done }
	}
	seen := func(name string) bool {
		tally.mu.Lock()
		defer tally.mu.Unlock()
		return tally.entries[name] != nil
	}
	write := func(text string) {
		if err := j.write(text); err != nil {
			t.Fatal(err)
		}
	}
	stop := follow()
	b.until("a is seen", func() bool { write("refused a"); return seen("a") }) // when it follows is not told
	write("two lines\nrefused binary\x01\xff")
	write(strings.Repeat("long ", 20_000) + "refused far")
	write("refused last")
	b.until("the rest is seen", func() bool { return seen("last") })
	stop()
	if !seen("binary\x01\xff") || seen("far") || seen("old") {
		t.Errorf("seen %v", tally.entries)
	}
	clear(tally.entries)
	write("refused meanwhile")
	stop = follow()
	b.until("what was written meanwhile is seen", func() bool { return seen("meanwhile") })
	stop()
	if len(tally.entries) != 1 {
		t.Errorf("seen again: %v", tally.entries)
	}
	f.keep(place{Cursor: "rubbish"})
	if err := f.followJournal(t.Context(), j.command); err == nil {
		t.Error("a cursor that is none = nil")
	}
	if p, _ := f.kept(); p.Cursor != "" {
		t.Errorf("the cursor %q is kept", p.Cursor)
	}
}

func TestJournalMissing(t *testing.T) {
	f := &feed{source: Source{Program: "p", Kind: Journal, Where: "lb.service"}, tally: newTally(), log: slog.New(slog.DiscardHandler)}
	if err := f.followJournal(t.Context(), []string{"/nonexistent/journalctl"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("followJournal = %v, want %v", err, os.ErrNotExist)
	}
}
