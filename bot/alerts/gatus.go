package alerts

import (
	"net/http"
	"strings"
)

// gatusPayload is the body that the documentation gives for Gatus's custom provider:
//
//	{"status":"[ALERT_TRIGGERED_OR_RESOLVED]","name":"[ENDPOINT_NAME]","group":"[ENDPOINT_GROUP]","url":"[ENDPOINT_URL]",
//	 "description":"[ALERT_DESCRIPTION]","errors":"[RESULT_ERRORS]"}
type gatusPayload struct {
	Status      text  `json:"status"`
	Name        text  `json:"name"`
	Group       text  `json:"group"`
	URL         *text `json:"url"`
	Description text  `json:"description"`
	Errors      text  `json:"errors"`
	Conditions  text  `json:"conditions"`
	Target      text  `json:"target"`
	Severity    text  `json:"severity"`
}

func parseGatus(_ http.Header, body []byte, o Options) (Result, error) {
	var p gatusPayload
	if err := decode(body, &p); err != nil {
		return Result{}, err
	}
	firing, ok := triggered(string(p.Status))
	switch {
	case !ok:
		return Result{}, badField("status", `is %s, want what [ALERT_TRIGGERED_OR_RESOLVED] stands for`, quote(string(p.Status)))
	case p.Name == "":
		return Result{}, badField("name", "is missing; it is [ENDPOINT_NAME] in the body of the alert")
	case p.URL == nil:
		return Result{}, badField("url", "is missing; it is [ENDPOINT_URL] in the body of the alert")
	}
	a := Alert{
		Firing:      firing,
		Labels:      cleanLabels(map[string]text{"name": p.Name, "group": p.Group, "url": *p.URL, "target": p.Target}, maxLabelValue),
		Annotations: cleanLabels(map[string]text{"description": p.Description, "error": p.Errors, "conditions": p.Conditions}, maxAnnotation),
		StartsAt:    o.Now,
		Title:       oneLine(string(p.Name), maxTitle),
		Summary:     oneLine(firstOf(string(p.Errors), string(p.Description)), maxTitle),
		Severity:    severity(string(p.Severity)),
		Fingerprint: fingerprint("gatus", string(p.Group), string(p.Name), string(*p.URL)),
	}
	a.Why = gatusScheme(string(*p.URL))
	o.findTargets(&a)
	return one(a)
}

// gatusScheme says why an endpoint of a kind that has no port cannot be diagnosed, or "".
func gatusScheme(url string) string {
	scheme, _, _ := strings.Cut(strings.ToLower(url), "://")
	switch scheme {
	case "icmp", "dns", "domain", "udp", "sctp":
		return "the endpoint is checked with " + scheme + ", and there is no TCP port to connect to"
	}
	return ""
}

// triggered reads the words for an alert's two states. Senders with templates choose their own.
func triggered(word string) (firing, ok bool) {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "triggered", "firing", "alerting", "alarm", "down", "open", "problem", "critical", "warning", "error", "failed", "failing", "true", "1":
		return true, true
	case "resolved", "ok", "up", "closed", "recovered", "recovery", "healthy", "false", "0":
		return false, true
	}
	return false, false
}
