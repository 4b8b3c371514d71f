package bot

import (
	"net/netip"
	"slices"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// One endpoint has several names: an upstream, a host name, its address. Alerts
// about it belong in one thread, but only where a look has found that a name
// stands for just this address and port, and lately: what a name stands for
// changes. Addresses that mean another host elsewhere belong to nothing.

// literal is the endpoint that a target names by its address.
func literal(target string) (address string, ok bool) {
	t, err := investigations.ParseTarget(target)
	if err != nil {
		return "", false
	}
	a, ok := t.Addr()
	if !ok || !shared(a) {
		return "", false
	}
	return netip.AddrPortFrom(a.Unmap().WithZone(""), uint16(t.Port)).String(), true
}

// found returns what an investigation found that its target stands for.
func found(inv investigations.Investigation) (list []store.Endpoint) {
	if inv.Resolution == nil {
		return nil
	}
	for _, ep := range inv.Endpoints {
		if !slices.Contains(inv.Resolution.Addresses, ep.Address) {
			continue
		}
		kind := ""
		if ep.Verdict != nil {
			kind = string(ep.Verdict.Kind)
		}
		i := slices.IndexFunc(list, func(e store.Endpoint) bool { return e.Address == ep.Address })
		switch {
		case i < 0:
			list = append(list, store.Endpoint{Address: ep.Address, Verdict: kind})
		case list[i].Verdict == string(investigations.VerdictHealthy): // well from one load balancer, not from another
			list[i].Verdict = kind
		}
	}
	return list
}

// stand returns an endpoint that a target stands for, nil if no look of late
// found it.
func (b *board) stand(e *store.Entry, address string, now time.Time) *store.Endpoint {
	looked := e.State == store.EntryRunning || e.State == store.EntryWaiting || e.State == store.EntryDone
	if !looked || now.Sub(e.Checked) > b.limits.Cooldown {
		return nil
	}
	i := slices.IndexFunc(e.Found, func(ep store.Endpoint) bool { return ep.Address == address })
	if i < 0 {
		return nil
	}
	return &e.Found[i]
}

// knows finds the thread of a target that was found to stand for what a new
// alert names by its address.
func (b *board) knows(begun *store.Trouble, a arrival, now time.Time) *store.Trouble {
	if begun.Held {
		return nil
	}
	for _, p := range a.places {
		address, ok := literal(p.target)
		if !ok || p.refused != "" {
			continue
		}
		if t := b.about(begun, address, now); t != nil {
			return t
		}
	}
	return nil
}

// about finds the thread, in the same place as t, of a target that was found to
// stand for an address, or that is it; the one that began first.
func (b *board) about(t *store.Trouble, address string, now time.Time) (first *store.Trouble) {
	for _, o := range b.troubles {
		if o == t || o.Into != "" || o.Held || o.Channel != t.Channel || o.Thread != t.Thread || !b.joinable(o, now) || first != nil && o.ID > first.ID {
			continue
		}
		for i := range o.Entries {
			own, _ := literal(o.Entries[i].Target)
			if own == address || b.stand(&o.Entries[i], address, now) != nil {
				first = o
				break
			}
		}
	}
	return first
}

// alias gives an alert that names an address the entry whose look is about that
// endpoint too, nil if there is none. An endpoint that this look found well is
// looked at by itself.
func (b *board) alias(t *store.Trouble, a arrival, p place, now time.Time) *store.Entry {
	address, ok := literal(p.target)
	if !ok || p.refused != "" || t.Held || len(a.alert.Lookup) > 0 {
		return nil
	}
	for i := range t.Entries {
		e := &t.Entries[i]
		ep := b.stand(e, address, now)
		if ep == nil || ep.Verdict == string(investigations.VerdictHealthy) || e.Plan != a.route.Plan || !covers(e.Inputs, a.route.Inputs) || len(e.Also) == maxAlso {
			continue
		}
		e.Also = append(e.Also, p.target)
		b.touch(t)
		return e
	}
	return nil
}

// maxAlso bounds the other names of one entry: more endpoints than one
// investigation takes.
const maxAlso = 32

// covers reports whether a look with these inputs did all that others ask for.
func covers(did, wanted map[string]string) bool {
	for k, v := range wanted {
		if did[k] != v && !(k == "lb" && did[k] == "") {
			return false
		}
	}
	return true
}

// named reports whether an alert was about what an entry looks into.
func (n *memo) named(e *store.Entry) bool {
	return slices.Contains(n.targets, hash(e.Target)) || slices.ContainsFunc(e.Also, func(s string) bool { return slices.Contains(n.targets, hash(s)) })
}

// resolved learns what the target of an investigation stands for.
func (b *board) resolved(inv investigations.Investigation, now time.Time) {
	list := found(inv)
	for _, ref := range slices.Clone(b.running[inv.ID]) {
		t, e := b.runningEntry(ref)
		if e == nil || slices.Equal(e.Found, list) {
			continue
		}
		e.Found = list
		b.touched[t.ID] = true
		b.part(t, ref.index, now)
		if e = &t.Entries[ref.index]; e.First == inv.ID {
			b.gather(t, e, now)
			b.unite(t, e, now)
		}
	}
}

// alone reports whether all of a trouble is one target that may move to another
// thread.
func alone(t *store.Trouble) bool {
	return t.Into == "" && !t.Held && !t.Storm && t.Thread == "" && len(t.Entries) == 1
}

// gather takes in the threads that began meanwhile about addresses that a target
// was found to stand for.
func (b *board) gather(t *store.Trouble, e *store.Entry, now time.Time) {
	if t.Held {
		return
	}
	target, list := e.Target, e.Found
	for _, o := range b.troubles {
		if o == t || o.ID < t.ID || !alone(o) || o.Channel != t.Channel || t.Thread != "" || len(t.Entries) == maxEntries {
			continue
		}
		address, ok := literal(o.Entries[0].Target)
		if ok && slices.ContainsFunc(list, func(ep store.Endpoint) bool { return ep.Address == address }) {
			b.merge(t, o, target+" stands for "+address, now)
		}
	}
}

// unite moves a trouble that was found to be about one endpoint only into the
// thread that this one has already.
func (b *board) unite(t *store.Trouble, e *store.Entry, now time.Time) {
	if !alone(t) || len(e.Found) != 1 || !sharedText(e.Found[0].Address) {
		return
	}
	address := e.Found[0].Address
	if into := b.about(t, address, now); into != nil && into.ID < t.ID && len(into.Entries) < maxEntries {
		b.merge(into, t, e.Target+" stands for "+address, now)
	}
}

// merge moves a trouble into the one about the same endpoint; why says so.
func (b *board) merge(into, t *store.Trouble, why string, now time.Time) {
	t.Same, into.Last, into.Closed = clip(why, 300), now, false
	b.fold(into, t, now)
	b.touch(into)
	b.close(into)
}

func sharedText(address string) bool {
	ap, err := netip.ParseAddrPort(address)
	return err == nil && shared(ap.Addr())
}

// part has addresses looked at by themselves that alerts name too, and that the
// entry's target was found to stand for no more, or that are well where others
// are not.
func (b *board) part(t *store.Trouble, i int, now time.Time) {
	if len(t.Entries[i].Found) == 0 {
		return // nothing was found: that says nothing about them
	}
	for _, name := range slices.Clone(t.Entries[i].Also) {
		e := &t.Entries[i]
		address, _ := literal(name)
		if ep := b.stand(e, address, now); ep != nil && !wellAmongIll(*ep, e.Found) || len(t.Entries) == maxEntries {
			continue
		}
		alone := *e
		alone.Target, alone.Host, alone.State, alone.Found, alone.Also = name, hostOf(name), store.EntryWaiting, nil, nil
		alone.Fingerprint = "endpoint " + name // the other's alert says nothing about it
		alone.First, alone.Again, alone.About, alone.Due, alone.Rechecks, alone.After, alone.Since = "", "", "", false, 0, time.Time{}, now
		alone.Verdict, alone.Cause, alone.On, alone.Headline = "", "", "", ""
		e.Also = slices.DeleteFunc(e.Also, func(s string) bool { return s == name })
		alone.Firing = b.firingFor(t, name)
		e.Firing = max(0, e.Firing-alone.Firing)
		if alone.Firing > 0 {
			alone.Resolved, alone.Quiet = time.Time{}, false
			t.Entries = append(t.Entries, alone)
		}
		b.touch(t)
	}
}

// wellAmongIll reports whether an endpoint was found well, and another was not:
// what is found of them together says nothing about this one.
func wellAmongIll(ep store.Endpoint, all []store.Endpoint) bool {
	well := string(investigations.VerdictHealthy)
	return ep.Verdict == well && slices.ContainsFunc(all, func(o store.Endpoint) bool { return o.Verdict != well })
}

// firingFor counts the alerts that fire in a trouble and name a target.
func (b *board) firingFor(t *store.Trouble, target string) (count int) {
	for _, n := range b.notes {
		if n.firing && slices.Contains(n.targets, hash(target)) && b.trouble(n.trouble) == t {
			count++
		}
	}
	return count
}
