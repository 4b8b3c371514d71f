package probe

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
)

const (
	maxUpstreamEndpoints = 32
	maxUpstreamNames     = 200
	maxUpstreamServers   = 256
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
		for _, s := range g.servers[:min(len(g.servers), maxUpstreamServers)] {
			f.Servers = append(f.Servers, s)
			f.endpoint(*s.Address)
		}
	}
}

// endpoint adds an address that can be connected to: no unix socket, and no
// variable of the program's.
func (f *UpstreamFacts) endpoint(address string) {
	host, port, err := net.SplitHostPort(address)
	usable := err == nil && host != "" && port != "" && port != "0" && !strings.ContainsAny(address, "$%{}/@ ") && !strings.HasPrefix(address, "unix:")
	if usable && len(f.Endpoints) < maxUpstreamEndpoints && !slices.Contains(f.Endpoints, address) {
		f.Endpoints = append(f.Endpoints, address)
	}
}
