package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const (
	dnsPort     = "53"
	dnsPatience = 2 * time.Second
	dnsAsked    = 2 // times, before a server counts as silent
)

// askServers asks each server alone, all at the same time: first those of
// resolv.conf, then those behind systemd-resolved's stub.
func askServers(ctx context.Context, c resolverConfig, name string) []DNSServer {
	all := append(append([]netip.Addr{}, c.servers...), c.behind...)
	list := make([]DNSServer, len(all))
	var asked sync.WaitGroup
	for i, server := range all {
		asked.Go(func() {
			list[i] = askServer(ctx, net.JoinHostPort(server.String(), dnsPort), c.names(name))
		})
	}
	asked.Wait()
	return list
}

// askServer asks one server (host:port) for the addresses of the first of the
// names that has any.
func askServer(ctx context.Context, server string, names []string) DNSServer {
	s := DNSServer{Address: new(server), Addresses: []string{}}
	start := time.Now()
	for _, name := range names {
		var six reply
		var both sync.WaitGroup
		both.Go(func() { six = ask(ctx, server, name, dns.TypeAAAA) })
		four := ask(ctx, server, name, dns.TypeA)
		both.Wait()
		if s.take(four, six); len(s.Addresses) > 0 || !isTrue(s.Answered) {
			break
		}
	}
	s.TookMS = milliseconds(time.Since(start))
	return s
}

// take judges a server by its replies for A and AAAA of one name. That one of
// the names exists is not undone by another that does not.
func (s *DNSServer) take(replies ...reply) {
	exists := s.Rcode != nil && *s.Rcode == dns.RcodeToString[dns.RcodeSuccess]
	var found []netip.Addr
	answered, wasRefused, silent := false, false, true
	var err error
	for _, r := range replies {
		wasRefused = wasRefused || r.refused
		silent = silent && r.silent
		if r.message == nil {
			err = r.err
			continue
		}
		if !exists && (!answered || r.message.Rcode != dns.RcodeSuccess) {
			s.Rcode = new(dns.RcodeToString[r.message.Rcode])
		}
		answered = true
		found = append(found, r.addresses()...)
	}
	for _, addr := range sorted(found) {
		s.Addresses = append(s.Addresses, addr.String())
	}
	s.Answered, s.Refused, s.Silent = new(answered), new(wasRefused && !answered), new(silent && !answered)
	if !answered && err != nil {
		s.Error = new(err.Error())
	}
}

// reply is what became of one question.
type reply struct {
	message         *dns.Msg // nil if no message came back
	refused, silent bool
	err             error
}

// ask asks one question over UDP, twice if nothing comes back, and again over
// TCP if the answer did not fit (RFC 7766). A connected UDP socket tells an
// ICMP port unreachable as ECONNREFUSED.
func ask(ctx context.Context, server, name string, kind uint16) reply {
	question := new(dns.Msg)
	question.SetQuestion(name, kind)
	question.SetEdns0(1232, false)
	r := reply{}
	for range dnsAsked {
		if r = exchange(ctx, "udp", server, question); !r.silent {
			break
		}
	}
	if r.message != nil && r.message.Rcode == dns.RcodeFormatError {
		question.Extra = nil // a server from before EDNS (RFC 6891, 7)
		r = exchange(ctx, "udp", server, question)
	}
	if r.message != nil && r.message.Truncated {
		if whole := exchange(ctx, "tcp", server, question); whole.message != nil {
			return whole
		}
	}
	return r
}

func exchange(ctx context.Context, network, server string, question *dns.Msg) reply {
	c := dns.Client{Net: network, Timeout: dnsPatience}
	message, _, err := c.ExchangeContext(ctx, question, server)
	if err == nil {
		return reply{message: message}
	}
	if ctx.Err() != nil {
		return reply{err: ctx.Err()}
	}
	var timeout net.Error
	return reply{
		err:     err,
		refused: isRefused(err),
		silent:  errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout(),
	}
}

// addresses are those of the A and AAAA records of the answer.
func (r reply) addresses() (found []netip.Addr) {
	for _, record := range r.message.Answer {
		var ip net.IP
		switch record := record.(type) {
		case *dns.A:
			ip = record.A
		case *dns.AAAA:
			ip = record.AAAA
		}
		if addr, ok := netip.AddrFromSlice(ip); ok {
			found = append(found, addr.Unmap())
		}
	}
	return found
}

// isRefused says if an error is a refused connection or packet, on any system.
func isRefused(err error) bool {
	return strings.Contains(err.Error(), "refused")
}
