package probe

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// world are hosts in network namespaces of their own:
//
//	lb 10.91.1.2 -- rtr -- be 10.91.2.2      (and fd91:1::2, fd91:2::2)
type world struct {
	t      *testing.T
	prefix string
	idle   *agents
	binds  map[string]string // a host's files in place of the machine's: host:path to path
}

// on is the world for a subtest.
func (w *world) on(t *testing.T) *world {
	v := *w
	v.t = t
	return &v
}

const (
	lbAddr, lbAddr6 = "10.91.1.2", "fd91:1::2"
	beAddr, beAddr6 = "10.91.2.2", "fd91:2::2"
	rtrAddr         = "10.91.1.1"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make network namespaces")
	}
	for _, program := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs the program %s", program)
		}
	}
	w := &world{
		t: t, prefix: fmt.Sprintf("probe-%d-%d-", os.Getpid(), time.Now().UnixNano()%1e6),
		idle: &agents{free: map[string][]*agent{}}, binds: map[string]string{},
	}
	t.Cleanup(w.idle.end)
	for _, host := range []string{"lb", "rtr", "be"} {
		w.add(host)
	}
	w.join("lb", "10.91.1.2/24", "fd91:1::2/64", "10.91.1.1/24", "fd91:1::1/64", "toLB")
	w.join("be", "10.91.2.2/24", "fd91:2::2/64", "10.91.2.1/24", "fd91:2::1/64", "toBE")
	w.do("rtr", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
	for host, gateway := range map[string]string{"lb": "1", "be": "2"} {
		w.do(host, "ip route add default via 10.91."+gateway+".1")
		w.do(host, "ip -6 route add default via fd91:"+gateway+"::1")
	}
	return w
}

func (w *world) add(host string) {
	w.t.Helper()
	w.command("ip", "netns", "add", w.prefix+host)
	w.t.Cleanup(func() { exec.Command("ip", "netns", "del", w.prefix+host).Run() })
	// Link-local addresses are good at once: a router asks for neighbours with one.
	w.do(host, "sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0")
	w.do(host, "ip link set lo up")
}

// join connects a host to the router.
func (w *world) join(host, addr, addr6, gateway, gateway6, name string) {
	w.t.Helper()
	w.command("ip", "-n", w.prefix+host, "link", "add", "eth0", "type", "veth", "peer", "name", name, "netns", w.prefix+"rtr")
	for _, end := range [][4]string{{host, "eth0", addr, addr6}, {"rtr", name, gateway, gateway6}} {
		w.do(end[0], "ip addr add "+end[2]+" dev "+end[1])
		w.do(end[0], "ip addr add "+end[3]+" nodad dev "+end[1])
		w.do(end[0], "ip link set "+end[1]+" up")
	}
}

// do runs a command line, cut at spaces, on a host.
func (w *world) do(host, line string) string {
	w.t.Helper()
	return w.command("ip", append([]string{"netns", "exec", w.prefix + host}, strings.Fields(line)...)...)
}

// nft adds rules to a host, in the chains in, out and through of the table ip (or
// ip6, inet …) t.
func (w *world) nft(host, family, rules string) {
	w.t.Helper()
	text := "add table " + family + " t\n"
	for name, hook := range map[string]string{"in": "input", "out": "output", "through": "forward"} {
		text += fmt.Sprintf("add chain %s t %s { type filter hook %s priority 0; }\n", family, name, hook)
	}
	for rule := range strings.SplitSeq(rules, ";") {
		text += "add rule " + family + " t " + rule + "\n"
	}
	c := exec.Command("ip", "netns", "exec", w.prefix+host, "nft", "-f", "-")
	c.Stdin = strings.NewReader(text)
	if out, err := c.CombinedOutput(); err != nil {
		w.t.Fatalf("nft %q: %v\n%s", rules, err, out)
	}
}

