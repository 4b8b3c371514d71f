package agent

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"regexp"
	"runtime"
	"slices"

	"github.com/plexorbot/plexor/investigations/runner"
)

// containerBridge matches the interfaces on which container engines and
// hypervisors put the same addresses on every host.
var containerBridge = regexp.MustCompile(`^(docker[0-9_]|docker_gwbridge|br-[0-9a-f]{12}$|podman|cni|virbr|lxcbr|lxdbr|incusbr|flannel|cali|kube-|nodelocaldns|weave|nerdctl)`)

// Addresses are this host's addresses on real interfaces: without loopback,
// link-local and container bridges, canonical and sorted. Those of an interface
// that is down are among them: whose address it is, is asked just then.
func Addresses() ([]string, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("read this host's interfaces: %w", err)
	}
	var all []string
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback != 0 || containerBridge.MatchString(i.Name) {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue // gone since the list was made
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap().IsGlobalUnicast() {
				all = append(all, p.Addr().Unmap().WithZone("").String())
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// maxAddresses is how many addresses a hello carries.
const maxAddresses = 256

// hello tells the bot who this runner is.
func (a *Agent) hello(s *session) error {
	addresses := a.addresses()
	host, _ := os.Hostname() // a host without a name has none to tell
	probes, lacks := a.offer()
	a.mu.Lock()
	a.told = addresses
	a.mu.Unlock()
	return s.send(runner.TopicHello, runner.Frame{Kind: runner.KindHello, ID: a.process, Hello: &runner.Hello{
		Addresses: addresses, Host: host, OS: runtime.GOOS + "/" + runtime.GOARCH, Version: a.config.Version,
		Probes: probes, Lacks: lacks, PulseMS: max(1, a.config.Pulse.Milliseconds()),
	}})
}

// offer lists the probes that this runner can carry out and is allowed to, and
// why not the others.
func (a *Agent) offer() (probes []string, lacks map[string]string) {
	lacks = maps.Clone(a.config.Lacks)
	for _, p := range a.config.Probes {
		if a.config.Policy.probe(p) {
			probes = append(probes, p)
			continue
		}
		if lacks == nil {
			lacks = map[string]string{}
		}
		lacks[p] = "not allowed by this host's policy"
	}
	return probes, lacks
}

func (a *Agent) addresses() []string {
	all, err := a.config.Addresses()
	if err != nil {
		a.log.Warn("this host's addresses are not known", "error", err)
	}
	if len(all) > maxAddresses {
		a.log.Warn("this host has more addresses than can be told", "addresses", len(all), "told", maxAddresses)
		all = all[:maxAddresses]
	}
	return all
}

func (a *Agent) addressesChanged() bool {
	now := a.addresses()
	a.mu.Lock()
	defer a.mu.Unlock()
	return !slices.Equal(a.told, now)
}
