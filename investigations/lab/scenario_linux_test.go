package lab

import (
	"os"
	"slices"
	"sync"
	"testing"
)

// programs is the directory with the project's programs, built once.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "plexor-lab-bin-")
	if err != nil {
		return "", err
	}
	return dir, Build(dir)
})

// asked returns the bot at work in the lab of this test binary, all put back.
func asked(t *testing.T) (*Lab, *Plexor) {
	t.Helper()
	l := whole(t)
	if bot == nil {
		bot = l.StartPlexor(t)
	}
	bot.Reset(t)
	return l, bot
}

var bot *Plexor

// TestScenarios asks the bot about every fault, carries out the fix that it
// prints, and asks again.
func TestScenarios(t *testing.T) {
	for _, f := range Faults() {
		t.Run(f.Name, func(t *testing.T) {
			l, p := asked(t)
			if f.NoRunner != "" {
				p.StopRunner(t, l.host(f.NoRunner))
			}
			f.Make(t, l)
			v := p.Diagnose(t, f.Target, f.Inputs...)
			if !judged(t, f, v) {
				t.Logf("the investigation: %s", v.Text)
				return
			}
			if f.Fix != "" {
				mend(t, l, p, f, v)
			}
		})
	}
}

// judged compares a verdict with what the fault is.
func judged(t *testing.T, f Fault, v Verdict) bool {
	t.Helper()
	var causes []string
	for _, c := range v.Causes {
		causes = append(causes, c.ID+" on "+c.On)
	}
	want, kind := []string(nil), "inconclusive"
	switch {
	case f.Cause != "":
		want, kind = []string{f.Cause + " on " + f.On}, "cause"
	case f.See == connected:
		kind = "healthy"
	}
	if f.See.Varies && v.Kind != "cause" {
		return true
	}
	if v.Kind != kind || !slices.Equal(causes, want) {
		t.Errorf("verdict on %s = %s %v (%s), want %s %v", f.Target, v.Kind, causes, v.Headline, kind, want)
		return false
	}
	return true
}

// mend carries out the first fix as printed, on the host that it names.
func mend(t *testing.T, l *Lab, p *Plexor, f Fault, v Verdict) {
	t.Helper()
	for _, r := range v.Causes[0].Remedies {
		if r.Kind != "fix" {
			continue
		}
		l.host(r.On).Shell(t, r.Run)
		if again := p.Diagnose(t, f.Target, f.Inputs...); again.Kind != "healthy" {
			t.Errorf("after %q on %s: %s (%s), want healthy", r.Run, r.On, again.Kind, again.Headline)
			t.Logf("the investigation: %s", again.Text)
		}
		return
	}
	t.Errorf("no fix among the remedies of %s: %+v", f.Cause, v.Causes[0].Remedies)
}
