package lab

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// Zone is the domain that the lab's name server answers for; ns.test is itself.
const Zone = "test."

// DNS is the name server on ops. After Start and Reset it knows web.test,
// web2.test, lb.test and shop.test, which is web; all but shop.test in IPv6 too.
type DNS struct {
	netns   string
	servers []*dns.Server
	ended   sync.WaitGroup

	mu      sync.Mutex
	records map[string][]netip.Addr
}

// Reset starts the server where it was stopped, with the names of the lab.
func (d *DNS) Reset() error {
	d.mu.Lock()
	d.records = map[string][]netip.Addr{}
	d.mu.Unlock()
	d.Set("ns.test", "10.77.3.2", "fd77:3::2")
	d.Set("lb.test", "10.77.1.2", "fd77:1::2")
	d.Set("web.test", "10.77.2.2", "fd77:2::2")
	d.Set("web2.test", "10.77.2.3", "fd77:2::3")
	d.Set("shop.test", "10.77.2.2")
	if d.servers != nil {
		return nil
	}
	return d.start()
}

// Set gives a name its addresses; none makes it unknown.
func (d *DNS) Set(name string, addresses ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []netip.Addr
	for _, a := range addresses {
		list = append(list, netip.MustParseAddr(a))
	}
	d.records[dns.Fqdn(name)] = list
}

// Stop closes the server's port: who asks it is refused.
func (d *DNS) Stop() {
	for _, s := range d.servers {
		_ = s.Shutdown()
	}
	d.ended.Wait()
	d.servers = nil
}

func (d *DNS) start() error {
	err := within(d.netns, func() error {
		udp, err := net.ListenPacket("udp", "10.77.3.2:53")
		if err != nil {
			return err
		}
		tcp, err := net.Listen("tcp", "10.77.3.2:53")
		if err != nil {
			return err
		}
		d.servers = []*dns.Server{{PacketConn: udp, Handler: d}, {Listener: tcp, Handler: d}}
		return nil
	})
	if err != nil {
		return fmt.Errorf("start the name server: %w", err)
	}
	for _, s := range d.servers {
		ready := make(chan struct{})
		s.NotifyStartedFunc = func() { close(ready) }
		d.ended.Go(func() { _ = s.ActivateAndServe() }) // ends with Stop
		<-ready
	}
	return nil
}

// ServeDNS answers from the records, with authority for Zone and nothing else.
func (d *DNS) ServeDNS(w dns.ResponseWriter, request *dns.Msg) {
	reply := new(dns.Msg).SetReply(request)
	reply.Authoritative = true
	switch q := request.Question; {
	case len(q) != 1 || !dns.IsSubDomain(Zone, strings.ToLower(q[0].Name)):
		reply.Rcode = dns.RcodeRefused
	default:
		d.answer(reply, strings.ToLower(q[0].Name), q[0].Qtype)
	}
	_ = w.WriteMsg(reply) // who asked asks again
}

func (d *DNS) answer(reply *dns.Msg, name string, qtype uint16) {
	soa := record("%s 60 IN SOA ns.test. ops.test. 1 60 60 60 60", Zone)
	if name == Zone {
		switch qtype {
		case dns.TypeNS:
			reply.Answer = append(reply.Answer, record("%s 60 IN NS ns.test.", Zone))
		case dns.TypeSOA:
			reply.Answer = append(reply.Answer, soa)
		}
		return
	}
	d.mu.Lock()
	addresses := d.records[name]
	d.mu.Unlock()
	for _, a := range addresses {
		if a.Is4() && qtype == dns.TypeA {
			reply.Answer = append(reply.Answer, record("%s 1 IN A %s", name, a))
		}
		if a.Is6() && qtype == dns.TypeAAAA {
			reply.Answer = append(reply.Answer, record("%s 1 IN AAAA %s", name, a))
		}
	}
	if len(addresses) == 0 {
		reply.Rcode = dns.RcodeNameError
	}
	if len(reply.Answer) == 0 {
		reply.Ns = append(reply.Ns, soa)
	}
}

// record makes a resource record of its text, which this file alone writes.
func record(format string, args ...any) dns.RR {
	rr, err := dns.NewRR(fmt.Sprintf(format, args...))
	if err != nil {
		panic(err)
	}
	return rr
}
