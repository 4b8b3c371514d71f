package alerts

import (
	"net/http"
	"strings"
)

// datadogPayload is the body that the documentation gives to paste into Datadog's webhook, whose variables it spells out:
//
//	{"id":"$ID","alert_id":"$ALERT_ID","transition":"$ALERT_TRANSITION","scope":"$ALERT_SCOPE","tags":"$TAGS","title":"$EVENT_TITLE",
//	 "body":"$EVENT_MSG","link":"$LINK","host":"$HOSTNAME","query":"$ALERT_QUERY","last_updated":"$LAST_UPDATED","priority":"$PRIORITY"}
type datadogPayload struct {
	ID          text `json:"id"`
	AlertID     text `json:"alert_id"`
	Transition  text `json:"transition"`
	Scope       text `json:"scope"`
	Tags        text `json:"tags"`
	Title       text `json:"title"`
	Body        text `json:"body"`
	Link        text `json:"link"`
	Host        text `json:"host"`
	Query       text `json:"query"`
	LastUpdated text `json:"last_updated"`
	Priority    text `json:"priority"`
}

func parseDatadog(_ http.Header, body []byte, o Options) (Result, error) {
	var p datadogPayload
	if err := decode(body, &p); err != nil {
		return Result{}, err
	}
	if p.AlertID == "" && p.ID == "" {
		return Result{}, badField("alert_id", "is missing; the payload of the webhook is the one that the documentation gives")
	}
	if p.Transition == "" {
		return Result{}, badField("transition", `is missing; it is "$ALERT_TRANSITION" in the payload of the webhook`)
	}
	a := Alert{
		Firing:      true,
		Labels:      cleanLabels(p.labels(), maxLabelValue),
		Annotations: cleanLabels(map[string]text{"message": unescapeDatadog(p.Body), "query": p.Query}, maxAnnotation),
		Title:       oneLine(string(p.Title), maxTitle),
		Summary:     oneLine(string(unescapeDatadog(p.Body)), maxTitle),
		Link:        cleanLink(string(p.Link)),
		DedupKey:    fingerprint("datadog", string(p.ID), string(p.AlertID), string(p.Transition), string(p.LastUpdated)),
		Fingerprint: fingerprint("datadog", firstOf(string(p.AlertID), string(p.ID)), string(p.Scope)),
	}
	if p.AlertID == "" {
		a.Fingerprint = fingerprint("datadog", string(p.Title), string(p.Scope))
	}
	a.StartsAt, _ = instant(string(p.LastUpdated))
	if a.StartsAt.IsZero() {
		a.StartsAt = o.Now
	}
	a.Severity = severity(string(p.Priority))
	a.datadogTransition(strings.ToLower(string(p.Transition)))
	o.findTargets(&a)
	return one(a)
}

// datadogTransition reads $ALERT_TRANSITION.
func (a *Alert) datadogTransition(transition string) {
	switch {
	case strings.HasSuffix(transition, "recovered"):
		a.Firing = false
	case strings.HasSuffix(transition, "no data"):
		a.Why = "the monitor has no data; that says nothing about a backend"
	case strings.HasPrefix(a.Title, "[TEST]") || strings.HasPrefix(a.Title, "[Test"):
		a.Why = "this is the test of a Datadog monitor"
	case strings.HasSuffix(transition, "warn") && a.Severity == "":
		a.Severity = "warning"
	}
}

// labels are the tags of scope and event: "url:http://…", "instance:10.0.3.12:8080", "host:web-1", "port:8080".
func (p datadogPayload) labels() map[string]text {
	labels := map[string]text{"monitor": p.AlertID}
	for _, tags := range []text{p.Scope, p.Tags} {
		for tag := range strings.SplitSeq(string(tags), ",") {
			name, value, ok := strings.Cut(strings.TrimSpace(tag), ":")
			if ok && labels[name] == "" && len(labels) < 2*maxLabels {
				labels[name] = text(value)
			}
		}
	}
	// An instance in a tag is what was checked (http_check, tcp_check), so its address is the probed one.
	if _, ok := hostPort(string(labels["instance"])); ok && labels["url"] == "" {
		labels["address"] = labels["instance"]
	}
	if labels["host"] == "" {
		labels["host"] = p.Host
	}
	return labels
}

// unescapeDatadog drops the marks that Datadog puts around the message of an event.
func unescapeDatadog(s text) text {
	return text(strings.TrimSpace(strings.NewReplacer("%%%", "", "\\n", "\n").Replace(string(s))))
}
