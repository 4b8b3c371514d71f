package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxUpstreamEndpoints = 32
	maxUpstreamNames     = 200
	maxUpstreamServers   = 256
	maxUpstreamLookups   = 32 // host names that are resolved for one question
	upstreamLookup       = 4 * time.Second
)

// LBUpstream reads the servers that a load balancer on this host has under a
// name.
func LBUpstream(ctx context.Context, args UpstreamArgs) (UpstreamFacts, error) {
	if args.Name == "" || len(args.Name) > 256 {
		return UpstreamFacts{}, fmt.Errorf("lb.upstream: a name of %d characters: 1 to 256 are possible", len(args.Name))
	}
	files, started := newConfFiles(), startedWith()
	f := UpstreamFacts{Known: new(false), Servers: []UpstreamServer{}, Endpoints: []string{}, Names: []string{}}
	f.find(args.Name, "nginx", nginxUpstreams(nginxConfig(files, started["nginx"])))
	f.find(args.Name, "haproxy", haproxyBackends(haproxyConfig(files, started["haproxy"])))
	slices.Sort(f.Names)
	f.Names = slices.Compact(f.Names)
	f.Names = f.Names[:min(len(f.Names), maxUpstreamNames)]
	f.locate(ctx)
	if err := ctx.Err(); err != nil {
		return UpstreamFacts{}, fmt.Errorf("lb.upstream: %w", err)
	}
	return f, nil
}

// find looks for the name among a program's groups. The first program that has
// it is the one.
func (f *UpstreamFacts) find(name, program string, groups []confGroup) {
	for _, g := range groups {
		f.Names = append(f.Names, clip(g.name, 256))
		if g.name != name || f.Program != nil && *f.Program != program {
			continue
		}
		f.Known, f.Program = new(true), new(program)
		f.Servers = append(f.Servers, g.servers[:min(len(g.servers), maxUpstreamServers)]...)
	}
}

// locate gives each server its endpoints.
func (f *UpstreamFacts) locate(ctx context.Context) {
	found := lookups(ctx, f.Servers)
	for i := range f.Servers {
		s := &f.Servers[i]
		s.Endpoints = []string{}
		host, port, ok := connectable(*s.Address)
		if !ok {
			continue
		}
		if err := found[host].err; err != nil {
			s.Error = new(clip(err.Error(), 300))
		}
		for _, a := range found[host].addresses {
			endpoint := net.JoinHostPort(a.String(), port)
			s.Endpoints = append(s.Endpoints, endpoint)
			if len(f.Endpoints) < maxUpstreamEndpoints && !slices.Contains(f.Endpoints, endpoint) {
				f.Endpoints = append(f.Endpoints, endpoint)
			}
		}
	}
}

// lookedUp is what a host name came to.
type lookedUp struct {
	addresses []netip.Addr
	err       error
}

// lookups resolves the servers' hosts side by side, as this host does.
func lookups(ctx context.Context, servers []UpstreamServer) map[string]lookedUp {
	ctx, cancel := context.WithTimeout(ctx, upstreamLookup)
	defer cancel()
	found := map[string]lookedUp{}
	var names []string
	for _, s := range servers {
		host, _, ok := connectable(*s.Address)
		if !ok || slices.Contains(names, host) {
			continue
		}
		if a, err := netip.ParseAddr(host); err == nil {
			found[host] = lookedUp{addresses: []netip.Addr{a.Unmap()}}
		} else if len(names) < maxUpstreamLookups {
			names = append(names, host)
		}
	}
	answers := make([]lookedUp, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		wait.Go(func() { answers[i] = lookUp(ctx, name) })
	}
	wait.Wait()
	for i, name := range names {
		found[name] = answers[i]
	}
	return found
}

// lookUp resolves a name by what the host's files say now, which Go's resolver
// alone sees after five seconds only.
func lookUp(ctx context.Context, name string) (l lookedUp) {
	f, err := DNSResolve(ctx, ResolveArgs{Name: name})
	if err != nil {
		return lookedUp{err: err}
	}
	for _, text := range f.Addresses {
		if a, err := netip.ParseAddr(text); err == nil {
			l.addresses = append(l.addresses, a)
		}
	}
	if f.Error != nil {
		l.err = errors.New(*f.Error)
	}
	return l
}

// connectable parts a server's address into host and port; false for a unix
// socket, and for variables of the program's.
func connectable(address string) (host, port string, ok bool) {
	host, port, err := net.SplitHostPort(address)
	ok = err == nil && host != "" && port != "" && port != "0" && !strings.ContainsAny(address, "$%{}/@ ") && !strings.HasPrefix(address, "unix:")
	return host, port, ok
}
