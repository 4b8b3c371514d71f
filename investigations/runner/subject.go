package runner

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Topic is what a subject is for.
type Topic string

// The topics. A runner hears on TopicDo and publishes on the others.
const (
	TopicHello  Topic = "hello"
	TopicPulse  Topic = "pulse"
	TopicAnswer Topic = "answer"
	TopicRaise  Topic = "raise"
	TopicDo     Topic = "do"
)

// Subject is where frames of a protocol version about a runner travel.
func Subject(version int, t Topic, name string) string {
	return fmt.Sprintf("plexor.v%d.%s.%s", version, t, name)
}

// AnyVersion is Subject for all versions, as a NATS wildcard. Name may be a
// wildcard too.
func AnyVersion(t Topic, name string) string {
	return fmt.Sprintf("plexor.*.%s.%s", t, name)
}

// ParseSubject takes a subject apart; ok is false if it is not one of ours.
func ParseSubject(s string) (version int, name string, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 || !strings.HasPrefix(parts[1], "v") {
		return 0, "", false
	}
	version, err := strconv.Atoi(parts[1][1:])
	if err != nil || version < 0 || version > 9999 {
		return 0, "", false
	}
	return version, parts[3], true
}

// maxName is the longest name, label or value of a label, in bytes.
const maxName = 63

var (
	nameSyntax  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	keySyntax   = regexp.MustCompile(`^[a-z0-9]([a-z0-9._/-]*[a-z0-9])?$`)
	valueSyntax = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
)

// CheckName says what is wrong with a runner's name. A name is a DNS label
// (RFC 1123, 2.1), so that it is one token of a subject.
func CheckName(name string) error {
	if len(name) > maxName || !nameSyntax.MatchString(name) {
		return fmt.Errorf("runner name %q: 1 to 63 of a-z, 0-9 and -, not beginning or ending with -", clip(name))
	}
	return nil
}

// CheckLabels says what is wrong with a runner's labels: at most 16, keys and
// values of at most 63 characters.
func CheckLabels(labels map[string]string) error {
	if len(labels) > 16 {
		return fmt.Errorf("%d labels: at most 16", len(labels))
	}
	for k, v := range labels {
		if len(k) > maxName || !keySyntax.MatchString(k) {
			return fmt.Errorf("label %q: 1 to 63 of a-z, 0-9, '.', '_', '/' and '-'", clip(k))
		}
		if len(v) > maxName || !valueSyntax.MatchString(v) {
			return fmt.Errorf("label %s=%q: 1 to 63 letters, digits, '.', '_' and '-'", k, clip(v))
		}
	}
	return nil
}

// clip keeps a stranger's text short enough for an error.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
