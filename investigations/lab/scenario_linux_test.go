package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// bot is the project at work in the lab of this test binary.
var bot *Plexor

// asked returns the bot and its lab, all put back.
func asked(t *testing.T) (*Lab, *Plexor) {
	t.Helper()
	l := whole(t)
	if bot == nil {
		bot = l.StartPlexor(t)
	}
	bot.Reset(t)
	return l, bot
}

// TestScenarios asks the bot about every fault, compares its verdict with what
// is wrong, and carries out the fix that it prints. With PLEXOR_LAB_KEEP=DIR
// each investigation is kept in DIR.
func TestScenarios(t *testing.T) {
	for _, f := range Faults() {
		t.Run(f.Name, func(t *testing.T) {
			clock := stopwatch{at: time.Now()}
			l, p := asked(t)
			clock.lap("reset")
			s := scenario{Fault: f, want: expected[f.Name], lab: l, bot: p}
			s.make(t)
			clock.lap("made")
			inv := s.diagnose(t, "")
			clock.lap(string(inv.Verdict.Kind))
			s.hold(t, inv)
			if !t.Failed() && s.mend(t, inv) {
				clock.lap("mended")
			}
			t.Log(clock.laps)
		})
	}
}

// stopwatch notes what took how long.
type stopwatch struct {
	at   time.Time
	laps []string
}

func (s *stopwatch) lap(what string) {
	now := time.Now()
	s.laps = append(s.laps, fmt.Sprintf("%s %.1f s", what, now.Sub(s.at).Seconds()))
	s.at = now
}

// scenario is one fault, and what the bot must say about it.
type scenario struct {
	Fault
	want expectation
	lab  *Lab
	bot  *Plexor
}

// make breaks the lab.
func (s scenario) make(t *testing.T) {
	t.Helper()
	if s.NoRunner != "" {
		s.bot.RemoveRunner(t, s.lab.host(s.NoRunner))
	}
	s.Make(t, s.lab)
	if h := s.lab.host(s.PlainRunner); h != nil {
		s.bot.StartPlainRunner(t, h)
	}
	if h := s.lab.host(s.LostRunner); h != nil {
		s.bot.LoseRunner(t, h)
	}
}

// diagnose asks the bot, and keeps what it answers if that is wanted.
func (s scenario) diagnose(t *testing.T, after string) investigations.Investigation {
	t.Helper()
	inv := s.bot.Diagnose(t, s.Target, s.Inputs...)
	if dir := os.Getenv("PLEXOR_LAB_KEEP"); dir != "" {
		raw, err := json.MarshalIndent(inv, "", " ")
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, s.Name+after+".json"), raw, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	}
	return inv
}

// hold compares an investigation with what is wrong in the lab.
func (s scenario) hold(t *testing.T, inv investigations.Investigation) {
	t.Helper()
	v := inv.Verdict
	got := causes(v)
	kind, want := s.verdict()
	if s.See.Varies && v.Kind != investigations.VerdictCause {
		return
	}
	if v.Kind != kind || !slices.Equal(got, want) {
		t.Errorf("verdict on %s = %s %v, want %s %v\n%s", s.Target, v.Kind, got, kind, want, account(inv))
		return
	}
	if kind == investigations.VerdictInconclusive {
		s.holdCandidates(t, inv)
	}
	for _, what := range s.want.names {
		if !slices.ContainsFunc(v.Causes[0].Remedies, func(r investigations.Remedy) bool {
			return strings.Contains(r.On+": "+r.Run+r.Explain, what)
		}) {
			t.Errorf("no remedy of %s names %q:\n%s", s.Name, what, remedies(v.Causes[0]))
		}
	}
	s.holdChecks(t, inv)
}

// verdict is what the bot must say: the kind, and each cause with its host.
func (s scenario) verdict() (investigations.VerdictKind, []string) {
	switch {
	case s.Cause != "":
		return investigations.VerdictCause, slices.Sorted(slices.Values(append([]string{s.Cause + " on " + s.On}, s.Also...)))
	case s.See == connected, s.FromOps:
		return investigations.VerdictHealthy, nil
	}
	return investigations.VerdictInconclusive, nil
}

func causes(v *investigations.Verdict) (list []string) {
	for _, c := range v.Causes {
		list = append(list, c.ID+" on "+c.On)
	}
	slices.Sort(list)
	return list
}

// holdCandidates compares the candidates, and that each says what it lacks.
func (s scenario) holdCandidates(t *testing.T, inv investigations.Investigation) {
	t.Helper()
	var got []string
	for _, c := range inv.Verdict.Candidates {
		got = append(got, c.ID)
		if len(c.Missing) == 0 {
			t.Errorf("candidate %s does not say what is missing", c.ID)
		}
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(s.want.candidates))
	if !slices.Equal(got, want) {
		t.Errorf("candidates for %s =\n %q, want\n %q\n%s", s.Target, got, want, account(inv))
	}
}

