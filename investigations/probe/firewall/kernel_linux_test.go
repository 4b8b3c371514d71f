package firewall

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations/probe"
	"github.com/vishvananda/netns"
)

// loaders load a rule set of testdata by its file's ending.
var loaders = map[string][]string{
	".ipset":            {"ipset", "restore"},
	".nft":              {"nft", "-f", "-"},
	".iptables":         {"iptables-nft-restore"},
	".ip6tables":        {"ip6tables-nft-restore"},
	".iptables-legacy":  {"iptables-legacy-restore"},
	".ip6tables-legacy": {"ip6tables-legacy-restore"},
}

// answerTime covers the first three SYNs of a connection.
const answerTime = 2500 * time.Millisecond

// try is one packet sent, what the kernel did and what Verdict says of it.
type try struct {
	args    probe.FirewallArgs
	kernel  *attempt
	exact   probe.FirewallFacts
	anyPort probe.FirewallFacts // with the source port left open
}

// score counts what was decided.
type score struct {
	sync.Mutex
	tries, decided, anyDecided, sets, wholeSets int
}

// TestKernel compares verdicts with what the kernel does to real packets, for
// every rule set in testdata.
func TestKernel(t *testing.T) {
	needRoot(t, "nft", "iptables-nft-restore", "ip6tables-nft-restore")
	var total score
	var wg sync.WaitGroup
	room := make(chan struct{}, 8) // most of a rule set's time is waiting
	for base, files := range ruleSets(t) {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			t.Run(base, func(t *testing.T) { testRules(t, files, &total) })
		})
	}
	wg.Wait()
	share := 100 * float64(total.decided) / float64(max(total.tries, 1))
	t.Logf("%d rule sets, %d packets: %d decided (%.1f%%), %d with an open source port; %d rule sets decided whole",
		total.sets, total.tries, total.decided, share, total.anyDecided, total.wholeSets)
	if total.sets > 0 && share < 80 {
		t.Errorf("decided %.1f%% of packets, want at least 80%%", share)
	}
}

// ruleSets are the files of testdata by name without ending: those of one name
// are loaded together.
func ruleSets(t *testing.T) map[string][]string {
	all, err := filepath.Glob("testdata/rules/*")
	check(t, "list rule sets", err)
	out := map[string][]string{}
	for _, f := range all {
		base := strings.TrimSuffix(filepath.Base(f), filepath.Ext(f))
		if filepath.Ext(f) == ".ipset" { // rules name its sets
			out[base] = append([]string{f}, out[base]...)
		} else {
			out[base] = append(out[base], f)
		}
	}
	return out
}

func testRules(t *testing.T, files []string, total *score) {
	l := newLab(t)
	for _, ns := range []netns.NsHandle{l.client, l.box, l.server} {
		l.in(ns, func() { listenAll(t) })
	}
	l.in(l.box, func() {
		for _, f := range files {
			load(t, f)
		}
	})
	tries := l.send(t)
	l.judge(t, tries, total)
	l.mend(t, tries)
}

func load(t *testing.T, file string) {
	t.Helper()
	if _, err := exec.LookPath(loaders[filepath.Ext(file)][0]); err != nil {
		t.Skipf("needs %s", loaders[filepath.Ext(file)][0])
	}
	rules, err := os.ReadFile(file)
	check(t, "read rule set", err)
	if err := run(string(rules), loaders[filepath.Ext(file)]...); err != nil {
		if strings.Contains(filepath.Ext(file), "legacy") && run("", "iptables-legacy", "-L", "-n") != nil {
			t.Skip("no legacy iptables in this kernel")
		}
		t.Fatal(err)
	}
}

// send makes a verdict of each packet of the lab and sends it.
func (l *lab) send(t *testing.T) []*try {
	var tries []*try
	var open []*attempt
	var sc *scene
	l.in(l.box, func() {
		var err error
		sc, err = look(context.Background())
		check(t, "look", err)
	})
	defer sc.close()
	for i, p := range labPackets() {
		a := p
		a.SourcePort = int64(33001 + i)
		y := &try{args: a, exact: sc.ask(a), anyPort: sc.ask(p)}
		l.in(l.from(a), func() { y.kernel = begin(t, a.Source, int(a.SourcePort), a.Destination, int(a.Port)) })
		tries, open = append(tries, y), append(open, y.kernel)
	}
	settle(t, open, answerTime)
	return tries
}