func (w *world) command(name string, args ...string) string {
	w.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// helperProcess is a helper on a host.
type helperProcess struct {
	in   io.WriteCloser
	out  *bufio.Reader
	wait func() // ends it
}

// helper starts this test binary on a host.
func (w *world) helper(host, variable, value string) *helperProcess {
	w.t.Helper()
	script := `exec "$0"`
	for where, path := range w.binds {
		if on, target, _ := strings.Cut(where, ":"); on == host {
			script = fmt.Sprintf("mount --bind %s %s && ", path, target) + script
		}
	}
	c := exec.Command("ip", "netns", "exec", w.prefix+host, "sh", "-c", script, os.Args[0])
	c.Env = append(os.Environ(), variable+"="+value)
	c.Stderr = os.Stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	return &helperProcess{stdin, bufio.NewReader(stdout), sync.OnceFunc(func() { stdin.Close(); c.Wait() })}
}

// background starts a helper that says when it is ready, and ends with the test.
func (w *world) background(host, variable, value string) {
	w.t.Helper()
	h := w.helper(host, variable, value)
	w.t.Cleanup(h.wait)
	if line, err := h.out.ReadString('\n'); line != "ready\n" {
		w.t.Fatalf("helper %s on %s: %q, %v, want ready", value, host, line, err)
	}
}

// agent is a helper that carries out probes on a host, one at a time.
type agent struct {
	*helperProcess
	key string
}

// agents are those that wait for work, by host and user.
type agents struct {
	mu   sync.Mutex
	free map[string][]*agent
}

func (a *agents) take(key string) *agent {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.free[key]
	if len(list) == 0 {
		return nil
	}
	a.free[key] = list[1:]
	return list[0]
}

func (a *agents) give(one *agent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free[one.key] = append(a.free[one.key], one)
}

// end ends those that wait.
func (a *agents) end() {
	for _, list := range a.free {
		for _, one := range list {
			one.wait()
		}
	}
}

// probeOn carries out a probe on a host and returns its facts.
func probeOn[Facts any](w *world, host, name string, args any) (f Facts) {
	w.t.Helper()
	w.start(host, name, args).facts(&f)
	return f
}

// running is a probe under way on a host.
type running struct {
	w *world
	*agent
}

// start begins a probe on a host; host@nobody does it without privileges.
func (w *world) start(host, name string, args any) *running {
	w.t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		w.t.Fatal(err)
	}
	request, err := json.Marshal(investigations.Request{Probe: name, Args: raw})
	if err != nil {
		w.t.Fatal(err)
	}
	one := w.idle.take(host)
	if one == nil {
		on, as, ok := strings.Cut(host, "@")
		if !ok {
			as = "root"
		}
		one = &agent{w.helper(on, helperAgent, as), host}
	}
	fmt.Fprintf(one.in, "%s\n", request)
	return &running{w, one}
}

// armed waits until a watch is armed.
func (r *running) armed() {
	r.w.t.Helper()
	if line, err := r.out.ReadString('\n'); line != "armed\n" {
		r.w.t.Fatalf("a watch said %q, %v, want armed", line, err)
	}
}

// finish ends a watch.
func (r *running) finish() { fmt.Fprintln(r.in, finishLine) }

// facts waits for the answer.
func (r *running) facts(into any) {
	r.w.t.Helper()
	line, err := r.out.ReadBytes('\n')
	if err != nil {
		r.wait()
		r.w.t.Fatalf("no answer: %v", err)
	}
	r.w.idle.give(r.agent)
	var a investigations.Answer
	if err := json.Unmarshal(line, &a); err != nil {
		r.w.t.Fatalf("answer %q: %v", line, err)
	}
	if a.Error != "" {
		r.w.t.Fatalf("the probe failed: %s", a.Error)
	}
	if err := json.Unmarshal(a.Facts, into); err != nil {
		r.w.t.Fatalf("facts %s: %v", a.Facts, err)
	}
}
