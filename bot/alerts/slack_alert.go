package alerts

import (
	"strings"
)

// alerts finds the alerts among the notices of a message. Several notices about one target are one alert.
func (m slackMessage) alerts(o Options) []Alert {
	var found []Alert
	seen := map[string]bool{}
	firing, known := false, false
	var texts []string
	for _, n := range m.notices() {
		texts = append(texts, n.title, n.body)
		f, ok := n.state()
		if !ok && known && n.title != "" && n.color != "" {
			f, ok = firing, true // an attachment under a text that says what it is about
		}
		if !ok {
			continue
		}
		firing, known = f, true
		a := m.alert(n, f, o)
		if key := a.Fingerprint; !seen[key] {
			seen[key] = true
			found = append(found, a)
		}
	}
	found = withoutHeadings(found)
	if len(found) == 1 {
		found[0].lookup(joinLines(texts), o.TargetGroups)
	}
	return found
}

// withoutHeadings drops alerts without a target where others of the same message have one: they are the headings of those.
func withoutHeadings(found []Alert) []Alert {
	var kept []Alert
	for _, a := range found {
		if len(a.Targets) > 0 {
			kept = append(kept, a)
		}
	}
	if len(kept) == 0 && len(found) > 0 {
		return found[:1]
	}
	return kept
}

// Words with which integrations begin and end trouble. A word alone in prose is not enough: "resolved" and "down" are what people
// and deployments write about too, so each stands with the marks that the integrations put around it.
var (
	firingMark = late(`(?i)\[(firing|alerting|triggered|alert|down|problem|critical|🔴 ?down)(:\d+)?[,\]]|^\W*(firing|triggered|re-triggered|alarm|alert|problem|critical|down):|` +
		`\bhas been triggered\b|🔴|:red_circle:|:rotating_light:|:fire:|\bis down\b|\bincident (opened|triggered)\b|\bnew_?state\W+alarm\b|\bcurrent state\W+alarm\b`)
	resolvedMark = late(`(?i)\[(resolved|ok|up|recovered|✅ ?up)(:\d+)?\]|^\W*(resolved|recovered|recovery|ok):|` +
		`\bhas been resolved\b|✅|:white_check_mark:|:large_green_circle:|\bis (back )?up( again)?[.!\s]*$|\bincident (resolved|closed)\b|\bcurrent state\W+ok\b`)
	connectFailure = late(`(?i)connection refused|ECONNREFUSED|no route to host|EHOSTUNREACH|connect(ion)? timed out|ETIMEDOUT|connection reset by peer|no live upstreams|has no server available|L4CON|L4TOUT|delayed.connect.error`)
)

// state tells a notice that is an alert from other posts, and whether it is firing.
func (n notice) state() (firing, ok bool) {
	head := n.title + "\n" + clip(n.body, 2048)
	switch {
	case n.part != "":
		return n.part == "firing", true
	case resolvedMark().MatchString(n.title):
		return false, true
	case firingMark().MatchString(n.title):
		return true, true
	case n.color == "good" && (firingMark().MatchString(head) || resolvedMark().MatchString(head)):
		return false, true
	case firingMark().MatchString(head), n.color == "danger" && connectFailure().MatchString(head):
		return true, true
	case resolvedMark().MatchString(head) && n.color != "":
		return false, true
	}
	if f, ok := n.logLine(); ok {
		return !f.Recovered, true
	}
	return true, connectFailure().MatchString(head)
}

// logLine finds the first line of the notice that is one of a load balancer's log.
func (n notice) logLine() (Failure, bool) {
	for l := range strings.SplitSeq(n.body, "\n") {
		if f, ok := Recognise("", []byte(strings.Trim(strings.TrimSpace(l), "`"))); ok {
			return f, true
		}
	}
	return Failure{}, false
}

func (m slackMessage) alert(n notice, firing bool, o Options) Alert {
	a := Alert{
		Firing:      firing,
		Labels:      cleanLabels(n.fields, maxLabelValue),
		Annotations: cleanLabels(map[string]string{"message": n.body}, maxAnnotation),
		Title:       oneLine(n.title, maxTitle),
		Summary:     oneLine(firstOf(n.body, n.title), maxTitle),
		Link:        cleanLink(n.link),
		Severity:    severity(string(n.fields["severity"])),
		DedupKey:    fingerprint("slack", m.Channel, m.TS, n.title, n.body),
	}
	delete(a.Labels, "")
	if m.Channel != "" {
		a.Labels["slack_channel"] = clean(m.Channel, maxLabelName)
	}
	if a.StartsAt, _ = instant(m.TS); a.StartsAt.IsZero() {
		a.StartsAt = o.Now
	}
	o.findTargets(&a, n.body)
	if a.From == "" && alertmanagerTitle().MatchString(n.title) {
		a.Why = "Alertmanager's own Slack message holds no address: send its webhook to /alerts/alertmanager too, or give the Slack receiver a text template with the labels"
	}
	a.Fingerprint = fingerprint("slack", strings.Join(append([]string{subject(n.title)}, a.Targets...), " "))
	if name := n.watched(); name != "" { // the end of the alert names no target
		a.Fingerprint = fingerprint("slack", "watched", name)
		a.Title = oneLine(a.Title+" "+name, maxTitle)
	}
	return a
}

// alertmanagerTitle is the title of Alertmanager's default template, "[FIRING:2] Name (values of the common labels)".
var alertmanagerTitle = late(`^\[(FIRING:\d+|RESOLVED)`)

// stateMarks are taken off a title, so that an alert and its resolution have the same subject.
var stateMarks = late(`(?i)\[[^\]]*\]|^\W*(firing|triggered|re-triggered|alarm|ok|alert|problem|resolved|recovered|down|up)\s*:|[^\pL\pN ]`)

func subject(title string) string {
	return strings.ToLower(strings.Join(strings.Fields(stateMarks().ReplaceAllString(title, " ")), " "))
}
