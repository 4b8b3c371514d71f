package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/investigations"
)

func ask(probe, args string) investigations.Request {
	return investigations.Request{Probe: probe, Args: json.RawMessage(args)}
}

// TestNever holds every spelling of what is never a target, in every place.
func TestNever(t *testing.T) {
	addresses := []string{
		"169.254.169.254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "0:0:0:0:0:ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe",
		"64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1", "::a9fe:a9fe", "2001:0:a9fe:a9fe::", "2001::5601:5601", "fe80::5efe:a9fe:a9fe",
		"2001:db8::5efe:a9fe:a9fe", "::ffff:0:a9fe:a9fe", "fd00:ec2::254", "FD00:0EC2:0:0:0:0:0:0254", "100.100.100.200",
		"fe80::1", "fe80::1%eth0", "224.0.0.1", "ff02::1", "255.255.255.255", "0.0.0.0", "::", "169.254.0.1",
	}
	spellings := []string{
		"169.254.43518", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.16689662", "0xA9.254.0xa9.0376", "169.254.169.254.",
		"[::ffff:169.254.169.254]", "http://169.254.169.254/latest", "http://u:p@[fd00:ec2::254]:80/", "169.254.169.254:80", "169.254.169.254/32",
		" 169.254.169.254 ", "http://2852039166/", "0", "0.0.0.0:80",
	}
	var requests []string
	for _, a := range addresses {
		for _, form := range []string{
			`{"address":%q}`, `{"ADDRESS":%q}`, `{"addreſs":%q}`, `{"addresses":["10.0.0.1",%q]}`, `{"destination":%q}`, `{"source":%q}`,
			`{"address":"10.0.0.1","address":%q}`, `{"address":%q,"address":"10.0.0.1"}`, `{"deep":{"er":[{"anything":%q}]}}`, `{"name":%q}`, `[%q]`, `%q`,
		} {
			requests = append(requests, fmt.Sprintf(form, a))
		}
	}
	for _, a := range spellings {
		for _, form := range []string{`{"name":%q}`, `{"host":%q}`, `{"servers":[%q]}`, `{"address":%q}`, `{"addresses":[%q]}`, `{"destination":%q}`} {
			requests = append(requests, fmt.Sprintf(form, a))
		}
	}
	all := Policy{Targets: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
	for _, r := range requests {
		for _, p := range []Policy{{}, all} {
			var refusal *Refusal
			if err := p.Allow(ask("tcp.connect", r)); !errors.As(err, &refusal) {
				t.Errorf("Allow(%s) = %v, want a refusal", r, err)
			}
		}
	}
}

func TestAllow(t *testing.T) {
	p := Policy{
		Probes: []string{"tcp.*", "dns.resolve"}, NoProbes: []string{"tcp.watch"},
		Targets:   []netip.Prefix{netip.MustParsePrefix("10.77.0.0/16"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("127.0.0.0/8")},
		NoTargets: []netip.Prefix{netip.MustParsePrefix("10.77.9.0/24")},
	}
	for _, c := range []struct {
		probe, args string
		want        string // in the refusal; empty: allowed
	}{
		{"tcp.connect", `{"addresses":["10.77.2.2","2001:db8::1"],"port":8080}`, ""},
		{"tcp.connect", `{"addresses":["::ffff:10.77.2.2"]}`, ""},
		{"tcp.connect", `{"addresses":["::ffff:10.77.9.2"]}`, "denied"},
		{"tcp.connect", `{"addresses":["10.77.9.2"]}`, "denied"},
		{"tcp.connect", `{"addresses":["64:ff9b::10.77.9.2"]}`, "denied"},
		{"tcp.connect", `{"addresses":["10.78.0.1"]}`, "not among"},
		{"tcp.connect", `{"addresses":["10.77.2.2",["10.78.0.1"]]}`, "not among"},
		{"tcp.connect", `{"addresses":["127.1"]}`, "usual form"},
		{"tcp.connect", `{"address":2130706433}`, "not written as"},
		{"tcp.connect", `{"address":true}`, "not written as"},
		{"tcp.connect", `{"address":"web.test"}`, "usual form"},
		{"tcp.connect", `{"address":""}`, ""},
		{"tcp.connect", `{"address":null}`, ""},
		{"tcp.connect", `{"source":"192.0.2.1","destination":"10.77.2.2"}`, ""},
		{"tcp.connect", ``, ""},
		{"tcp.connect", `{"address":`, "cannot be read"},
		{"tcp.watch", `{}`, "not allowed"},
		{"net.path", `{}`, "not allowed"},
		{"dns.resolve", `{"name":"web.test","port":8080}`, ""},
		{"dns.resolve", `{"name":"127.1"}`, ""},
		{"dns.resolve", `{"name":"10.1"}`, "not among"},
		{"dns.resolve", `{"name":"10.77.9.1:53"}`, "denied"},
		{"dns.resolve", `{"name":"web","unit":"8080"}`, ""},
		{"dns.resolve", `{"unit":"nginx.service","text":"1.2.3"}`, ""},
	} {
		err := p.Allow(ask(c.probe, c.args))
		if ok := err == nil; ok != (c.want == "") || !ok && !strings.Contains(err.Error(), c.want) {
			t.Errorf("Allow(%s, %s) = %v, want %q", c.probe, c.args, err, c.want)
		}
	}
}

func TestAton(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"127.1", "127.0.0.1"}, {"2130706433", "127.0.0.1"}, {"0x7f.1", "127.0.0.1"}, {"0177.0.0.1", "127.0.0.1"}, {"10.1.2", "10.1.0.2"},
		{"1.2.3.4", "1.2.3.4"}, {"4294967295", "255.255.255.255"}, {"0", "0.0.0.0"},
		{"4294967296", ""}, {"256.1.1.1", ""}, {"1.256.1.1", ""}, {"1.2.3.256", ""}, {"1.2.3.4.5", ""}, {"", ""}, {"a", ""}, {"1..2", ""}, {"1.2.3.", ""},
		{"0b1.1.1.1", ""}, {"1_0.1", ""}, {"-1", ""}, {"08.1.1.1", ""},
	} {
		ip, err := aton(c.in)
		if got := ip.String(); err == nil && got != c.want || err != nil && c.want != "" {
			t.Errorf("aton(%q) = %v, %v, want %q", c.in, ip, err, c.want)
		}
	}
}

// FuzzAllow looks for arguments that panic, and for link-local addresses that a
// strict reader would still take for one after they were allowed.
func FuzzAllow(f *testing.F) {
	for _, s := range []string{`{"address":"10.0.0.1"}`, `{"addresses":["169.254.169.254"]}`, `[[{"a":[1,"::1"]}]]`, `"x"`, `{`, `{"name":"http://[::1]/"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, args []byte) {
		err := Policy{}.Allow(investigations.Request{Probe: "tcp.connect", Args: args})
		var to struct {
			Address   string
			Addresses []string
		}
		if err != nil || json.Unmarshal(args, &to) != nil {
			return
		}
		for _, a := range append(to.Addresses, to.Address) {
			if ip, e := netip.ParseAddr(a); e == nil && ip.Unmap().IsLinkLocalUnicast() {
				t.Errorf("Allow(%s): %s was allowed", args, ip)
			}
		}
	})
}
