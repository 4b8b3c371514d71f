package probe

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plexorbot/plexor/investigations"
)

// world are hosts in network namespaces of their own:
//
//	lb 10.91.1.2 -- rtr -- be 10.91.2.2      (and fd91:1::2, fd91:2::2)
type world struct {
	t      *testing.T
	prefix string
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
	w := &world{t, fmt.Sprintf("probe-%d-%d-", os.Getpid(), time.Now().UnixNano()%1e6)}
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

// helper starts this test binary on a host; it ends with the test.
func (w *world) helper(host, variable, value string) (in io.Closer, out *bufio.Reader, wait func()) {
	w.t.Helper()
	c := exec.Command("ip", "netns", "exec", w.prefix+host, os.Args[0])
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
	ended := false
	wait = func() {
		if !ended {
			ended = true
			stdin.Close()
			c.Wait()
		}
	}
	w.t.Cleanup(wait)
	return stdin, bufio.NewReader(stdout), wait
}

// probeOn carries out a probe on a host and returns its facts.
func probeOn[Facts any](w *world, host, name string, args any) (f Facts) {
	w.t.Helper()
	w.start(host, name, args).facts(&f)
	return f
}

// running is a probe under way on a host.
type running struct {
	w    *world
	in   io.Closer
	out  *bufio.Reader
	wait func()
}

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
	r := &running{w: w}
	r.in, r.out, r.wait = w.helper(host, helperRequest, string(request))
	return r
}

// armed waits until a watch is armed.
func (r *running) armed() {
	r.w.t.Helper()
	if line, err := r.out.ReadString('\n'); line != "armed\n" {
		r.w.t.Fatalf("a watch said %q, %v, want armed", line, err)
	}
}

// finish ends a watch.
func (r *running) finish() { r.in.Close() }

// facts waits for the answer.
func (r *running) facts(into any) {
	r.w.t.Helper()
	line, err := r.out.ReadBytes('\n')
	if err != nil {
		r.w.t.Fatalf("no answer: %v", err)
	}
	r.wait()
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

// listenOn is what a helper listens on.
type listenOn struct {
	Address string // host:port
	V6Only  bool
	Backlog int  // of listen(2), 128 unless given
	Accept  bool // and close; else connections wait for ever
}

// listen makes a host listen.
func (w *world) listen(host string, l listenOn) {
	w.t.Helper()
	raw, _ := json.Marshal(l)
	_, out, _ := w.helper(host, helperListen, string(raw))
	if line, err := out.ReadString('\n'); line != "ready\n" {
		w.t.Fatalf("listen on %s: %q, %v", l.Address, line, err)
	}
}

// hold makes a host connect to an address (host:port) and keep the connection,
// or keep trying.
func (w *world) hold(host, address string) {
	w.t.Helper()
	_, out, _ := w.helper(host, helperHold, address)
	if line, err := out.ReadString('\n'); line != "ready\n" {
		w.t.Fatalf("connect to %s: %q, %v", address, line, err)
	}
}

// helpHold keeps a connection, until standard input ends, for which a SYN was
// sent.
func helpHold(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	fd, err := tcpSocket(to.Addr())
	if err != nil {
		return err
	}
	if err := unix.Connect(fd, sockaddr(to)); err != nil && err != unix.EINPROGRESS {
		return err
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// helpListen listens until standard input ends.
func helpListen(raw string) error {
	var l listenOn
	if err := json.Unmarshal([]byte(raw), &l); err != nil {
		return err
	}
	fd, err := listenSocket(l)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if l.Accept {
		go func() {
			for {
				c, _, err := unix.Accept(fd)
				if err != nil {
					return
				}
				unix.Close(c)
			}
		}()
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// listenSocket is a listening socket, with what the net package does not let
// one choose.
func listenSocket(l listenOn) (fd int, err error) {
	to, err := netip.ParseAddrPort(l.Address)
	if err != nil {
		return -1, err
	}
	family := unix.AF_INET6
	if to.Addr().Is4() {
		family = unix.AF_INET
	}
	if fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return -1, err
	}
	if family == unix.AF_INET6 {
		v6only := 0
		if l.V6Only {
			v6only = 1
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, v6only); err != nil {
			return -1, err
		}
	}
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err := unix.Bind(fd, sockaddr(to)); err != nil {
		return -1, err
	}
	if l.Backlog == 0 {
		l.Backlog = 128
	}
	return fd, unix.Listen(fd, l.Backlog)
}
