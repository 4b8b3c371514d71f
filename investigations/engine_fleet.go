package investigations

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// maxSelected is how many runners a label selector takes.
const maxSelected = 16

// fleet answers which runner stands where. It is what was known when the run
// began; a runner that is lost later is an error of its checks.
type fleet struct {
	local     string
	runners   []Runner // by name
	addresses map[string]string
	named     map[string]string
}

func newFleet(e *Engine, runners []Runner) fleet {
	runners = slices.Clone(runners)
	slices.SortFunc(runners, func(a, b Runner) int { return strings.Compare(a.Name, b.Name) })
	addresses := map[string]string{}
	for address, name := range e.Addresses {
		if a, err := netip.ParseAddr(address); err == nil {
			addresses[a.Unmap().String()] = name
		}
	}
	return fleet{local: orElse(e.Local, "local"), runners: runners, addresses: addresses, named: e.LBs}
}

// vantage gives the runner of a name.
func (f fleet) vantage(name string) Vantage {
	for _, r := range f.runners {
		if r.Name == name {
			return Vantage{Runner: r, Known: true, Lost: !r.Alive, Local: name == f.local}
		}
	}
	return Vantage{Runner: Runner{Name: name}}
}

// lbs gives the runners that connect: the one that the input or the
// configuration names, else those labelled role=lb, else the local one in
// their stead. Lost ones are left out where another lives.
func (f fleet) lbs(t Target, input string) ([]Vantage, error) {
	if input != "" {
		v := f.vantage(input)
		if !v.Known {
			return nil, failure(fmt.Sprintf("There is no runner called %q; lb= names the runner that connects.", input))
		}
		return []Vantage{v}, nil
	}
	for _, name := range []string{f.named[t.Text], f.named[t.Host]} {
		if name != "" {
			return []Vantage{f.vantage(name)}, nil
		}
	}
	lbs := f.labelled(map[string]string{"role": "lb"})
	if len(lbs) == 0 {
		v := f.vantage(f.local)
		v.StandIn = true
		return []Vantage{v}, nil
	}
	if alive := slices.DeleteFunc(slices.Clone(lbs), func(v Vantage) bool { return v.Lost }); len(alive) > 0 {
		return alive, nil
	}
	return lbs, nil
}

// lostLBs names the load balancers' runners that a run goes on without.
func (f fleet) lostLBs(used []Vantage) []string {
	var lost []string
	for _, v := range f.labelled(map[string]string{"role": "lb"}) {
		if v.Lost && !slices.ContainsFunc(used, func(u Vantage) bool { return u.Runner.Name == v.Runner.Name }) {
			lost = append(lost, v.Runner.Name)
		}
	}
	return lost
}

// backend gives the runner that has an address: the one that the configuration
// names, the connecting one itself for a loopback address, or the one that has
// it on an interface; living ones first, and a host's own before the bot's.
func (f fleet) backend(address netip.Addr, lb Vantage) Vantage {
	if name := f.addresses[address.String()]; name != "" {
		return f.vantage(name)
	}
	if address.IsLoopback() {
		lb.StandIn = false
		return lb
	}
	var found []Vantage
	for _, r := range f.runners {
		if slices.ContainsFunc(r.Addresses, func(s string) bool { return sameAddress(s, address) }) {
			found = append(found, f.vantage(r.Name))
		}
	}
	slices.SortStableFunc(found, func(a, b Vantage) int { return worth(b) - worth(a) })
	if len(found) == 0 {
		return Vantage{}
	}
	return found[0]
}

func worth(v Vantage) int {
	switch {
	case v.Lost:
		return 0
	case v.Local:
		return 1
	}
	return 2
}

// sameAddress compares an address as a runner announces it, with or without
// its prefix length.
func sameAddress(s string, a netip.Addr) bool {
	s, _, _ = strings.Cut(s, "/")
	b, err := netip.ParseAddr(s)
	return err == nil && b.Unmap().WithZone("") == a
}

// has reports whether an address is one that a runner announced.
func (f fleet) has(a netip.Addr) bool {
	return slices.ContainsFunc(f.runners, func(r Runner) bool {
		return slices.ContainsFunc(r.Addresses, func(s string) bool { return sameAddress(s, a) })
	})
}

// labelled gives the runners that have all the labels, by name.
func (f fleet) labelled(labels map[string]string) []Vantage {
	var found []Vantage
	for _, r := range f.runners {
		if len(found) < maxSelected && hasLabels(r, labels) {
			found = append(found, f.vantage(r.Name))
		}
	}
	return found
}

func hasLabels(r Runner, labels map[string]string) bool {
	for k, v := range labels {
		if got, ok := r.Labels[k]; !ok || got != v {
			return false
		}
	}
	return true
}

// parseSelector reads key=value[,key=value].
func parseSelector(s string) map[string]string {
	labels := map[string]string{}
	for pair := range strings.SplitSeq(s, ",") {
		k, v, _ := strings.Cut(pair, "=")
		labels[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
	return labels
}

// places names where a check runs at an endpoint: the runners, or the vantage
// itself where nobody is.
func (f fleet) places(c *PlanCheck, vantages map[string]Vantage) []string {
	if !c.Selector() {
		if v := vantages[c.On]; v.Known {
			return []string{v.Runner.Name}
		}
		return []string{c.On}
	}
	var names []string
	for _, v := range f.labelled(parseSelector(c.On)) {
		names = append(names, v.Runner.Name)
	}
	if len(names) == 0 {
		return []string{c.On}
	}
	return names
}

// lack says why a runner cannot carry out a probe: not at all (skipped), or
// not now (failed). An empty state says that it can.
func lack(v Vantage, probe string) (CheckState, string) {
	if v.Lost {
		return CheckFailed, "runner " + v.Runner.Name + " is lost"
	}
	if slices.Contains(v.Runner.Probes, probe) {
		return "", ""
	}
	why, ok := v.Runner.Lacks[probe]
	switch {
	case !ok:
		return CheckSkipped, "runner " + v.Runner.Name + " is older: it does not know " + probe
	case strings.HasPrefix(why, "needs "):
		return CheckSkipped, "not permitted: " + why
	}
	return CheckSkipped, why
}

// nobody says why nobody is at a vantage of an endpoint.
func nobody(c *PlanCheck, s *scope) string {
	switch {
	case c.Selector():
		return "no runner has " + c.On
	case c.On == "backend" && s.address == "":
		return nothingResolved
	case c.On == "backend":
		return "no runner on " + hostOf(s.address)
	}
	if name := s.vantages[c.On].Runner.Name; name != "" && name != c.On {
		return "no runner is called " + name
	}
	return "no runner " + c.On
}

// hostOf cuts the port off host:port.
func hostOf(address string) string {
	if ap, err := netip.ParseAddrPort(address); err == nil {
		return ap.Addr().String()
	}
	return address
}
