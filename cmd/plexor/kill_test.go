package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/workspace"
)

// bed is a workspace and a bot as a process of its own, which the test kills.
type bed struct {
	t       *testing.T
	control workspace.Control
	config  string
	api     string
	log     *os.File
	env     []string // besides, and instead
}

func newBed(t *testing.T, c workspace.Config) *bed {
	t.Helper()
	w := workspace.New(c)
	server := httptest.NewServer(w.Handler())
	t.Cleanup(func() { w.Close(); server.Close() })
	dir := t.TempDir()
	api := freeAddress(t)
	config := filepath.Join(dir, "plexor.yml")
	text := fmt.Sprintf("data: %s\nhttp: {listen: '%s'}\ntargets: {allow: [127.0.0.0/8]}\nslack: {api_url: '%s/api/', channel: ops}\nrunners: {labels: {role: lb}}\nlimits: {user: 10000, target: 10000}\n",
		filepath.Join(dir, "data"), api, server.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		log.Close()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("the bot's log ends:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return &bed{t: t, control: workspace.Control{URL: server.URL}, config: config, api: "http://" + api, log: log}
}

// freeAddress is one that a server may listen on.
func freeAddress(t *testing.T) string { return refusing(t) }

// start starts the bot; what it returns kills it without a warning.
func (b *bed) start() (kill func()) {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command(self, "serve", "--config", b.config)
	cmd.Env = append(os.Environ(), "PLEXOR_TEST_MAIN=1", "SLACK_BOT_TOKEN=xoxb-test", "SLACK_APP_TOKEN=xapp-test", "SLACK_SIGNING_SECRET="+testSigningSecret, "PLEXOR_TOKEN=token")
	cmd.Env = append(cmd.Env, b.env...)
	cmd.Stdout, cmd.Stderr = b.log, b.log
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	killed := false
	kill = func() {
		if !killed {
			killed = true
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	b.t.Cleanup(kill)
	return kill
}

// ready waits until the bot says that it is.
func (b *bed) ready() {
	b.t.Helper()
	b.eventually("the bot is ready", func() bool {
		resp, err := http.Get(b.api + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func (b *bed) eventually(what string, is func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("after two minutes it is not so that %s", what)
		}
	}
}

// keyOf is the key that the bot put into a message's metadata.
func keyOf(m workspace.Message) string {
	var meta struct {
		Payload struct {
			Key string `json:"key"`
		} `json:"event_payload"`
	}
	json.Unmarshal(m.Metadata, &meta)
	return meta.Payload.Key
}

// messages are the bot's own in #ops.
func (b *bed) messages() []workspace.Message {
	b.t.Helper()
	all, err := b.control.Messages(b.t.Context(), "ops")
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// TestKill kills the bot without a warning at 50 moments over commands, probes
// and posts. No command that was acknowledged is lost, and nothing is said twice.
func TestKill(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 8
	}
	b := newBed(t, workspace.Config{Limits: workspace.Limits{PostPerSecond: -1, UpdatePerMinute: -1, OtherPerMinute: -1}})
	random := rand.New(rand.NewPCG(1, 2))
	acked := map[string]bool{}
	kill := b.start()
	b.ready()
	for i := range kills {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		target := fmt.Sprintf("127.0.0.1:%d", 20+i)
		done := make(chan bool, 1)
		go func() {
			ack, err := b.control.Command(ctx, "ops", "U1", "/diagnose "+target)
			done <- err == nil && !strings.Contains(string(ack.Body), "text")
		}()
		wait := time.Duration(random.Int64N(int64(700 * time.Millisecond)))
		if i%3 == 0 { // around the write and the acknowledgement
			wait = time.Duration(random.Int64N(int64(30 * time.Millisecond)))
		}
		time.Sleep(wait) // the moment of death, not a wait for anything
		kill()
		acked[target] = <-done
		cancel()
		kill = b.start()
		if i%5 != 4 { // sometimes it dies again while it starts
			b.ready()
		}
	}
	b.ready()
	b.finished(acked)
}

// finished waits for a verdict under every acknowledged command, and then holds
// every message to have been said once.
func (b *bed) finished(acked map[string]bool) {
	b.t.Helper()
	want := 0
	for _, ok := range acked {
		if ok {
			want++
		}
	}
	if want < len(acked)/4 {
		b.t.Errorf("only %d of %d commands were acknowledged: the test tests little", want, len(acked))
	}
	verdicts := func() map[string]int {
		found := map[string]int{}
		for _, m := range b.messages() {
			if strings.HasSuffix(keyOf(m), "#verdict") {
				for target := range acked {
					if strings.Contains(m.Text, target+" ") || strings.Contains(m.Text, target+":") {
						found[target]++
					}
				}
			}
		}
		return found
	}
	b.eventually("every acknowledged command has its verdict", func() bool {
		found := verdicts()
		for target, ok := range acked {
			if ok && found[target] == 0 {
				return false
			}
		}
		return true
	})
	b.eventually("nothing waits to be posted", func() bool {
		resp, err := http.Get(b.api + "/metrics")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		var text strings.Builder
		_, err = fmt.Fprint(&text, readAll(resp.Body))
		return err == nil && strings.Contains(text.String(), "plexor_outbox_waiting 0\n") && strings.Contains(text.String(), "plexor_investigations_running 0\n")
	})
	keys := map[string]int{}
	for _, m := range b.messages() {
		if k := keyOf(m); k != "" {
			keys[k]++
		}
	}
	for k, n := range keys {
		if n != 1 {
			b.t.Errorf("%s was said %d times", k, n)
		}
	}
	for target, n := range verdicts() {
		if n != 1 {
			b.t.Errorf("%s has %d verdicts", target, n)
		}
	}
}
