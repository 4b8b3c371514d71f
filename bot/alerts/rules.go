package alerts

import (
	"strings"
)

// A TargetRule is a rule of the user's own. It sees labels and annotations and answers with targets, or with none to leave
// the alert to the rules here.
type TargetRule func(Alert) []string

// findTargets fills in Targets, From and Why. The order: rules of the user's own, an explicit target, the URL or address that was
// probed, the load balancer's own name for the server, an address in the texts. An alert with a Why already is left without a target.
func (o Options) findTargets(a *Alert, texts ...string) {
	if a.Why != "" {
		return
	}
	if o.Rule != nil && a.take(o.Rule(*a), "a rule of the configuration") {
		return
	}
	if explicit(a) || a.take(probed(a.Labels)) || a.take(pair(a.Labels)) || fromTexts(a, texts) {
		return
	}
	a.Why = whyNone(a.Labels)
}

// take keeps the targets that are well formed and reports whether there were any.
func (a *Alert) take(targets []string, from string) bool {
	for _, t := range targets {
		if parsed, err := ParseTarget(t); err == nil {
			a.Targets = appendNew(a.Targets, parsed)
		}
	}
	if len(a.Targets) > 0 {
		a.From = from
	}
	return len(a.Targets) > 0
}

// explicit reads the annotation or label "target", several targets separated by commas or spaces. One that is not a target ends
// the search: diagnosing something else than what was asked for would be worse than nothing.
func explicit(a *Alert) bool {
	for _, where := range []struct {
		kind   string
		values map[string]string
	}{{"annotation", a.Annotations}, {"label", a.Labels}} {
		value := firstOf(where.values["target"], where.values["targets"])
		if value == "" {
			continue
		}
		from := where.kind + " target"
		for _, one := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
			if _, err := ParseTarget(one); err == nil {
				a.take([]string{one}, from)
			} else if withPort := one + ":" + a.Labels["port"]; err == errNoPort && a.Labels["port"] != "" {
				a.take([]string{withPort}, from)
			}
		}
		if len(a.Targets) == 0 {
			a.Why = from + " is " + quote(value) + ", which is not host:port, a URL or the name of an upstream"
		}
		return true
	}
	return false
}

// probeLabels hold what a prober was told to probe, where they hold a URL.
var probeLabels = []string{"instance", "url", "probe_url", "target_url", "endpoint", "uri", "address"}

// probed finds what a prober such as the blackbox exporter could not reach. An instance of the form host:port counts only where
// the alert is a probe's or about the scrape itself: for an exporter of a load balancer, instance is the load balancer.
func probed(labels map[string]string) ([]string, string) {
	for _, name := range probeLabels {
		value := labels[name]
		if strings.Contains(value, "://") {
			if t, err := urlTarget(value); err == nil {
				return []string{t}, "label " + name + ", the probed URL"
			}
		}
	}
	if namesServer(labels) {
		return nil, ""
	}
	if t, ok := hostPort(labels["instance"]); ok && isProbe(labels) {
		return []string{t}, "label instance, the probed address"
	}
	for _, name := range []string{"url", "address", "endpoint"} {
		if t, ok := hostPort(labels[name]); ok {
			return []string{t}, "label " + name
		}
	}
	if host := labels["host"]; host != "" && labels["port"] != "" {
		if t, ok := hostPort(joinPort(host, labels["port"])); ok {
			return []string{t}, "labels host and port"
		}
	}
	return nil, ""
}

func joinPort(host, port string) string {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	return host + ":" + port
}

// isProbe tells alerts of probers, and of Prometheus about an instance that it cannot scrape ("InstanceDown"), from alerts about what an exporter measured.
func isProbe(labels map[string]string) bool {
	job, name := strings.ToLower(labels["job"]), strings.ToLower(labels["alertname"])
	if labels["module"] != "" || containsAny(job, "blackbox", "probe", "uptime") {
		return true
	}
	if containsAny(job, "haproxy", "nginx", "envoy", "traefik", "caddy", "apache", "ingress") {
		return false
	}
	return strings.HasSuffix(name, "down") || containsAny(name, "probe", "blackbox", "unreachable", "tcpcheck", "httpcheck")
}

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

// whyNone says what would give this alert a target.
func whyNone(labels map[string]string) string {
	const remedy = `; give the alert an annotation or label "target" with host:port, a URL or the name of an upstream`
	switch {
	case labels["target_group_arn"] != "":
		return "the alarm names only " + labels["target_group_arn"] + "; give Plexor credentials for AWS, or map it to targets under alerts.sns.target_groups"
	case strings.Contains(labels["load_balancer"], "/"):
		return "the alarm names only the load balancer " + labels["load_balancer"] + "; give Plexor credentials for AWS, or map it to targets under alerts.sns.target_groups"
	case labels["load_balancer"] != "":
		return "the alarm names only the classic load balancer " + labels["load_balancer"] + "; map it to targets under alerts.sns.target_groups"
	case labels["namespace"] != "" && firstOf(labels["service"], labels["pod"], labels["ingress"]) != "":
		return "the labels name a Kubernetes " + kubernetesName(labels) + " and no port" + remedy
	case labels["instance"] != "":
		return "label instance (" + quote(labels["instance"]) + ") is where the measurement came from, and nothing names what could not be reached" + remedy
	case labels["host"] != "":
		return "label host (" + quote(labels["host"]) + `) has no port; add a label "port"` + remedy
	}
	return "no label and no text names an address" + remedy
}

func kubernetesName(labels map[string]string) string {
	for _, kind := range []string{"service", "ingress", "pod"} {
		if labels[kind] != "" {
			return kind + " " + quote(labels["namespace"]+"/"+labels[kind])
		}
	}
	return ""
}

// quote shows a stranger's value in a sentence.
func quote(s string) string { return `"` + oneLine(s, 80) + `"` }
