package probe

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// serveDNS answers DNS questions on loopback and returns the server's address.
func serveDNS(t *testing.T, answer dns.HandlerFunc) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", c.LocalAddr().String())
	if err != nil {
		t.Skipf("the TCP port beside the UDP one is taken: %v", err)
	}
	for _, s := range []*dns.Server{{PacketConn: c, Handler: answer}, {Listener: l, Handler: answer}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		done := make(chan struct{})
		go func() { s.ActivateAndServe(); close(done) }()
		<-started
		t.Cleanup(func() { s.Shutdown(); <-done })
	}
	return c.LocalAddr().String()
}

// zone answers from records in the form of a zone file; what it does not have
// is NXDOMAIN.
func zone(records ...string) dns.HandlerFunc {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetRcode(q, dns.RcodeNameError)
		m.RecursionAvailable = true
		for _, text := range records {
			record, err := dns.NewRR(text)
			if err != nil {
				panic(err)
			}
			if strings.EqualFold(record.Header().Name, q.Question[0].Name) {
				m.Rcode = dns.RcodeSuccess
				if record.Header().Rrtype == q.Question[0].Qtype {
					m.Answer = append(m.Answer, record)
				}
			}
		}
		if w.LocalAddr().Network() == "udp" {
			m.Truncate(512)
		}
		w.WriteMsg(m)
	}
}

func TestAskServer(t *testing.T) {
	names := func(n ...string) []string { return n }
	many := make([]string, 60)
	for i := range many {
		many[i] = "big.test. 60 IN A 10.0.0." + strconv.Itoa(i+1)
	}
	server := serveDNS(t, zone(append(many, "web.test. 60 IN A 10.0.0.1", "web.test. 60 IN AAAA fd00::1", "web.test. 60 IN A 10.0.0.1",
		"app.corp.test. 60 IN A 10.0.0.9", "empty.test. 60 IN TXT x")...))
	failing := serveDNS(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetRcode(q, dns.RcodeServerFailure)
		w.WriteMsg(m)
	})
	for _, c := range []struct {
		name, server string
		names        []string
		rcode        string
		addresses    string
	}{
		{"both families", server, names("web.test."), "NOERROR", "10.0.0.1 fd00::1"},
		{"nxdomain", server, names("no.test."), "NXDOMAIN", ""},
		{"no address", server, names("empty.test."), "NOERROR", ""},
		{"by a search domain", server, names("app.none.test.", "app.corp.test."), "NOERROR", "10.0.0.9"},
		{"servfail", failing, names("web.test."), "SERVFAIL", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := askServer(t.Context(), c.server, c.names)
			if !isTrue(s.Answered) || isTrue(s.Refused) || isTrue(s.Silent) {
				t.Errorf("answered, refused, silent = %v, %v, %v, want it answered", value(s.Answered), value(s.Refused), value(s.Silent))
			}
			if got := strings.Join(s.Addresses, " "); got != c.addresses || value(s.Rcode) != c.rcode {
				t.Errorf("askServer = %v %q, want %s %q", value(s.Rcode), got, c.rcode, c.addresses)
			}
		})
	}
	if s := askServer(t.Context(), server, names("big.test.")); len(s.Addresses) != 60 {
		t.Errorf("an answer too long for UDP has %d addresses, want 60", len(s.Addresses))
	}
}

func TestAskServerThatRefuses(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	s := askServer(t.Context(), c.LocalAddr().String(), []string{"web.test."})
	if !isTrue(s.Refused) || isTrue(s.Answered) || isTrue(s.Silent) || s.Error == nil {
		t.Errorf("askServer(a closed port) = answered %v, refused %v, silent %v, want it refused", value(s.Answered), value(s.Refused), value(s.Silent))
	}
	if down := resolverDown([]DNSServer{s}); !isTrue(down) {
		t.Errorf("resolverDown = %v, want true", value(down))
	}
}

func TestAskServerThatIsSilent(t *testing.T) {
	if testing.Short() {
		t.Skip("takes four seconds")
	}
	t.Parallel()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := askServer(t.Context(), c.LocalAddr().String(), []string{"web.test."})
	if !isTrue(s.Silent) || isTrue(s.Answered) || isTrue(s.Refused) {
		t.Errorf("askServer(one that does not answer) = answered %v, refused %v, silent %v, want it silent", value(s.Answered), value(s.Refused), value(s.Silent))
	}
}