// holdChecks holds what must and what must not have been asked: nothing slow
// where the cheap has told, and a decision of the firewall that is to blame.
func (s scenario) holdChecks(t *testing.T, inv investigations.Investigation) {
	t.Helper()
	for c := range checks(inv) {
		asked := c.State == investigations.CheckDone || c.State == investigations.CheckFailed
		if c.Probe == "net.path" && asked && (s.Cause == "" && s.See == connected || s.Cause == "proc-not-running") {
			t.Errorf("%s: a path trace ran, which nothing needed", s.Name)
		}
		if c.Probe != "firewall.verdict" || c.State != investigations.CheckDone ||
			!strings.HasPrefix(s.Cause, "fw-") && s.Cause != "lb-output-fw" {
			continue
		}
		var facts struct {
			Decided *bool
			Why     []string
		}
		if err := json.Unmarshal(c.Facts, &facts); err != nil || facts.Decided == nil || !*facts.Decided {
			t.Errorf("%s on %s decided nothing (%v): %q", c.ID, c.On, err, facts.Why)
		}
	}
}

// mend carries out a fix as printed, on the host that it names, and asks again.
// It reports whether there was one.
func (s scenario) mend(t *testing.T, inv investigations.Investigation) bool {
	t.Helper()
	var fixes []investigations.Remedy
	for _, c := range inv.Verdict.Causes {
		for _, r := range c.Remedies {
			if r.Kind == "fix" {
				fixes = append(fixes, r)
			}
		}
	}
	if len(s.Also) > 0 {
		return s.mendAll(t, inv)
	}
	if len(fixes) <= s.want.fix {
		if s.Fix != "" || s.want.fix > 0 {
			t.Errorf("%d fixes, want more than %d:\n%s", len(fixes), s.want.fix, remedies(inv.Verdict.Causes[0]))
		}
		return false
	}
	fix := fixes[s.want.fix]
	s.lab.host(fix.On).Shell(t, fix.Run)
	if again := s.diagnose(t, "-mended"); again.Verdict.Kind != investigations.VerdictHealthy {
		t.Errorf("after %q on %s: %s, want healthy\n%s", fix.Run, fix.On, again.Verdict.Kind, account(again))
	}
	return true
}

// mendAll carries out the first fix of each cause, where all of them have one,
// and asks again.
func (s scenario) mendAll(t *testing.T, inv investigations.Investigation) bool {
	t.Helper()
	var fixes []investigations.Remedy
	for _, c := range inv.Verdict.Causes {
		i := slices.IndexFunc(c.Remedies, func(r investigations.Remedy) bool { return r.Kind == "fix" })
		if i < 0 {
			return false
		}
		fixes = append(fixes, c.Remedies[i])
	}
	for _, fix := range fixes {
		s.lab.host(fix.On).Shell(t, fix.Run)
	}
	if again := s.diagnose(t, "-mended"); again.Verdict.Kind != investigations.VerdictHealthy {
		t.Errorf("after %+v: %s, want healthy\n%s", fixes, again.Verdict.Kind, account(again))
	}
	return true
}

// checks yields every check of an investigation.
func checks(inv investigations.Investigation) func(func(investigations.Check) bool) {
	return func(yield func(investigations.Check) bool) {
		for _, ep := range inv.Endpoints {
			for _, step := range ep.Steps {
				for _, c := range step.Checks {
					if !yield(c) {
						return
					}
				}
			}
		}
	}
}

// account tells an investigation in a few lines, for a failure.
func account(inv investigations.Investigation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s; ruled out %v\n", inv.Verdict.Headline, inv.Verdict.RuledOut)
	for _, c := range inv.Verdict.Candidates {
		fmt.Fprintf(&b, "  candidate %s lacks %s\n", c.ID, strings.Join(c.Missing, "; "))
	}
	for c := range checks(inv) {
		fmt.Fprintf(&b, "  %s on %s: %s %.0f ms %s%s\n", c.ID, c.On, c.State, c.TookMS, c.Error, known(c.Facts))
	}
	return b.String()
}

// known are facts without those that were not established.
func known(raw json.RawMessage) string {
	var facts map[string]any
	if json.Unmarshal(raw, &facts) != nil {
		return string(raw)
	}
	for k, v := range facts {
		if list, ok := v.([]any); v == nil || ok && len(list) == 0 {
			delete(facts, k)
		}
	}
	var out bytes.Buffer
	_ = json.NewEncoder(&out).Encode(facts) // what was decoded can be encoded
	text := strings.TrimSpace(out.String())
	return text[:min(len(text), 900)]
}

func remedies(c investigations.Cause) string {
	var b strings.Builder
	for _, r := range c.Remedies {
		fmt.Fprintf(&b, "  %s on %s: %s (%s)\n", r.Kind, r.On, r.Run, r.Explain)
	}
	return b.String()
}
