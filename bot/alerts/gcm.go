package alerts

import (
	"net/http"
	"strings"
)

// gcmPayload is a notification of Google Cloud Monitoring, schema 1.2.
type gcmPayload struct {
	Version  text         `json:"version"`
	Incident *gcmIncident `json:"incident"`
}

type gcmIncident struct {
	ID            text            `json:"incident_id"`
	State         text            `json:"state"`
	StartedAt     text            `json:"started_at"`
	EndedAt       text            `json:"ended_at"`
	PolicyName    text            `json:"policy_name"`
	ConditionName text            `json:"condition_name"`
	Summary       text            `json:"summary"`
	URL           text            `json:"url"`
	Severity      text            `json:"severity"`
	UserLabels    map[string]text `json:"policy_user_labels"`
	Resource      struct {
		Type   text            `json:"type"`
		Labels map[string]text `json:"labels"`
	} `json:"resource"`
	Metric struct {
		Type   text            `json:"type"`
		Labels map[string]text `json:"labels"`
	} `json:"metric"`
	Documentation *struct {
		Content text `json:"content"`
	} `json:"documentation"`
}

func parseGCM(_ http.Header, body []byte, o Options) (Result, error) {
	var p gcmPayload
	if err := decode(body, &p); err != nil {
		return Result{}, err
	}
	in := p.Incident
	switch {
	case in == nil && strings.EqualFold(string(p.Version), "test"):
		return ignored(KindTest, "this is the test of a notification channel")
	case in == nil:
		return Result{}, badField("incident", "is missing")
	case in.State != "open" && in.State != "closed":
		return Result{}, badField("incident.state", `is %s, want "open" or "closed"`, quote(string(in.State)))
	case in.ID == "":
		return Result{}, badField("incident.incident_id", "is missing")
	case p.Version != "" && !strings.HasPrefix(string(p.Version), "1.") && p.Version != "test":
		return Result{}, badField("version", `is %s, want "1.2"`, quote(string(p.Version)))
	}
	starts, ok := instant(string(in.StartedAt))
	if !ok {
		return Result{}, badField("incident.started_at", "is %s, want seconds since 1970", quote(string(in.StartedAt)))
	}
	ends, ok := instant(string(in.EndedAt))
	if !ok {
		return Result{}, badField("incident.ended_at", "is %s, want seconds since 1970", quote(string(in.EndedAt)))
	}
	a := in.alert()
	a.StartsAt, a.EndsAt = starts, ends
	if p.Version == "test" {
		a.Why = "this is the test of a notification channel"
	}
	o.findTargets(&a)
	return one(a)
}

func (in gcmIncident) alert() Alert {
	a := Alert{
		Firing:      in.State == "open",
		Labels:      cleanLabels(in.labels(), maxLabelValue),
		Annotations: map[string]string{},
		Title:       oneLine(firstOf(string(in.PolicyName), string(in.ConditionName)), maxTitle),
		Summary:     oneLine(string(in.Summary), maxTitle),
		Link:        cleanLink(string(in.URL)),
		Severity:    severity(string(in.Severity)),
	}
	if in.Documentation != nil {
		content := clean(string(in.Documentation.Content), maxAnnotation)
		a.Annotations["description"] = content
		if t := targetInDescription().FindStringSubmatch(content); t != nil {
			a.Annotations["target"] = t[1]
		}
	}
	if in.Summary != "" {
		a.Annotations["summary"] = clean(string(in.Summary), maxAnnotation)
	}
	// The labels of the metric stay out of the identity: among them is the place that measured.
	resource := labelsFingerprint("gcm", cleanLabels(in.Resource.Labels, maxLabelValue))
	a.Fingerprint = fingerprint("gcm", string(in.PolicyName), string(in.ConditionName), string(in.Resource.Type), resource)
	a.DedupKey = fingerprint("gcm", string(in.ID), string(in.State))
	return a
}

// labels are those of the resource, the metric and the policy; the later do not replace the earlier.
func (in gcmIncident) labels() map[string]text {
	labels := map[string]text{"policy": in.PolicyName, "condition": in.ConditionName, "resource_type": in.Resource.Type, "metric_type": in.Metric.Type}
	for _, more := range []map[string]text{in.Resource.Labels, in.UserLabels, in.Metric.Labels} {
		for k, v := range more {
			if labels[k] == "" {
				labels[k] = v
			}
		}
	}
	if host := string(labels["host"]); host != "" {
		if _, ok := hostPort(host); ok {
			labels["address"] = text(host)
		}
	}
	return labels
}