func TestResolverDown(t *testing.T) {
	up, closed, mute, odd := DNSServer{Answered: new(true)}, DNSServer{Refused: new(true)}, DNSServer{Silent: new(true)}, DNSServer{}
	for _, c := range []struct {
		servers []DNSServer
		want    any
	}{
		{nil, "<unset>"}, {[]DNSServer{up, closed}, false}, {[]DNSServer{closed, mute}, true}, {[]DNSServer{closed, odd}, "<unset>"},
	} {
		if got := value(resolverDown(c.servers)); got != c.want {
			t.Errorf("resolverDown(%+v) = %v, want %v", c.servers, got, c.want)
		}
	}
}

func TestFailureCode(t *testing.T) {
	rcode := func(name string) []DNSServer { return []DNSServer{{Answered: new(true), Rcode: &name}} }
	notFound := &net.DNSError{IsNotFound: true}
	for _, c := range []struct {
		failure error
		down    *bool
		servers []DNSServer
		want    string
	}{
		{notFound, new(false), rcode("NXDOMAIN"), "nxdomain"},
		{notFound, new(false), rcode("NOERROR"), "nodata"},
		{&net.DNSError{IsTemporary: true}, new(false), rcode("SERVFAIL"), "servfail"},
		{&net.DNSError{IsTemporary: true}, new(false), rcode("REFUSED"), "refused"},
		{&net.DNSError{}, new(true), []DNSServer{{Refused: new(true)}}, "refused"},
		{&net.DNSError{IsTimeout: true}, new(true), []DNSServer{{Silent: new(true)}}, "timeout"},
		{notFound, nil, nil, "no-servers"},
		{errors.New("odd"), new(false), rcode("NOERROR"), "other"},
	} {
		if got := failureCode(c.failure, c.down, c.servers); got != c.want {
			t.Errorf("failureCode(%v, %v) = %s, want %s", c.failure, value(c.down), got, c.want)
		}
	}
}

func TestResolveLiteral(t *testing.T) {
	for _, c := range []struct{ name, address, endpoint string }{
		{"10.0.0.1", "10.0.0.1", "10.0.0.1:80"}, {"::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1:80"}, {"fd00::1", "fd00::1", "[fd00::1]:80"},
	} {
		f, err := DNSResolve(t.Context(), ResolveArgs{Name: c.name, Port: 80})
		if err != nil || !isTrue(f.Literal) || *f.Source != "literal" || f.Addresses[0] != c.address || f.Endpoints[0] != c.endpoint {
			t.Errorf("DNSResolve(%s) = %+v, %v, want %s at once", c.name, f, err, c.endpoint)
		}
	}
}

func TestResolvConf(t *testing.T) {
	c := parseResolvConf("# x\nnameserver 10.0.0.53\nnameserver fe80::1%eth0\nnameserver bad\nsearch a.test b.test\noptions rotate ndots:2 ; x\n")
	if len(c.servers) != 2 || c.ndots != 2 || strings.Join(c.search, " ") != "a.test b.test" {
		t.Errorf("parseResolvConf = %+v, want two servers, two domains and ndots 2", c)
	}
	for name, want := range map[string]string{
		"web":       "web.a.test. web.b.test. web.",
		"web.x":     "web.x.a.test. web.x.b.test. web.x.",
		"web.x.y":   "web.x.y. web.x.y.a.test. web.x.y.b.test.",
		"web.test.": "web.test.",
	} {
		if got := strings.Join(c.names(name), " "); got != want {
			t.Errorf("names(%s) = %q, want %q", name, got, want)
		}
	}
}

func TestHostsFile(t *testing.T) {
	text := "127.0.0.1 localhost\n10.0.0.7 web.test WEB # 10.0.0.8 web.test\nfd00::7 web.test\nbad web.test\n"
	if got := parseHosts(text, "Web.Test."); len(got) != 2 || got[0].String() != "10.0.0.7" || got[1].String() != "fd00::7" {
		t.Errorf("parseHosts = %v, want 10.0.0.7 and fd00::7", got)
	}
}
