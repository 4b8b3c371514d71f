package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations/runner/follow"
	"github.com/plexorbot/plexor/investigations/runner/hub"
)

const refused = "2026/11/21 03:02:04 [error] 31315#31315: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 10.91.1.2, " +
	"server: app.example.com, request: \"GET /refused HTTP/1.1\", upstream: \"http://10.91.2.2:%d/refused\", host: \"app.example.com\"\n"

// TestFollow is a runner on a load balancer, from the line of its log to the bot,
// and over a restart.
func TestFollow(t *testing.T) {
	raised := make(chan follow.Raised, 16)
	h, err := hub.Open(hub.Config{
		Listen: "127.0.0.1:0", Dir: t.TempDir(), Store: &hub.Memory{}, Log: slog.New(slog.DiscardHandler),
		OnRaise: func(_ context.Context, runner, _ string, payload []byte) error {
			var r follow.Raised
			if err := json.Unmarshal(payload, &r); err != nil || runner != "lb" {
				t.Errorf("raised by %s: %s, %v", runner, payload, err)
			}
			raised <- r
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	token, err := h.Token(t.Context(), "lb", map[string]string{"role": "lb"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "error.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	fmt.Fprintf(log, refused, 1) // before anybody follows
	state := t.TempDir()
	for port := 2; port < 4; port++ {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan int, 1)
		go func() {
			code, _, _ := call(ctx, "", map[string]string{"PLEXOR_JOIN": token}, "--state", state, "--follow", "nginx="+log.Name())
			ended <- code
		}()
		wait(t, h, true)
		placed(t, state, log)
		fmt.Fprintf(log, refused, port)
		select {
		case r := <-raised:
			if !strings.Contains(r.Line, fmt.Sprintf("10.91.2.2:%d/", port)) || r.Program != "nginx" || r.Count != 1 {
				t.Errorf("raised %+v, want port %d", r, port)
			}
		case <-time.After(patience):
			t.Fatal("nothing was raised")
		}
		placed(t, state, log)
		stop()
		if code := <-ended; code != exitOK {
			t.Errorf("the runner ended with %d", code)
		}
		wait(t, h, false)
	}
	select {
	case r := <-raised:
		t.Errorf("raised besides: %+v", r)
	default:
	}
}

// placed waits until the runner has kept that it has read all of the log.
func placed(t *testing.T, state string, log *os.File) {
	t.Helper()
	info, err := log.Stat()
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`"offset":%d,`, info.Size())
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(state, "follow.json"))
		if err == nil && strings.Contains(string(text), want) {
			return
		}
	}
	t.Fatalf("the log is not followed up to %s", want)
}

func TestUsualLogs(t *testing.T) {
	for want, there := range map[string]string{
		"[nginx=/var/log/nginx/error.log haproxy=/var/log/haproxy.log]":    "",
		"[nginx=/var/log/nginx/error.log haproxy=/var/log/haproxy.log] ":   "/lib/systemd/system/haproxy.service /run/systemd/journal /var/log/haproxy.log",
		"[nginx=/var/log/nginx/error.log haproxy=journal:haproxy.service]": "/lib/systemd/system/haproxy.service /run/systemd/journal",
	} {
		got := usualLogs(func(path string) bool { return strings.Contains(" "+there+" ", " "+path+" ") })
		if fmt.Sprint(got) != strings.TrimSpace(want) {
			t.Errorf("usualLogs with %q = %v, want %s", there, got, want)
		}
	}
}
