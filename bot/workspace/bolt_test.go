package workspace

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBolt has an app made with Slack's own SDK, @slack/bolt, as a client: what it takes for Slack is Slack enough.
func TestBolt(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no node")
	}
	if _, err := os.Stat(filepath.Join("bolttest", "node_modules", "@slack", "bolt")); err != nil {
		t.Skip("@slack/bolt is not installed: npm ci in bolttest")
	}
	t.Run("socket", func(t *testing.T) {
		b := newBed(t, Config{})
		lines, _ := startBolt(t, "MODE=socket", "URL="+b.url)
		awaitLine(t, lines, "ready")
		b.exercise()
	})
	t.Run("http", func(t *testing.T) {
		lines, stdin := startBolt(t, "MODE=http", "SECRET=s3cret")
		var port int
		if _, err := fmt.Sscanf(awaitLine(t, lines, "port "), "port %d", &port); err != nil {
			t.Fatal(err)
		}
		b := newBed(t, Config{RequestURL: fmt.Sprintf("http://127.0.0.1:%d", port), SigningSecret: "s3cret"})
		fmt.Fprintln(stdin, b.url)
		awaitLine(t, lines, "ready")
		if err := b.ctl.Verify(ctx(t)); err != nil {
			t.Errorf("url_verification: %v", err)
		}
		b.exercise()
	})
}

// startBolt runs the app until the test ends, and gives the lines that it prints.
func startBolt(t *testing.T, env ...string) (<-chan string, io.Writer) {
	t.Helper()
	cmd := exec.Command("node", "app.mjs")
	cmd.Dir = "bolttest"
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, ended := make(chan string, 100), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended; cmd.Wait() })
	return lines, in
}

func awaitLine(t *testing.T, lines <-chan string, prefix string) string {
	t.Helper()
	over := time.After(3 * patience)
	for {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatal("the app ended")
			}
			if strings.HasPrefix(line, prefix) {
				return line
			}
			t.Logf("bolt: %s", line)
		case <-over:
			t.Fatalf("the app did not print %q", prefix)
		}
	}
}

// exercise does with the app what a person does, and looks at what comes of it.
func (b *bed) exercise() {
	t := b.t
	t.Helper()
	ack, err := b.ctl.Command(ctx(t), "ops", "U1", "/diagnose web.test:8080")
	if err != nil || !has(string(ack.Body), "looking at web.test:8080") {
		t.Fatalf("Command = %s, %v", ack.Body, err)
	}
	var all []Message
	until(t, "the thread", func() bool { all, _ = b.ctl.Messages(ctx(t), "ops"); return len(all) == 3 && len(all[0].Edits) == 1 })
	parent := all[0]
	if parent.Text != "done" || parent.Blocks == nil || !has(string(parent.Metadata), `"k"`) || all[1].ThreadTS != parent.TS || len(all[2].Files) != 1 {
		t.Errorf("thread = %+v", all)
	}
	until(t, "the response URL", func() bool {
		mine, _ := b.ctl.Ephemeral(ctx(t), "U1")
		return len(mine) == 2 && mine[1].Text == "answered by the response URL"
	})
	b.exerciseModal(parent.TS)
	if _, err := b.ctl.Message(ctx(t), NewMessage{Channel: "payments", Text: "<@UB1> hello"}); err != nil {
		t.Fatal(err)
	}
	said := func(channel, text string) func() bool {
		return func() bool {
			list, _ := b.ctl.Messages(ctx(t), channel)
			return len(list) > 0 && has(list[len(list)-1].Text, text)
		}
	}
	until(t, "the mention", said("payments", "you called"))
	if _, err := b.ctl.Shortcut(ctx(t), "diagnose_message", "ops", parent.TS, "U2"); err != nil {
		t.Fatal(err)
	}
	until(t, "the shortcut", said("ops", "taken up"))
	if err := b.ctl.OpenHome(ctx(t), "U2"); err != nil {
		t.Fatal(err)
	}
	until(t, "the home tab", func() bool { v, _ := b.ctl.Home(ctx(t), "U2"); return v != nil })
}

func (b *bed) exerciseModal(ts string) {
	t := b.t
	t.Helper()
	if _, err := b.ctl.Action(ctx(t), Press{Channel: "ops", TS: ts, ActionID: "ask", User: "U2"}); err != nil {
		t.Fatal(err)
	}
	until(t, "the modal", func() bool { v, _ := b.ctl.Modals(ctx(t), "U2"); return len(v) == 1 })
	out, err := b.ctl.Submit(ctx(t), Submission{User: "U2", Values: map[string]any{"what": "x"}})
	if err != nil || out.Errors["q"] != "say more" {
		t.Fatalf("Submit(x) = %+v, %v, want an error under q", out, err)
	}
	if out, err = b.ctl.Submit(ctx(t), Submission{User: "U2", Values: map[string]any{"what": "why"}}); err != nil || out.View != nil {
		t.Fatalf("Submit(why) = %+v, %v, want the modal closed", out, err)
	}
	until(t, "the answer to the modal", func() bool {
		list, _ := b.ctl.Messages(ctx(t), "ops")
		return has(list[len(list)-1].Text, "<@U2> asked 42: why")
	})
}
