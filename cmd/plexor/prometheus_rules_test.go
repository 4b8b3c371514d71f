package main

import (
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"testing"
)

// TestPrometheusRules has the rules ask only for what the bot measures.
func TestPrometheusRules(t *testing.T) {
	b := newBed(t, lenient())
	b.start()
	b.ready()
	b.post("alertmanager", webhook(fired("firing", refusing(t)))) // counters of requests are there from the first on
	resp, err := http.Get(b.api + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\bplexor_[a-z_]+`).FindAllString(prometheusRules, -1)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !regexp.MustCompile(`(?m)^` + name + `[ {]`).Match(text) {
			t.Errorf("a rule asks for %s, which /metrics does not have", name)
		}
	}
}

// TestPromtool has Prometheus's own tool read the rules.
func TestPromtool(t *testing.T) {
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("there is no promtool (Debian's package prometheus)")
	}
	if out, err := exec.CommandContext(t.Context(), tool, "check", "rules", "prometheus_rules.yml").CombinedOutput(); err != nil {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}
}
