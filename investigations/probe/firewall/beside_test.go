package firewall

import (
	"net/netip"
	"testing"
)

func TestServicesFor(t *testing.T) {
	const table = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  0A4D0202:1F90 rr
  -> 0A4D0203:1F90      Masq    1      0          0
UDP  0A4D0202:0035 rr
TCP  [fd77:0002:0000:0000:0000:0000:0000:0002]:1F90 wrr persistent 50
`
	for _, c := range []struct {
		at, table string
		want      int
	}{
		{"10.77.2.2:8080", table, 1},
		{"10.77.2.2:53", table, 0},
		{"10.77.2.3:8080", table, 0},
		{"[fd77:2::2]:8080", table, 1},
		{"10.77.2.3:8080", table + "FWM  00000001 rr\n", 1},
		{"10.77.2.3:8080", "", 0},
		{"10.77.2.3:8080", "TCP\nTCP zz\nTCP zz:yy rr\nTCP 0A4D:1F90 rr\n", 0},
	} {
		at := netip.MustParseAddrPort(c.at)
		if got := servicesFor(c.table, packet{dst: at.Addr(), dport: at.Port()}); len(got) != c.want {
			t.Errorf("servicesFor(%s) = %q, want %d", c.at, got, c.want)
		}
	}
}

// TestLeads holds that a rewritten packet is told from one that goes where it
// was sent, also where the rules may lead it to several places.
func TestLeads(t *testing.T) {
	to := func(dst string, orig string) ended {
		d, o := netip.MustParseAddrPort(dst), netip.MustParseAddrPort(orig)
		return ended{way: way{state: state{packet: packet{dst: d.Addr(), dport: d.Port(), origDst: o.Addr(), origDport: o.Port()}}}}
	}
	plain, one, two := to("10.0.0.1:80", "10.0.0.1:80"), to("10.0.0.2:81", "10.0.0.1:80"), to("10.0.0.3:81", "10.0.0.1:80")
	unknown := plain
	unknown.dstUnknown = true
	for _, c := range []struct {
		name string
		ends []ended
		want destination
	}{
		{"as sent", []ended{plain, plain}, destination{false, netip.MustParseAddrPort("10.0.0.1:80")}},
		{"rewritten", []ended{one}, destination{true, netip.MustParseAddrPort("10.0.0.2:81")}},
		{"to one of two", []ended{one, two}, destination{rewritten: true}},
		{"perhaps", []ended{plain, two}, destination{rewritten: true}},
		{"who knows", []ended{unknown}, destination{rewritten: true}},
	} {
		if got := (&trip{ends: c.ends}).leads(); got != c.want {
			t.Errorf("%s: leads() = %+v, want %+v", c.name, got, c.want)
		}
	}
}
