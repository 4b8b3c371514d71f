package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations/runner/follow"
	"github.com/plexorbot/plexor/investigations/runner/hub"
)

// TestHAProxy follows a real HAProxy whose server refuses, over both kinds of
// syslog.
func TestHAProxy(t *testing.T) {
	program, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("needs haproxy")
	}
	raised := make(chan follow.Raised, 64)
	h, err := hub.Open(hub.Config{
		Listen: "127.0.0.1:0", Dir: t.TempDir(), Store: &hub.Memory{}, Log: slog.New(slog.DiscardHandler),
		OnRaise: func(_ context.Context, _, _ string, payload []byte) error {
			var r follow.Raised
			err := json.Unmarshal(payload, &r)
			raised <- r
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	dir := t.TempDir()
	unix, udp := filepath.Join(dir, "log.sock"), freeUDP(t)
	runHAProxyRunner(t, h, "haproxy=syslog:"+unix, "haproxy=udp:"+udp)
	for kind, to := range map[string]string{"syslog": unix, "udp": udp} {
		startHAProxy(t, program, kind, to)
		for end := time.After(patience); ; {
			select {
			case r := <-raised:
				if !strings.Contains(r.Line, "bk_"+kind) { // of the one before
					continue
				}
				if !strings.Contains(r.Line, "bk_"+kind+"/s1 is DOWN, reason: Layer4 connection problem") && !strings.Contains(r.Line, "has no server available") {
					t.Errorf("raised %+v", r)
				}
			case <-end:
				t.Fatalf("nothing was raised over %s", kind)
			}
			break
		}
	}
}

// runHAProxyRunner runs a runner that follows logs until the test ends.
func runHAProxyRunner(t *testing.T, h *hub.Hub, logs ...string) {
	t.Helper()
	token, err := h.Token(t.Context(), "lb", map[string]string{"role": "lb"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--state", t.TempDir()}
	for _, l := range logs {
		args = append(args, "--follow", l)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan string, 1)
	go func() {
		_, _, errors := call(ctx, "", map[string]string{"PLEXOR_JOIN": token}, args...)
		ended <- errors
	}()
	t.Cleanup(func() {
		stop()
		if said := <-ended; t.Failed() {
			t.Logf("the runner said:\n%s", said)
		}
	})
	wait(t, h, true)
}

// startHAProxy runs HAProxy with one server that refuses.
func startHAProxy(t *testing.T, program, kind, log string) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	text := fmt.Sprintf("global\n  log %s local0\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n"+
		"frontend fe\n  bind %s\n  default_backend bk_%s\nbackend bk_%s\n  log global\n  server s1 127.0.0.1:9 check inter 200ms fall 1\n", log, freeTCP(t), kind, kind)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(program, "-db", "-f", config)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("haproxy said:\n%s", said.String())
		}
	})
}

func freeTCP(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func freeUDP(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().String()
}
