package lab

import (
	"strings"
	"testing"
	"time"
)

// Two programs that meet over the network of ops: greeter waits at the bot's
// port for who comes, greeted comes and stays.
const (
	greeter = `import os, socket
s = socket.create_server(("10.77.3.2", 4222))
c, _ = s.accept()
c.sendall(os.environ["WORD"].encode())
c.recv(1)`
	greeted = `import socket, time
while True:
    try:
        s = socket.create_connection(("10.77.3.2", 4222))
        break
    except OSError:
        time.sleep(0.05)
print(s.recv(5).decode(), flush=True)
s.recv(1)`
)

// TestProcessOutlivesReset holds what runners need: what Start began goes on
// while tests break and mend the lab around it.
func TestProcessOutlivesReset(t *testing.T) {
	l := whole(t)
	bot := l.Ops.Start(t, "greeter", []string{"WORD=hello"}, "python3", "-c", greeter)
	runner := l.Web.Start(t, "greeted", nil, "/usr/bin/python3", "-c", greeted)
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(runner.Log(), "hello"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no greeting: %q, %q", runner.Log(), bot.Log())
		}
	}
	l.Web.Shell(t, inputTable("drop"))
	l.BlockPort(t, l.Web)
	l.Reset(t)
	for _, p := range []*Process{runner, bot} {
		select {
		case <-p.Done():
			t.Errorf("%s ended with the reset: %s", p.name, p.Log())
		default:
		}
	}
	for _, p := range []*Process{runner, bot} {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}
}

func TestBalancers(t *testing.T) {
	l := whole(t)
	serveShop(t, l)
	l.LB.NginxBalance(t, "shop", shop)
	l.LB.HAProxyBalance(t, "shop", shop)
	get := func(port string) int {
		response, err := l.Ops.HTTP().Get("http://10.77.1.2:" + port + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	for _, port := range []string{"80", "81"} {
		if got := get(port); got != 200 {
			t.Errorf("status through port %s = %d, want 200", port, got)
		}
	}
	l.Web.Shell(t, "systemctl stop "+shopUnit)
	if got := get("80"); got != 502 {
		t.Errorf("status of nginx without a server = %d, want 502", got)
	}
	if got := get("81"); got != 503 {
		t.Errorf("status of HAProxy without a server = %d, want 503", got)
	}
	log := l.LB.Shell(t, "cat /var/log/nginx/error.log")
	if !strings.Contains(log, "(111: Connection refused) while connecting to upstream") {
		t.Errorf("nginx's error log = %q, want a refusal", log)
	}
}
