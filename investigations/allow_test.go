package investigations

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func allow(t *testing.T, entries ...string) *AllowList {
	t.Helper()
	a, err := NewAllowList(entries)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAllowListAddress(t *testing.T) {
	a := allow(t, "10.0.0.0/8", "192.0.2.7", "fd00:1::/32", "::ffff:172.16.0.0/108", "127.0.0.0/8", "::1")
	tests := []struct {
		addr string
		ok   bool
	}{
		{"10.1.1.1", true}, {"::ffff:10.1.1.1", true}, {"11.1.1.1", false},
		{"192.0.2.7", true}, {"192.0.2.8", false},
		{"fd00:1::5", true}, {"fd00:2::5", false},
		{"172.16.9.9", true}, {"172.32.0.1", false},
		{"127.0.0.1", true}, {"::1", true}, {"::ffff:127.0.0.1", true},
	}
	for _, tt := range tests {
		if err := a.Address(netip.MustParseAddr(tt.addr)); (err == nil) != tt.ok {
			t.Errorf("Address(%s) = %v, want allowed %v", tt.addr, err, tt.ok)
		}
	}
}

func TestNeverAllowed(t *testing.T) {
	all := allow(t, "0.0.0.0/0", "::/0", "*")
	for _, s := range []string{
		"169.254.169.254", "169.254.0.1", "fe80::1", "224.0.0.1", "239.1.1.1", "ff02::1", "0.0.0.0", "0.1.2.3", "::", "255.255.255.255",
		"fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16",
		"::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254",
		"::ffff:0:169.254.169.254", "fd00::5efe:169.254.169.254", "2001:0:a9fe:a9fe::1", "2001:0:808:808::5601:5601",
		"64:ff9b::224.0.0.1", "2002:ffff:ffff::", "::ffff:0.0.0.0", "fe80::1%eth0",
	} {
		addr := netip.MustParseAddr(s)
		var na *NotAllowedError
		if err := all.Address(addr); !errors.As(err, &na) || !strings.Contains(na.Why, "never") {
			t.Errorf("Address(%s) = %v, want never", s, err)
		}
		if err := all.Resolved("web.test", addr); !errors.As(err, &na) {
			t.Errorf("Resolved(web.test, %s) = nil, want never: a glob does not reach so far", s)
		}
	}
	for _, s := range []string{"10.0.0.1", "127.0.0.1", "::1", "2001:db8::1", "64:ff9b::8.8.8.8", "2002:808:808::1", "fd00::1"} {
		if err := all.Address(netip.MustParseAddr(s)); err != nil {
			t.Errorf("Address(%s) = %v, want allowed", s, err)
		}
	}
}

func TestAllowListNames(t *testing.T) {
	a := allow(t, "*.corp.example", "web", "db-?.test", "10.0.0.0/8")
	for host, ok := range map[string]bool{
		"a.corp.example": true, "A.B.Corp.Example.": true, "corp.example": false, "web": true, "web2": false, "db-1.test": true, "db-12.test": false,
	} {
		if err := a.Name(host); (err == nil) != ok {
			t.Errorf("Name(%s) = %v, want allowed %v", host, err, ok)
		}
	}
	for _, tt := range []struct {
		host, addr string
		ok         bool
	}{
		{"a.corp.example", "192.0.2.1", true}, {"other", "192.0.2.1", false}, {"other", "10.0.0.1", true}, {"", "192.0.2.1", false},
	} {
		if err := a.Resolved(tt.host, netip.MustParseAddr(tt.addr)); (err == nil) != tt.ok {
			t.Errorf("Resolved(%q, %s) = %v, want allowed %v", tt.host, tt.addr, err, tt.ok)
		}
	}
}

func TestAllowListTarget(t *testing.T) {
	a := allow(t, "10.0.0.0/8")
	for text, ok := range map[string]bool{
		"10.0.0.1:80": true, "127.1:80": false, "2130706433:80": false, "[::ffff:127.0.0.1]:80": false, "http://0x7f.1/": false,
		"[::ffff:10.0.0.1]:80": true, "name.test:80": true, "pool": true,
	} {
		target, err := ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Target(target); (err == nil) != ok {
			t.Errorf("Target(%s) = %v, want allowed %v", text, err, ok)
		}
	}
}

func TestAllowListWithoutEntriesAllowsNothing(t *testing.T) {
	var none *AllowList
	addr := netip.MustParseAddr("10.0.0.1")
	if none.Address(addr) == nil || none.Name("web") == nil || none.Resolved("web", addr) == nil || allow(t).Address(addr) == nil {
		t.Error("a list without entries allows something")
	}
}

func TestNewAllowListRefuses(t *testing.T) {
	for entry, want := range map[string]string{
		"10.0.0.1/8": "write 10.0.0.0/8", "10.0.0.0/33": "prefix", "x/y": "prefix", "": "neither", "127.1": "neither", "[a-z]": "neither", "we b": "neither",
	} {
		if _, err := NewAllowList([]string{entry}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewAllowList(%q) = %v, want %q", entry, err, want)
		}
	}
}
