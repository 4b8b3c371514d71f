package follow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations/runner/follow"
)

// lines are what a load balancer whose backends refuse writes; %d is the time.
var lines = map[string]string{
	"nginx": "2026/11/21 03:02:%02d [error] 31315#31315: *%d connect() failed (111: Connection refused) while connecting to upstream, client: 10.91.1.2, " +
		"server: app.example.com, request: \"GET /cart/items?session=3f2a77 HTTP/1.1\", upstream: \"http://10.91.2.2:8081/cart/items\", host: \"app.example.com\"\n",
	"haproxy": "<134>Nov 21 03:02:%02d lb haproxy[%d]: 10.91.1.2:42792 [21/Nov/2026:03:02:58.065] fe bk_refused/s1 0/0/-1/-1/1000 503 217 - - SC-- 1/1/0/0/1 0/0 \"GET /refused HTTP/1.1\"\n",
}

// childEnv has this program follow one source, and say when it hears.
const childEnv = "PLEXOR_TEST_FOLLOW"

func TestMain(m *testing.M) {
	if source := os.Getenv(childEnv); source != "" {
		os.Exit(child(source))
	}
	os.Exit(m.Run())
}

func child(text string) int {
	source, err := follow.ParseSource(text)
	if err != nil {
		return 1
	}
	var sampled, raised atomic.Int64
	f, err := follow.New(follow.Config{
		Sources: []follow.Source{source}, State: os.Getenv("PLEXOR_TEST_STATE"), Recognise: alerts.Key, Log: slog.New(slog.DiscardHandler),
		Raise: func(_ context.Context, payload []byte) error {
			raised.Add(1)
			sampled.Add(int64(len(payload)))
			return nil
		},
	})
	if err != nil {
		return 1
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
	f.Run(ctx)
	fmt.Println(raised.Load())
	return 0
}

// TestCost measures what 10,000 and 50,000 lines of failures a second cost a
// process that follows them: at 10,000, at most 5 % of a core. With
// PLEXOR_TEST_COST it runs; its figures are of a machine that does nothing else.
func TestCost(t *testing.T) {
	seconds, _ := strconv.Atoi(os.Getenv("PLEXOR_TEST_COST"))
	if seconds == 0 {
		t.Skip("PLEXOR_TEST_COST=SECONDS measures it")
	}
	for _, c := range []struct {
		program, kind string
		rate          int
		most          float64 // of a core
	}{
		{"nginx", "file", 10_000, 0.05}, {"nginx", "file", 50_000, 0.25}, {"haproxy", "syslog", 10_000, 0.20}, {"haproxy", "udp", 10_000, 0.10},
	} {
		t.Run(fmt.Sprint(c.program, " ", c.kind, " ", c.rate), func(t *testing.T) {
			used, raised := cost(t, c.program, c.kind, c.rate, seconds)
			share := used.Seconds() / float64(seconds)
			t.Logf("%d lines/s: %.1f %% of a core, %s raises", c.rate, 100*share, raised)
			if share > c.most {
				t.Errorf("%.1f %% of a core, want at most %.0f %%", 100*share, 100*c.most)
			}
		})
	}
}

// cost writes lines for some seconds and returns the processor time that it took
// another process to follow them.
func cost(t *testing.T, program, kind string, rate, seconds int) (time.Duration, string) {
	t.Helper()
	dir := t.TempDir()
	source, out := open(t, dir, program, kind)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+source, "PLEXOR_TEST_STATE="+dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // it starts; what that costs counts too
	begin := time.Now()
	for n := 0; n < rate*seconds; {
		due := int(time.Since(begin).Seconds() * float64(rate))
		for ; n < min(due, rate*seconds); n++ {
			out(fmt.Sprintf(lines[program], n%60, n))
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(1500 * time.Millisecond)
	stdin.Close()
	raised, err := io.ReadAll(stdout)
	if err = errors.Join(err, cmd.Wait()); err != nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), string(raised[:max(0, len(raised)-1)])
}

// open makes a source and returns how to write to it.
func open(t *testing.T, dir, program, kind string) (source string, write func(string)) {
	t.Helper()
	switch kind {
	case "file":
		path := filepath.Join(dir, "error.log")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return program + "=" + path, func(s string) { f.WriteString(s) }
	case "syslog":
		path := filepath.Join(dir, "log.sock")
		var conn net.Conn
		return program + "=syslog:" + path, func(s string) {
			if conn == nil {
				conn, _ = net.Dial("unixgram", path)
			}
			conn.Write([]byte(s))
		}
	}
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.LocalAddr().String()
	free.Close()
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return program + "=udp:" + address, func(s string) { conn.Write([]byte(s)) }
}

// BenchmarkKey is the cost of telling one line of a failure from others.
func BenchmarkKey(b *testing.B) {
	for program, form := range lines {
		line := []byte(fmt.Sprintf(form, 1, 2))
		b.Run(program, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := alerts.Key(program, line); !ok {
					b.Fatal("not recognised")
				}
			}
		})
	}
}
