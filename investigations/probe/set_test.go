package probe

import (
	"context"
	"encoding/json"
	"net"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

func TestCatalogFactsMayBeUnset(t *testing.T) {
	for name, spec := range Catalog() {
		if spec.Name != name || spec.Help == "" || spec.Timeout <= 0 {
			t.Errorf("the specification of %s is not whole: %+v", name, spec)
		}
		for i := range spec.Facts.NumField() {
			switch f := spec.Facts.Field(i); f.Type.Kind() {
			case reflect.Pointer, reflect.Slice, reflect.Map:
			default:
				t.Errorf("%s: %s is a %s, which cannot be unset", name, f.Name, f.Type)
			}
		}
	}
}

func TestSetSaysWhatItLacks(t *testing.T) {
	s := &Set{}
	have := map[string]bool{}
	for _, name := range s.Probes() {
		have[name] = true
	}
	lacks := s.Lacks()
	for name := range Catalog() {
		if !have[name] && lacks[name] == "" {
			t.Errorf("%s is neither carried out nor lacking", name)
		}
	}
	if want := "firewall.verdict is not available on " + runtime.GOOS; lacks["firewall.verdict"] != want {
		t.Errorf("without it, firewall.verdict lacks %q, want %q", lacks["firewall.verdict"], want)
	}
}

func TestRunRefuses(t *testing.T) {
	for _, c := range []struct{ name, probe, args, want string }{
		{"an unknown probe", "shell.run", `{}`, `no probe is called "shell.run"`},
		{"an unknown field", "tcp.connect", `{"adresses": ["127.0.0.1"], "port": 80}`, "unknown field"},
		{"text after the end", "tcp.connect", `{} {}`, "after top-level value"},
		{"no object", "tcp.connect", `[1]`, "arguments"},
		{"too much", "tcp.connect", `{"addresses": ["` + strings.Repeat("1", maxArgs) + `"]}`, "too long"},
		{"a name for an address", "tcp.connect", `{"addresses": ["localhost"], "port": 80}`, "is not an IP address"},
		{"port 0", "tcp.connect", `{"addresses": ["127.0.0.1"], "port": 0}`, "is not a port"},
		{"port 70000", "tcp.connect", `{"addresses": ["127.0.0.1"], "port": 70000}`, "is not a port"},
		{"nine addresses", "tcp.connect", `{"addresses": ["::1","::1","::1","::1","::1","::1","::1","::1","::1"], "port": 1}`, "1 to 8 are possible"},
		{"a name with a space", "dns.resolve", `{"name": "a b"}`, "is not a host name"},
		{"no name", "dns.resolve", `{}`, "1 to 253 are possible"},
		{"a long upstream", "lb.upstream", `{"name": "` + strings.Repeat("x", 300) + `"}`, "1 to 256 are possible"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := new(Set).Run(t.Context(), investigations.Request{Probe: c.probe, Args: json.RawMessage(c.args)})
			if !strings.Contains(a.Error, c.want) || a.Facts != nil {
				t.Errorf("Run = %s, %q, want an error with %q", a.Facts, a.Error, c.want)
			}
		})
	}
}

func TestRunSurvivesAPanic(t *testing.T) {
	s := &Set{Firewall: func(context.Context, FirewallArgs) (FirewallFacts, error) { panic("at the disco") }}
	a := s.Run(t.Context(), investigations.Request{Probe: "firewall.verdict"})
	if want := "firewall.verdict panicked: at the disco"; a.Error != want {
		t.Errorf("Run = %q, want %q", a.Error, want)
	}
}

func TestRunEndsAtItsTimeout(t *testing.T) {
	s := &Set{Firewall: func(ctx context.Context, _ FirewallArgs) (FirewallFacts, error) {
		<-ctx.Done()
		return FirewallFacts{}, ctx.Err()
	}}
	a := s.Run(t.Context(), investigations.Request{Probe: "firewall.verdict", Timeout: time.Millisecond})
	if want := "firewall.verdict did not end in time"; a.Error != want {
		t.Errorf("Run = %q, want %q", a.Error, want)
	}
}

func TestConnectHere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := int64(l.Addr().(*net.TCPAddr).Port)
	f, err := TCPConnect(t.Context(), ConnectArgs{Addresses: []string{"127.0.0.1"}, Port: port})
	if err != nil {
		t.Fatal(err)
	}
	if !isTrue(f.Connected) || !isTrue(f.OwnAddress) || f.Errno != nil || len(f.Accepting) != 1 || len(f.SourcePorts) != 1 {
		t.Errorf("TCPConnect(a listener) = %+v, want it connected at once", f)
	}
	l.Close()
	if f, err = TCPConnect(t.Context(), ConnectArgs{Addresses: []string{"127.0.0.1"}, Port: port}); err != nil {
		t.Fatal(err)
	}
	if !isTrue(f.Refused) || isTrue(f.Connected) || *f.Errno != refused || len(f.Refusing) != 1 {
		t.Errorf("TCPConnect(a closed port) = %+v, want it refused", f)
	}
}
