package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DNSResolve resolves a name as this host's programs do (hosts file, resolv.conf,
// nsswitch.conf, by Go's own resolver) and asks each DNS server of the host
// alone, at the same time. An address is its own answer, at once.
func DNSResolve(ctx context.Context, args ResolveArgs) (ResolveFacts, error) {
	if err := args.check(); err != nil {
		return ResolveFacts{}, fmt.Errorf("dns.resolve: %w", err)
	}
	start := time.Now()
	if addr, err := netip.ParseAddr(args.Name); err == nil && addr.Zone() == "" {
		return literal(args, addr.Unmap(), time.Since(start)), nil
	}
	config := readResolvConf(resolvConf)
	lookupCtx, cancel := context.WithCancel(ctx)
	defer cancel()

	var found []netip.Addr
	var failure error
	var took time.Duration
	var lookup sync.WaitGroup
	lookup.Go(func() {
		found, failure = systemLookup(lookupCtx, args.Name)
		took = time.Since(start)
	})
	servers := askServers(ctx, config, args.Name)
	down := resolverDown(servers[:len(config.servers)])
	if isTrue(down) {
		// The servers have had their time: the resolver only tries them again.
		give := time.AfterFunc(500*time.Millisecond, cancel)
		defer give.Stop()
	}
	lookup.Wait()
	if ctx.Err() != nil {
		return ResolveFacts{}, fmt.Errorf("dns.resolve: %w", ctx.Err())
	}
	hosts := hostsFile(args.Name)
	found, failure = fresh(args.Name, found, failure, hosts, servers[:len(config.servers)])
	f := resolved(args, found)
	f.TookMS, f.Servers, f.ResolverDown = milliseconds(took), servers, down
	f.Source = source(found, hosts)
	f.Others = others(found, hosts, servers)
	if failure != nil {
		f.Error = new(failure.Error())
		f.Code = new(failureCode(failure, down, servers))
	}
	return f, nil
}

func (a ResolveArgs) check() error {
	if a.Port < 0 || a.Port > 65535 {
		return fmt.Errorf("%d is not a port: 1 to 65535", a.Port)
	}
	if a.Name == "" || len(a.Name) > 253 {
		return fmt.Errorf("a name of %d characters: 1 to 253 are possible", len(a.Name))
	}
	for _, c := range a.Name {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.:", c)
		if !ok {
			return fmt.Errorf("%q is not a host name", a.Name)
		}
	}
	return nil
}

// systemLookup asks Go's resolver. It does without the C library, whose
// lookups cannot be cancelled.
func systemLookup(ctx context.Context, name string) ([]netip.Addr, error) {
	r := net.Resolver{PreferGo: true}
	found, err := r.LookupNetIP(ctx, "ip", name)
	for i := range found {
		found[i] = found[i].Unmap().WithZone("")
	}
	return sorted(found), err
}

func sorted(addresses []netip.Addr) []netip.Addr {
	slices.SortFunc(addresses, netip.Addr.Compare)
	return slices.Compact(addresses)
}

func literal(args ResolveArgs, addr netip.Addr, took time.Duration) ResolveFacts {
	f := resolved(args, []netip.Addr{addr})
	f.Literal, f.Source, f.TookMS = new(true), new("literal"), milliseconds(took)
	f.Servers, f.Others = []DNSServer{}, []string{}
	return f
}

// resolved are the facts about the addresses found.
func resolved(args ResolveArgs, found []netip.Addr) ResolveFacts {
	f := ResolveFacts{
		Name: new(args.Name), Literal: new(false), Resolved: new(len(found) > 0),
		Addresses: []string{}, Endpoints: []string{},
	}
	for _, addr := range found {
		f.Addresses = append(f.Addresses, addr.String())
		if args.Port > 0 {
			f.Endpoints = append(f.Endpoints, net.JoinHostPort(addr.String(), strconv.FormatInt(args.Port, 10)))
		}
	}
	return f
}

// source says where the addresses found came from.
func source(found, hosts []netip.Addr) *string {
	switch {
	case len(found) == 0:
		return nil
	case len(hosts) > 0 && !slices.ContainsFunc(found, func(a netip.Addr) bool { return !slices.Contains(hosts, a) }):
		return new("hosts")
	}
	return new("dns")
}

// others are the addresses that somebody gives and the host's programs do not
// see.
func others(found, hosts []netip.Addr, servers []DNSServer) []string {
	all := slices.Clone(hosts)
	for _, s := range servers {
		for _, text := range s.Addresses {
			if addr, err := netip.ParseAddr(text); err == nil {
				all = append(all, addr)
			}
		}
	}
	list := []string{}
	for _, addr := range sorted(all) {
		if !slices.Contains(found, addr) {
			list = append(list, addr.String())
		}
	}
	return list
}

// resolverDown judges the servers that the host is told to ask.
func resolverDown(servers []DNSServer) *bool {
	if len(servers) == 0 {
		return nil
	}
	for _, s := range servers {
		if isTrue(s.Answered) {
			return new(false)
		}
	}
	for _, s := range servers {
		if !isTrue(s.Refused) && !isTrue(s.Silent) {
			return nil // it could not be asked
		}
	}
	return new(true)
}

// failureCode says why a name was not resolved. What the servers said alone is
// better known than the resolver's words.
func failureCode(failure error, down *bool, servers []DNSServer) string {
	if isTrue(down) {
		if slices.ContainsFunc(servers, func(s DNSServer) bool { return isTrue(s.Refused) }) {
			return "refused"
		}
		return "timeout"
	}
	if len(servers) == 0 {
		return "no-servers"
	}
	var e *net.DNSError
	if !errors.As(failure, &e) {
		return "other"
	}
	rcode := func(want string) bool {
		return slices.ContainsFunc(servers, func(s DNSServer) bool { return s.Rcode != nil && *s.Rcode == want })
	}
	switch {
	case e.IsNotFound && rcode("NOERROR"):
		return "nodata"
	case e.IsNotFound:
		return "nxdomain"
	case rcode("REFUSED"):
		return "refused"
	case e.IsTimeout:
		return "timeout"
	case e.IsTemporary:
		return "servfail"
	}
	return "other"
}
