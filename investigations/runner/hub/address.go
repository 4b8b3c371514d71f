package hub

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// claim notes which addresses a runner announces, and since when: what it had
// before the bot was restarted counts as announced when it joined.
func (p *presence) claim(now time.Time, r *record) {
	p.hello.Addresses = slices.DeleteFunc(slices.Clone(p.hello.Addresses), shared)
	for a := range p.claims {
		if !slices.Contains(p.hello.Addresses, a) {
			delete(p.claims, a)
		}
	}
	for _, a := range p.hello.Addresses {
		if _, ok := p.claims[a]; ok {
			continue
		}
		p.claims[a] = now
		if r.Hello != nil && slices.Contains(r.Hello.Addresses, a) {
			p.claims[a] = r.Joined
		}
	}
}

// shared reports whether an address names no one host: loopback, link-local,
// multicast and the unspecified one stand for another host on each.
func shared(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err != nil || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified()
}

// conflicts lists the addresses that a runner announces and another live one
// announced before it: they count as that one's. h.mu is held.
func (h *Hub) conflicts(name string, now time.Time) map[string]string {
	refused := map[string]string{}
	mine := h.here[name]
	for other, p := range h.here {
		if other == name || !p.alive(now) {
			continue
		}
		for a, since := range p.claims {
			my, ok := mine.claims[a]
			if ok && (since.Before(my) || since.Equal(my) && other < name) {
				refused[a] = fmt.Sprintf("is runner %s's already", other)
			}
		}
	}
	return refused
}

// clock is what is known of a runner's clock.
type clock struct {
	offset time.Duration // the runner's minus the bot's
	exact  bool          // from a question and its answer
}

// hintSlack is how far the runner's clock may seem to be off by a message on its
// way before a measured offset is thrown away: the clock was set.
const hintSlack = time.Second

// hint takes the difference seen when a message came in, which is too small by
// the time it was on its way.
func (c *clock) hint(d time.Duration) {
	if !c.exact || (d-c.offset).Abs() > hintSlack {
		*c = clock{offset: d}
	}
}

// measure takes the four times of a question and its answer (RFC 5905, 8).
func (c *clock) measure(asked, received, sent, answered time.Time) {
	*c = clock{offset: (received.Sub(asked) + sent.Sub(answered)) / 2, exact: true}
}
