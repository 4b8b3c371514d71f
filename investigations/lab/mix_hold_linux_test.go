package lab

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// run makes the mix, asks, mends what is named and asks again, until nothing is
// wrong or nothing is named.
func (m mix) run(t *testing.T) {
	l, p := asked(t)
	t.Log(m)
	without, done := map[string]bool{}, map[string]bool{}
	s := m.scenarioOf(l, p, without)
	s.make(t)
	named := map[string]bool{}
	for round := 0; ; round++ {
		inv := s.diagnose(t, fmt.Sprintf("-%d", round))
		t.Logf("round %d: %s %v: %s", round, inv.Verdict.Kind, causes(inv.Verdict), inv.Verdict.Headline)
		m.truth(t, l, inv)
		if inv.Verdict.Kind == investigations.VerdictInconclusive {
			m.candidate(t, inv)
		}
		if inv.Verdict.Kind != investigations.VerdictCause || t.Failed() {
			break
		}
		for _, c := range inv.Verdict.Causes {
			m.injected(t, inv, c, named)
		}
		if t.Failed() || !m.mend(t, s, inv, without, done) {
			break
		}
	}
	if !t.Failed() {
		m.effective(t, l, slices.Sorted(maps.Keys(named)))
	}
}

// truth holds a verdict against a plain connection from where it was asked.
func (m mix) truth(t *testing.T, l *Lab, inv investigations.Investigation) {
	t.Helper()
	healthy := inv.Verdict.Kind == investigations.VerdictHealthy
	if saw := m.connects(t, l); (saw == "connected") != healthy {
		t.Errorf("%s: %s, and a plain connect: %s\n%s", m, inv.Verdict.Kind, saw, account(inv))
	}
}

// connects is what a plain connect to the target sees, from lb or the bot's own
// host.
func (m mix) connects(t *testing.T, l *Lab) string {
	t.Helper()
	from := l.LB
	if m.noRunner == "lb" {
		from = l.Ops
	}
	address := m.target
	if _, err := netip.ParseAddrPort(address); err != nil {
		name, port, _ := strings.Cut(m.target, ":")
		out, err := from.Run(t.Context(), "getent", "ahostsv4", name)
		if err != nil {
			return "unresolved"
		}
		address = strings.Fields(out)[0] + ":" + port
	}
	var saw Attempt
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(50 * time.Millisecond) { // what was mended may need a moment
		a, err := from.Connect(t.Context(), address, 4*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if saw = a; a.Connected() {
			return "connected"
		}
		if time.Now().After(end) {
			return saw.String()
		}
	}
}

// injected holds that a cause that is named is one of those that were made.
func (m mix) injected(t *testing.T, inv investigations.Investigation, c investigations.Cause, named map[string]bool) {
	t.Helper()
	found := false
	for _, f := range m.faults {
		if m.gives(f, c) {
			named[c.ID+" on "+c.On], found = true, true
		}
	}
	if !found {
		t.Errorf("%s: names %s on %s, which was not made\n%s", m, c.ID, c.On, account(inv))
	}
}

// candidate holds that what is wrong is at least among what may be.
func (m mix) candidate(t *testing.T, inv investigations.Investigation) {
	t.Helper()
	for _, c := range inv.Verdict.Candidates {
		if slices.ContainsFunc(m.faults, func(f Fault) bool {
			return f.Cause == c.ID || slices.ContainsFunc(consequences[f.Name], func(text string) bool { return strings.HasPrefix(text, c.ID+" ") })
		}) {
			return
		}
	}
	t.Errorf("%s: inconclusive, and none of what was made is a candidate\n%s", m, account(inv))
}

// mend carries out the printed fixes of the causes that are named, or where one
// has none, makes the mix anew without them. It reports whether to ask again.
func (m mix) mend(t *testing.T, s scenario, inv investigations.Investigation, without, done map[string]bool) bool {
	t.Helper()
	printed := true
	for _, c := range inv.Verdict.Causes {
		i := slices.IndexFunc(c.Remedies, func(r investigations.Remedy) bool { return r.Kind == "fix" })
		if printed = printed && i >= 0; !printed {
			break
		}
		fix := c.Remedies[i]
		if done[fix.On+": "+fix.Run] {
			t.Errorf("%s: %s on %s is named again after %q\n%s", m, c.ID, c.On, fix.Run, account(inv))
			return false
		}
	}
	if !printed {
		return m.anew(t, s, inv, without, done)
	}
	for _, c := range inv.Verdict.Causes {
		i := slices.IndexFunc(c.Remedies, func(r investigations.Remedy) bool { return r.Kind == "fix" })
		fix := c.Remedies[i]
		done[fix.On+": "+fix.Run] = true
		if h := s.lab.host(fix.On); h != nil {
			t.Logf("on %s: %s", fix.On, fix.Run)
			h.Shell(t, fix.Run)
		} else {
			return m.anew(t, s, inv, without, done)
		}
	}
	return true
}

// anew makes the mix again, without the faults whose causes are named.
func (m mix) anew(t *testing.T, s scenario, inv investigations.Investigation, without, done map[string]bool) bool {
	t.Helper()
	before := len(without)
	for _, c := range inv.Verdict.Causes {
		for _, f := range m.faults {
			if m.gives(f, c) {
				without[f.Name] = true
			}
		}
	}
	if len(without) == before {
		t.Errorf("%s: %v is named again where it was not made", m, causes(inv.Verdict))
		return false
	}
	t.Logf("anew without %v", slices.Sorted(maps.Keys(without)))
	clear(done)
	s.bot.Reset(t)
	s.make(t)
	return true
}

// breaks remembers which faults break the target when they are alone.
var breaks = map[string]bool{}

// effective holds that each cause that was named is one that breaks the target
// when it is there alone: a cause that is there and does not matter is wrong.
func (m mix) effective(t *testing.T, l *Lab, named []string) {
	t.Helper()
	for _, what := range named {
		id, on, _ := strings.Cut(what, " on ")
		ok := false
		for _, f := range m.faults {
			ok = ok || m.gives(f, investigations.Cause{ID: id, On: on}) && m.breaksAlone(t, l, f)
		}
		if !ok {
			t.Errorf("%s: names %s, which alone does not break %s", m, what, m.target)
		}
	}
}

func (m mix) breaksAlone(t *testing.T, l *Lab, f Fault) bool {
	t.Helper()
	key := fmt.Sprint(f.Name, m.target, m.noRunner == "lb")
	if broken, known := breaks[key]; known {
		return broken
	}
	l.Reset(t)
	if !changesShop(f) {
		serveShop(t, l)
	}
	f.Make(t, l)
	breaks[key] = m.connects(t, l) != "connected"
	return breaks[key]
}
