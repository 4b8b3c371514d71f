package probe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// resolver gives a host a resolv.conf and a hosts file of its own.
func (w *world) resolver(host, conf, hosts string) {
	w.t.Helper()
	dir := w.t.TempDir()
	for name, text := range map[string]string{"/etc/resolv.conf": conf, "/etc/hosts": hosts} {
		path := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			w.t.Fatal(err)
		}
		w.binds[host+":"+name] = path
	}
}

func TestResolve(t *testing.T) {
	w := newWorld(t)
	w.background("be", helperDNS, beAddr+"\nweb.test. 60 IN A 10.0.0.1\nweb.test. 60 IN AAAA fd00::1\nfixed.test. 60 IN A 10.0.0.2\nempty.test. 60 IN TXT x")
	w.resolver("lb", "nameserver "+beAddr+"\nsearch test\n", "127.0.0.1 localhost\n10.0.0.9 fixed.test\n")
	for _, c := range []struct {
		name, addresses, others string
		source, code            any
	}{
		{"web.test", "10.0.0.1 fd00::1", "", "dns", nil},
		{"web", "10.0.0.1 fd00::1", "", "dns", nil},
		{"fixed.test", "10.0.0.9", "10.0.0.2", "hosts", nil},
		{"no.test", "", "", nil, "nxdomain"},
		{"empty.test", "", "", nil, "nodata"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.on(t)
			f := probeOn[ResolveFacts](w, "lb", "dns.resolve", ResolveArgs{Name: c.name, Port: 80})
			if got := strings.Join(f.Addresses, " "); got != c.addresses {
				t.Errorf("addresses = %q, want %q", got, c.addresses)
			}
			if got := strings.Join(f.Others, " "); got != c.others {
				t.Errorf("others = %q, want %q", got, c.others)
			}
			want(t, "resolved", f.Resolved, c.addresses != "")
			want(t, "source", f.Source, c.source)
			want(t, "code", f.Code, c.code)
			want(t, "resolver_down", f.ResolverDown, false)
			if len(f.Servers) != 1 || !isTrue(f.Servers[0].Answered) {
				t.Errorf("servers = %+v, want one that answered", f.Servers)
			}
		})
	}
}

// TestResolveResolverDown: nothing listens at the only server's address, then
// its packets are dropped.
func TestResolveResolverDown(t *testing.T) {
	w := newWorld(t)
	w.resolver("lb", "nameserver "+beAddr+"\n", "127.0.0.1 localhost\n")
	f := probeOn[ResolveFacts](w, "lb", "dns.resolve", ResolveArgs{Name: "web.test", Port: 80})
	want(t, "resolver_down", f.ResolverDown, true)
	want(t, "code", f.Code, "refused")
	want(t, "resolved", f.Resolved, false)
	want(t, "servers[0].refused", f.Servers[0].Refused, true)
	if testing.Short() {
		return
	}
	w.nft("be", "ip", "in udp dport 53 drop")
	f = probeOn[ResolveFacts](w, "lb", "dns.resolve", ResolveArgs{Name: "web.test", Port: 80})
	want(t, "silent: resolver_down", f.ResolverDown, true)
	want(t, "silent: code", f.Code, "timeout")
	want(t, "servers[0].silent", f.Servers[0].Silent, true)
}
