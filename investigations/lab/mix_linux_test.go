package lab

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/investigations"
)

// mix is several faults at once, and a way to ask about them; its seed alone
// says which.
type mix struct {
	seed   uint64
	faults []Fault // in the order in which they are made
	target string
	// who is without a runner, or with one that has no privileges, or that is lost
	noRunner, plainRunner, lostRunner string
}

// layers are the faults that can be made side by side, layer by layer: each of
// them serves the shop first, so that what changes the shop itself, or cuts its
// host off, comes last. most is how many of a layer a mix may have.
func layers() (list []struct {
	faults []Fault
	most   int
}) {
	all := Faults()
	add := func(most int, wanted func(Fault) bool) {
		var faults []Fault
		for _, f := range all {
			if mixable(f) && wanted(f) {
				faults = append(faults, f)
			}
		}
		all = slices.DeleteFunc(all, wanted)
		list = append(list, struct {
			faults []Fault
			most   int
		}{faults, most})
	}
	named := func(names ...string) func(Fault) bool {
		return func(f Fault) bool { return slices.Contains(names, f.Name) }
	}
	add(1, named("hung-accept"))
	add(1, func(f Fault) bool {
		return f.Cause == "" || f.Target != shop && f.Target != shop6 && f.Target != shopName
	})
	add(1, func(f Fault) bool { return f.Target == shopName })
	add(1, func(f Fault) bool { return f.Cause == "lb-output-fw" })
	add(1, func(f Fault) bool { return f.On == "lb" || f.Name == "no-way-back" })
	add(1, func(f Fault) bool { return strings.HasPrefix(f.Name, "router-") })
	add(2, func(f Fault) bool { return strings.HasPrefix(f.Cause, "fw-") || f.Name == "redirected-to-closed-port" })
	add(1, func(f Fault) bool { return f.On == "web" })
	return list
}

// mixable tells whether a fault can be one of a mix: it is one, its target is
// the shop or beside it, and it does not depend on who has a runner.
func mixable(f Fault) bool {
	return len(f.Also) == 0 && !f.See.Varies && f.Address == "" && f.NoRunner+f.LostRunner+f.PlainRunner == "" &&
		!slices.Contains([]string{"no-such-name", "published-to-closed-port", "misspelt-unit", "no-source-port-left", "healthy", "healthy-ipv6"}, f.Name)
}

// mixOf draws two or three faults.
func mixOf(seed uint64) mix {
	r := rand.New(rand.NewPCG(seed, 77))
	m := mix{seed: seed, target: []string{shop, shop, shop6, shopName}[r.IntN(4)]}
	all := layers()
	chosen := make([][]Fault, len(all))
	for n := 2 + r.IntN(2); n > 0; {
		i := r.IntN(len(all))
		if len(chosen[i]) == all[i].most {
			continue
		}
		f := all[i].faults[r.IntN(len(all[i].faults))]
		if slices.ContainsFunc(chosen[i], func(o Fault) bool { return o.Name == f.Name }) {
			continue
		}
		chosen[i] = append(chosen[i], f)
		if f.Target == shopName {
			m.target = shopName
		}
		n--
	}
	m.faults = slices.Concat(chosen...)
	switch r.IntN(12) {
	case 0, 1:
		m.noRunner = "web"
	case 2, 3:
		m.plainRunner = "web"
	case 4:
		m.noRunner = "lb"
	case 5:
		m.plainRunner = "lb"
	case 6:
		m.lostRunner = "web"
	}
	return m
}

func (m mix) String() string {
	var names []string
	for _, f := range m.faults {
		names = append(names, f.Name)
	}
	text := fmt.Sprintf("seed %d, %s: %s", m.seed, m.target, strings.Join(names, " + "))
	for what, host := range map[string]string{"no runner": m.noRunner, "plain runner": m.plainRunner, "lost runner": m.lostRunner} {
		if host != "" {
			text += "; " + what + " on " + host
		}
	}
	return text
}