func (sc *scene) ask(a probe.FirewallArgs) probe.FirewallFacts {
	return sc.verdict(a.Hook, sc.live.packet(a, mustAddr(a.Source), mustAddr(a.Destination)))
}

// from is the host that sends a packet.
func (l *lab) from(a probe.FirewallArgs) netns.NsHandle {
	return pick(a.Hook == hookOutput, l.box, l.client)
}

// labPackets are the packets that every rule set is tried with.
func labPackets() []probe.FirewallArgs {
	var out []probe.FirewallArgs
	add := func(hook, dst string, sources ...string) {
		for _, src := range sources {
			for _, port := range labPorts {
				out = append(out, probe.FirewallArgs{Hook: hook, Source: src, Destination: dst, Port: int64(port)})
			}
		}
	}
	add(hookInput, box4, client4...)
	add(hookInput, box6, client6...)
	add(hookForward, server4, client4[:2]...)
	add(hookForward, server6, client6[0])
	add(hookOutput, server4, boxOut4)
	add(hookOutput, server6, boxOut6)
	return out
}

func ask(t *testing.T, a probe.FirewallArgs) probe.FirewallFacts {
	t.Helper()
	f, err := Verdict(context.Background(), a)
	if err != nil {
		t.Fatalf("Verdict(%+v): %v", a, err)
	}
	return f
}

// judge compares: no decided verdict may differ from the kernel.
func (l *lab) judge(t *testing.T, tries []*try, total *score) {
	n, anyPort := 0, 0
	open := map[string]bool{}
	for _, y := range tries {
		for _, f := range []probe.FirewallFacts{y.exact, y.anyPort} {
			if *f.Decided && (*f.Action != y.kernel.action || text(f.RejectWith) != y.kernel.with) {
				t.Errorf("Verdict(%+v) = %s %s by %s, kernel: %s %s", y.args, *f.Action, text(f.RejectWith), text(f.Rule), y.kernel.action, y.kernel.with)
			}
		}
		if *y.exact.Decided {
			n++
		} else {
			open[strings.Join(y.exact.Why, "; ")] = true
		}
		if *y.anyPort.Decided {
			anyPort++
		}
	}
	for why := range open {
		t.Logf("undecided: %s", why)
	}
	total.Lock()
	defer total.Unlock()
	total.sets++
	total.tries += len(tries)
	total.decided += n
	total.anyDecided += anyPort
	if n == len(tries) {
		total.wholeSets++
	}
}

// mend carries out Allow, and then Delete, for one packet of each hook and
// family that did not pass. After Allow it passes; after Delete another rule
// may decide, and Verdict knows.
func (l *lab) mend(t *testing.T, tries []*try) {
	for _, kind := range []string{"allow", "delete"} {
		var open []*attempt
		var mended []*try
		done := map[string]bool{}
		for i, y := range tries {
			key := y.args.Hook + fmt.Sprint(strings.Contains(y.args.Source, ":"))
			if done[key] || !l.change(t, y, kind) {
				continue
			}
			done[key] = true
			port := 34000 + i + len(kind)*100
			l.in(l.from(y.args), func() { y.kernel = begin(t, y.args.Source, port, y.args.Destination, int(y.args.Port)) })
			open, mended = append(open, y.kernel), append(mended, y)
		}
		settle(t, open, answerTime)
		for _, y := range mended {
			f := y.exact
			if kind == "allow" && y.kernel.action != "accept" || *f.Decided && (*f.Action != y.kernel.action || text(f.RejectWith) != y.kernel.with) {
				t.Errorf("after %s for %+v: kernel does %s %s, Verdict says %s by %s", kind, y.args, y.kernel.action, y.kernel.with, text(f.Action), text(f.Rule))
			}
		}
	}
}

// change carries out the commands of one kind, if there are any that run here.
func (l *lab) change(t *testing.T, y *try, kind string) (changed bool) {
	l.in(l.box, func() {
		f := ask(t, y.args)
		commands := f.Allow
		if kind == "delete" {
			commands = f.Delete
		}
		if len(commands) == 0 || slices.Contains([]string{managerFirewalld, managerUFW}, text(f.Manager)) {
			return
		}
		for _, argv := range commands {
			check(t, kind, run("", argv...))
		}
		y.exact = ask(t, y.args)
		changed = true
	})
	return changed
}
