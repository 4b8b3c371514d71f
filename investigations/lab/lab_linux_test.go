package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds a connect that ought to end by itself; an address that nobody
// answers for takes the kernel three seconds.
const patience = 8 * time.Second

// silent is how long a connect is watched that nothing ought to answer.
const silent = 1500 * time.Millisecond

var shared = sync.OnceValues(func() (*Lab, error) {
	bin, err := os.MkdirTemp("", "plexor-lab-bin-")
	if err != nil {
		return nil, err
	}
	if err := Build(bin); err != nil {
		return nil, err
	}
	return Start(context.Background(), Options{Bin: bin})
})

var begun bool

func TestMain(m *testing.M) {
	code := m.Run()
	if begun {
		if l, err := shared(); err == nil {
			if err := errors.Join(l.Close(), os.RemoveAll(l.bin)); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// whole returns the lab of this test binary, put back as it was.
func whole(t *testing.T) *Lab {
	t.Helper()
	if why := Unavailable(); why != "" {
		t.Skip(why)
	}
	if testing.Short() || os.Getenv("PLEXOR_LAB") == "" {
		t.Skip("the lab boots hosts and takes minutes: PLEXOR_LAB=1 go test -timeout 30m ./investigations/lab")
	}
	begun = true
	l, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	l.Reset(t)
	return l
}

func TestFaults(t *testing.T) {
	for _, f := range Faults() {
		t.Run(f.Name, func(t *testing.T) {
			l := whole(t)
			f.Make(t, l)
			look(t, l, f)
			if f.Fix != "" {
				l.host(f.On).Shell(t, f.Fix)
				healed(t, l, f)
			}
		})
	}
}

// healed waits until lb reaches the target: some fixes return before the program
// has done what it was told (nginx reloads when its signal has come).
func healed(t *testing.T, l *Lab, f Fault) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		address, err := l.resolve(t, cmp.Or(f.Address, f.Target))
		if err != nil {
			continue
		}
		if a, err := l.LB.Connect(t.Context(), address, patience); err == nil && a.Errno == 0 {
			return
		}
	}
	look(t, l, Fault{Target: f.Target, Address: f.Address})
}

// look compares what lb sees of the target with what the fault says.
func look(t *testing.T, l *Lab, f Fault) {
	t.Helper()
	address, err := l.resolve(t, cmp.Or(f.Address, f.Target))
	if (err != nil) != f.See.Unresolved {
		t.Fatalf("resolve %s on lb: %v, want unresolved = %v", f.Target, err, f.See.Unresolved)
	}
	if err != nil || f.See.Varies {
		return
	}
	timeout := patience
	if f.See == silence {
		timeout = silent
	}
	a, err := l.LB.Connect(t.Context(), address, timeout)
	if err != nil {
		t.Fatal(err)
	}
	if a.Errno != f.See.Errno || a.ICMP != f.See.ICMP {
		t.Errorf("connect to %s = %v, want %s %q", address, a, unix.ErrnoName(f.See.Errno), f.See.ICMP)
	}
}

// resolve gives the first address of a target as lb's own resolver does.
func (l *Lab) resolve(t *testing.T, target string) (string, error) {
	if _, err := netip.ParseAddrPort(target); err == nil {
		return target, nil
	}
	name, port, _ := strings.Cut(target, ":")
	out, err := l.LB.Run(t.Context(), "getent", "ahostsv4", name)
	if err != nil {
		return "", err
	}
	return strings.Fields(out)[0] + ":" + port, nil
}

// host finds a host by its name or its address on the data link.
func (l *Lab) host(name string) *Host {
	for _, h := range l.hosts() {
		if h.Name == name || h.IP() == name {
			return h
		}
	}
	return nil
}

func TestResetMendsEverything(t *testing.T) {
	l := whole(t)
	l.Web.Serve(t, Service{Unit: shopUnit, Listen: []string{"127.0.0.1:8080"}})
	l.Web.Shell(t, inputTable("drop")+"iptables-legacy -P INPUT DROP; ip addr del 10.77.2.2/24 dev eth0")
	l.Web.Write(t, "/etc/hosts", "")
	l.LB.Shell(t, outputTable("drop")+"\nip route add blackhole 10.77.2.0/24; ip -6 route add prohibit fd77:2::/64; ip route del default")
	l.LB.Write(t, "/etc/resolv.conf", "nameserver 192.0.2.1\n")
	l.BlockPort(t, l.Web)
	l.Web2.PowerOff(t)
	l.DNS.Stop()
	begun := time.Now()
	l.Reset(t)
	t.Logf("reset in %v, with one boot", time.Since(begun))
	for _, name := range []string{"/etc/systemd/system/" + shopUnit, serveAt, "/run/lab"} {
		if _, err := l.Web.Run(t.Context(), "test", "-e", name); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	for _, target := range []string{"shop.test:8080", shop6} {
		look(t, l, Fault{Target: target, See: reset})
		serveShop(t, l)
		look(t, l, Fault{Target: target})
		l.Web.Shell(t, "systemctl stop "+shopUnit)
	}
	if a, err := l.LB.Connect(t.Context(), "10.77.2.3:80", patience); err != nil || a.Errno != unix.ECONNREFUSED {
		t.Errorf("connect to web2 = %v, %v, want a refusal", a, err)
	}
}