// scenarioOf is the mix as one fault, without those of the names.
func (m mix) scenarioOf(l *Lab, p *Plexor, without map[string]bool) scenario {
	return scenario{lab: l, bot: p, Fault: Fault{
		Name: fmt.Sprintf("mix-%d", m.seed), Target: m.target,
		NoRunner: m.noRunner, PlainRunner: m.plainRunner, LostRunner: m.lostRunner,
		Make: func(t testing.TB, l *Lab) {
			t.Helper()
			serveShop(t, l)
			for _, f := range m.faults {
				if without[f.Name] {
					continue
				}
				if changesShop(f) {
					l.Web.Shell(t, "systemctl stop "+shopUnit)
				}
				f.Make(t, l)
			}
		},
	}}
}

// changesShop tells whether the fault is one of the shop itself, and expects
// that nobody serves it yet.
func changesShop(f Fault) bool {
	return f.On == "web" && (f.Target == shop || f.Target == shop6) && f.Cause != "arp-failure" && f.Cause != "host-down" &&
		f.Cause != "no-return-route" && f.Cause != "docker-proxy-dead-container" &&
		!strings.HasPrefix(f.Cause, "fw-")
}

// consequences are causes that a fault, or one that looks innocent from lb over
// IPv4, has besides its own.
var consequences = map[string][]string{
	"strict-firewall-lets-through": {"fw-drop on web"},
	"hung-accept":                  {"ipv4-only-bind on web"}, // it is bound to 0.0.0.0
}

// gives tells whether a cause that a verdict names is this fault's.
func (m mix) gives(f Fault, c investigations.Cause) bool {
	on := c.On
	if m.noRunner == "lb" {
		on = strings.ReplaceAll(on, "local", "lb")
	}
	place := strings.NewReplacer("fd77:1::1", "10.77.1.1", "10.77.3.1", "10.77.1.1", "fd77:3::1", "10.77.1.1",
		"fd77:2::2", "web", "10.77.2.2", "web")
	on = place.Replace(on)
	if strings.HasPrefix(on, "between ") { // the router stands before web2, too, where a stale name leads
		on = strings.ReplaceAll(on, "web2", "web")
	}
	return c.ID == f.Cause && on == place.Replace(f.On) || slices.Contains(consequences[f.Name], c.ID+" on "+on)
}

// seeds reads "SEED" or "FIRST-LAST".
func seeds(t *testing.T, text string) (first, last uint64) {
	t.Helper()
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		to = from
	}
	first, err := strconv.ParseUint(from, 10, 64)
	if err == nil {
		last, err = strconv.ParseUint(to, 10, 64)
	}
	if err != nil {
		t.Fatalf("PLEXOR_LAB_MIX = %q, want SEED or FIRST-LAST: %v", text, err)
	}
	return first, last
}

// TestMixes asks about faults that are drawn at random, and holds that no cause
// is named but those that are there.
func TestMixes(t *testing.T) {
	text := os.Getenv("PLEXOR_LAB_MIX")
	if text == "" {
		t.Skip("PLEXOR_LAB_MIX=SEED or FIRST-LAST mixes faults at random")
	}
	first, last := seeds(t, text)
	for seed := first; seed <= last; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { mixOf(seed).run(t) })
	}
}

// TestMixIsItsSeed holds that a seed gives the same mix again, and that every
// fault that can be mixed is drawn in the end.
func TestMixIsItsSeed(t *testing.T) {
	drawn := map[string]bool{}
	for seed := range uint64(2000) {
		m := mixOf(seed)
		if again := mixOf(seed); again.String() != m.String() {
			t.Fatalf("mix of seed %d = %s, then %s", seed, m, again)
		}
		if len(m.faults) < 2 {
			t.Errorf("%s: less than two faults", m)
		}
		for _, f := range m.faults {
			drawn[f.Name] = true
		}
	}
	for _, f := range Faults() {
		if mixable(f) && !drawn[f.Name] {
			t.Errorf("fault %s is in no mix", f.Name)
		}
	}
}
