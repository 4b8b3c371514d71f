package investigations

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// nothingResolved is why a check that needs an endpoint was not carried out.
const nothingResolved = "nothing was resolved"

// portsEach is how many source ports a paired check gets.
const portsEach = 4

// draw gives the investigation its first picture, so that a thread can be
// drawn at once: one endpoint for each load balancer, the target as its
// address, all steps pending. An investigation that was begun before keeps what
// it has.
func (r *run) draw() error {
	if len(r.inv.Endpoints) > 0 {
		r.resume()
		return nil
	}
	var endpoints []Endpoint
	for _, lb := range r.lbs {
		s := r.addScope(lb, "", "")
		endpoints = append(endpoints, Endpoint{Address: r.target.Text, From: lb.Runner.Name, Steps: r.steps(s, nil)})
	}
	return r.emit(Event{Kind: EventResolved, Endpoints: endpoints})
}

// resume takes up the endpoints of an investigation that was begun before. A
// check that was under way then is under way nowhere now: it waits like any
// other that has not ended.
func (r *run) resume() {
	r.resolved = r.inv.Resolution != nil
	for i := range r.inv.Endpoints {
		ep := &r.inv.Endpoints[i]
		address := ""
		if r.resolved && slices.Contains(r.inv.Resolution.Addresses, ep.Address) {
			address = ep.Address
		}
		s := r.addScope(r.connecting(ep.From), address, ep.Backend)
		for _, step := range ep.Steps {
			if !step.told() {
				break
			}
			s.told++
		}
	}
}

// told reports whether the step's finding stands.
func (s *Step) told() bool { return s.Status != Pending && s.Status != Working }

// connecting gives the vantage of the runner that connects to an endpoint.
func (r *run) connecting(name string) Vantage {
	for _, lb := range r.lbs {
		if lb.Runner.Name == name {
			return lb
		}
	}
	v := r.fleet.vantage(name)
	if !v.Known { // it connected once: it is lost, not absent
		v.Known, v.Lost = true, true
	}
	return v
}

// addScope adds the scope of one endpoint; was is the backend's runner as it
// was known before.
func (r *run) addScope(lb Vantage, address, was string) *scope {
	s := &scope{index: len(r.scopes), from: lb.Runner.Name, address: address}
	s.vantages = map[string]Vantage{"lb": lb, "local": r.fleet.vantage(r.fleet.local)}
	s.ports = sourcePorts(r.inv.ID, s.index)
	if ap, err := netip.ParseAddrPort(address); err == nil {
		s.vantages["backend"] = r.fleet.backend(ap.Addr(), lb)
	}
	if was != "" && !s.vantages["backend"].Known {
		s.vantages["backend"] = Vantage{Runner: Runner{Name: was}, Known: true, Lost: true}
	}
	r.scopes = append(r.scopes, s)
	return s
}

// steps gives the plan's steps with every check pending, except those for the
// target that were known before the endpoint was.
func (r *run) steps(s *scope, before *Endpoint) []Step {
	steps := make([]Step, len(r.plan.Steps))
	for i, ps := range r.plan.Steps {
		steps[i] = Step{ID: ps.ID, Title: ps.Title, Status: Pending}
		for k := range ps.Checks {
			c := &ps.Checks[k]
			if c.PerTarget && before != nil {
				steps[i].Checks = append(steps[i].Checks, usesIn(before, ps.ID, c.ID)...)
				continue
			}
			for _, on := range r.fleet.places(c, s.vantages) {
				steps[i].Checks = append(steps[i].Checks, Check{ID: c.ID, Probe: c.Probe, On: on, State: CheckPending})
			}
		}
	}
	return steps
}

// usesIn gives what an endpoint has of a check.
func usesIn(ep *Endpoint, step, id string) []Check {
	var uses []Check
	for _, s := range ep.Steps {
		for _, c := range s.Checks {
			if s.ID == step && c.ID == id {
				uses = append(uses, c)
			}
		}
	}
	return uses
}

// resolve turns the target into endpoints once every load balancer's view is
// known, or never will be. It reports whether it did.
func (r *run) resolve() (bool, error) {
	if r.resolved {
		return false, nil
	}
	found := make([][]string, len(r.scopes))
	for i, s := range r.scopes {
		endpoints, missing := r.judge(s).Endpoints()
		if len(missing) > 0 && coming(missing) && r.busy(s) {
			return false, nil
		}
		found[i] = endpoints
	}
	r.resolved = true
	return true, r.spread(found)
}

// coming reports whether something that is missing may still come.
func coming(missing []Missing) bool {
	return slices.ContainsFunc(missing, func(m Missing) bool { return !m.Final })
}

// spread makes an endpoint of each address that each load balancer found. One
// that found nothing keeps the endpoint that stands for the target.
func (r *run) spread(found [][]string) error {
	before, views := r.inv.Endpoints, r.scopes
	res := &Resolution{Addresses: []string{}}
	var on []string
	var endpoints []Endpoint
	var refusal error
	r.scopes = nil
	for i, view := range views {
		on = append(on, view.from)
		allowed, err := r.judgeAddresses(found[i], res)
		refusal = orElse(refusal, err)
		if len(allowed) == 0 {
			r.addScope(view.vantages["lb"], "", "")
			endpoints = append(endpoints, before[i])
		}
		for _, address := range allowed {
			if len(endpoints) >= r.limits.Endpoints {
				res.Truncated = true
				break
			}
			endpoints = append(endpoints, r.newEndpoint(view, address, &before[i]))
		}
	}
	res.On = strings.Join(on, ", ")
	if err := r.emit(Event{Kind: EventResolved, Resolution: res, Endpoints: endpoints}); err != nil {
		return err
	}
	if len(res.Addresses) == 0 && refusal != nil {
		return failure(sentence("None of what " + r.target.Text + " resolves to may be diagnosed: " + refusal.Error()))
	}
	return nil
}

// newEndpoint adds the scope of an address that one load balancer found.
func (r *run) newEndpoint(view *scope, address string, before *Endpoint) Endpoint {
	s := r.addScope(view.vantages["lb"], address, "")
	return Endpoint{Address: address, From: s.from, Backend: s.vantages["backend"].Runner.Name, Steps: r.steps(s, before)}
}

// judgeAddresses holds what one load balancer found against the allow-list,
// and notes it in res. The error is the first refusal.
func (r *run) judgeAddresses(found []string, res *Resolution) (allowed []string, refusal error) {
	for _, address := range found {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			err = fmt.Errorf("%s is a name where an address is needed: diagnose it by itself", address)
		} else {
			ap = netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
			address = ap.String()
			err = r.allows(ap.Addr())
		}
		switch {
		case err != nil:
			res.Refused = appendNew(res.Refused, address)
			refusal = orElse(refusal, err)
		case !slices.Contains(allowed, address):
			allowed = append(allowed, address)
			res.Addresses = appendNew(res.Addresses, address)
		}
	}
	return allowed, refusal
}

// allows judges an address that the target resolved to.
func (r *run) allows(a netip.Addr) error {
	if _, literal := r.target.Addr(); literal {
		return r.engine.Allow.Address(a)
	}
	return r.engine.Allow.Resolved(r.target.Host, a)
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
