package probe

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
)

func TestFresh(t *testing.T) {
	old, new1, new2 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3")
	answers := func(list ...string) DNSServer {
		return DNSServer{Address: new("10.0.0.53:53"), Answered: new(true), Addresses: list}
	}
	refuses := DNSServer{Address: new("127.0.0.1:53"), Answered: new(false), Refused: new(true), Error: new("connection refused")}
	failed := errors.New("no such host")
	for name, test := range map[string]struct {
		found   []netip.Addr
		failure error
		hosts   []netip.Addr
		servers []DNSServer
		want    []netip.Addr
		fails   bool
	}{
		"agrees":                       {found: []netip.Addr{new1}, servers: []DNSServer{answers("10.0.0.2", "10.0.0.3")}, want: []netip.Addr{new1}},
		"hosts file says it":           {found: []netip.Addr{old}, hosts: []netip.Addr{old}, servers: []DNSServer{answers("10.0.0.2")}, want: []netip.Addr{old}},
		"hosts line is gone":           {found: []netip.Addr{old}, servers: []DNSServer{answers("10.0.0.2", "10.0.0.3")}, want: []netip.Addr{new1, new2}},
		"hosts line is new":            {found: []netip.Addr{old}, hosts: []netip.Addr{new2}, servers: []DNSServer{answers("10.0.0.2")}, want: []netip.Addr{new2}},
		"every server refuses":         {found: []netip.Addr{old}, servers: []DNSServer{refuses}, fails: true},
		"the name is gone":             {found: []netip.Addr{old}, servers: []DNSServer{answers()}, fails: true},
		"the first refuses":            {found: []netip.Addr{old}, servers: []DNSServer{refuses, answers("10.0.0.2")}, want: []netip.Addr{new1}},
		"failed, and a server has it":  {failure: failed, servers: []DNSServer{answers("10.0.0.2")}, want: []netip.Addr{new1}},
		"failed, and nobody has it":    {failure: failed, servers: []DNSServer{answers()}, fails: true},
		"no server is known":           {found: []netip.Addr{old}, want: []netip.Addr{old}},
		"failed, and no server at all": {failure: failed, fails: true},
	} {
		got, err := fresh("web.test", test.found, test.failure, test.hosts, test.servers)
		if !slices.Equal(got, test.want) || (err != nil) != test.fails {
			t.Errorf("%s: fresh = %v, %v; want %v, failure %t", name, got, err, test.want, test.fails)
		}
	}
}
