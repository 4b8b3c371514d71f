package alerts

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strings"
	"time"
)

// An Alert is one thing that a sender says is wrong, or is no longer wrong.
type Alert struct {
	// Source is the name of the parser that read it: "alertmanager", "log" and so on.
	Source string `json:"source"`
	// Firing is false for an alert that its sender calls resolved.
	Firing bool `json:"firing"`
	// Labels identify the alert; Annotations describe it. Both are bounded and without control characters.
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// Targets are what to diagnose: host:port, [v6]:port, or the name of an upstream or a backend/server pair that a
	// load balancer knows. They are normalised and free of duplicates, in the order found.
	Targets []string `json:"targets"`
	// From says which rule gave the targets, for example "label instance, the probed URL". Empty without a target.
	From string `json:"from,omitempty"`
	// Why says why there is no target: which label or mapping would give one, or why the alert must not be diagnosed.
	Why string `json:"why,omitempty"`
	// Lookup are the ARNs of AWS's target groups, or of a load balancer, that the alert names in place of a target. Who has
	// credentials can ask AWS which targets stand behind them.
	Lookup []string `json:"lookup,omitempty"`
	// Fingerprint identifies the alert over time: the same for each repetition and for its resolution.
	Fingerprint string `json:"fingerprint"`
	// DedupKey is the sender's identity of this state of the alert: a repeated delivery carries the same one. Empty where the sender
	// gives nothing to tell a repeated delivery from a new notification (Gatus, log lines).
	DedupKey string `json:"dedup_key,omitempty"`
	// StartsAt and EndsAt are the sender's; StartsAt is the time of the request where it gives none.
	StartsAt time.Time `json:"starts_at,omitzero"`
	EndsAt   time.Time `json:"ends_at,omitzero"`
	// Severity is "critical", "error", "warning", "info" or "" where the sender says none.
	Severity string `json:"severity,omitempty"`
	Title    string `json:"title,omitempty"`
	Summary  string `json:"summary,omitempty"`
	// Link is the sender's page about the alert: an http or https URL, or "".
	Link string `json:"link,omitempty"`
}

// Rank orders alerts that wait: 0 is the most severe; an alert without a severity ranks with errors.
func (a Alert) Rank() int {
	switch a.Severity {
	case "critical":
		return 0
	case "warning":
		return 2
	case "info":
		return 3
	}
	return 1
}

// severity maps the words of the senders to the four of [Alert].
func severity(word string) string {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "critical", "crit", "page", "emergency", "emerg", "alert", "fatal", "disaster", "high", "p1", "sev1", "sev-1", "1":
		return "critical"
	case "error", "err", "major", "p2", "sev2", "sev-2":
		return "error"
	case "warning", "warn", "minor", "medium", "average", "p3", "sev3", "sev-3", "ticket":
		return "warning"
	case "info", "informational", "information", "notice", "low", "none", "p4", "p5", "debug":
		return "info"
	}
	return ""
}

// fingerprint is the identity that the parts have in common: 16 hexadecimal digits of their SHA-256.
func fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// labelsFingerprint is the identity of an alert that its labels identify.
func labelsFingerprint(source string, labels map[string]string) string {
	parts := make([]string, 0, 1+2*len(labels))
	parts = append(parts, source)
	for _, k := range sortedKeys(labels) {
		parts = append(parts, k, labels[k])
	}
	return fingerprint(parts...)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// firstOf returns the first value that is not empty.
func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
