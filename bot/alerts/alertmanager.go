package alerts

import (
	"net/http"
	"strconv"
)

// amPayload is the webhook of Alertmanager, version 4, which Grafana's resembles. Only what is used is named; the rest is let pass.
type amPayload struct {
	Version     text       `json:"version"`
	ExternalURL text       `json:"externalURL"`
	Alerts      *[]amAlert `json:"alerts"`
}

type amAlert struct {
	Status       text            `json:"status"`
	Labels       map[string]text `json:"labels"`
	Annotations  map[string]text `json:"annotations"`
	StartsAt     text            `json:"startsAt"`
	EndsAt       text            `json:"endsAt"`
	GeneratorURL text            `json:"generatorURL"`
	Fingerprint  text            `json:"fingerprint"`
	// Of Grafana only.
	PanelURL     text `json:"panelURL"`
	DashboardURL text `json:"dashboardURL"`
}

func parseAlertmanager(_ http.Header, body []byte, o Options) (Result, error) {
	p, err := decodeAlertmanager(body)
	if err != nil {
		return Result{}, err
	}
	switch p.Version {
	case "4", "":
	case "1":
		return Result{}, badField("version", `is "1", which is Grafana's: its address is /alerts/grafana`)
	default:
		return Result{}, badField("version", `is %s, want "4"`, quote(string(p.Version)))
	}
	return p.result("alertmanager", o, nil)
}

func decodeAlertmanager(body []byte) (amPayload, error) {
	var p amPayload
	if err := decode(body, &p); err != nil {
		return p, err
	}
	if p.Alerts == nil {
		return p, badField("alerts", "is missing")
	}
	if len(*p.Alerts) > MaxAlerts {
		return p, withStatus(http.StatusRequestEntityTooLarge, "alerts", "has more than "+strconv.Itoa(MaxAlerts)+" entries")
	}
	return p, nil
}

// result turns each alert into ours; adjust, if not nil, sees it before its targets are looked for.
func (p amPayload) result(source string, o Options, adjust func(*Alert, amAlert)) (Result, error) {
	r := Result{Alerts: make([]Alert, 0, len(*p.Alerts))}
	for i, in := range *p.Alerts {
		a, err := in.alert(source, "alerts["+strconv.Itoa(i)+"]", o)
		if err != nil {
			return Result{}, err
		}
		a.Link = firstOf(a.Link, cleanLink(string(p.ExternalURL)))
		if adjust != nil {
			adjust(&a, in)
		}
		o.findTargets(&a)
		r.Alerts = append(r.Alerts, a)
	}
	if len(r.Alerts) == 0 {
		r.Note = "the list of alerts is empty"
	}
	return r, nil
}

func (in amAlert) alert(source, field string, o Options) (Alert, error) {
	if in.Status != "firing" && in.Status != "resolved" {
		return Alert{}, badField(field+".status", `is %s, want "firing" or "resolved"`, quote(string(in.Status)))
	}
	if len(in.Labels) == 0 {
		return Alert{}, badField(field+".labels", "is missing or empty")
	}
	starts, ok := instant(string(in.StartsAt))
	if !ok {
		return Alert{}, badField(field+".startsAt", "is %s, want an RFC 3339 time", quote(string(in.StartsAt)))
	}
	ends, ok := instant(string(in.EndsAt))
	if !ok {
		return Alert{}, badField(field+".endsAt", "is %s, want an RFC 3339 time", quote(string(in.EndsAt)))
	}
	a := Alert{
		Source:      source,
		Firing:      in.Status == "firing",
		Labels:      cleanLabels(in.Labels, maxLabelValue),
		Annotations: cleanLabels(in.Annotations, maxAnnotation),
		StartsAt:    starts,
		EndsAt:      ends,
		Link:        cleanLink(string(in.GeneratorURL)),
	}
	if starts.IsZero() {
		a.StartsAt = o.Now
	}
	a.describe()
	a.Fingerprint = labelsFingerprint(source, a.Labels)
	a.DedupKey = fingerprint(source, firstOf(string(in.Fingerprint), a.Fingerprint), string(in.StartsAt), string(in.Status))
	return a, nil
}

// describe fills in title, summary and severity from the conventional labels and annotations.
func (a *Alert) describe() {
	a.Title = oneLine(firstOf(a.Title, a.Labels["alertname"], a.Labels["alert"]), maxTitle)
	a.Summary = oneLine(firstOf(a.Summary, a.Annotations["summary"], a.Annotations["description"], a.Annotations["message"]), maxTitle)
	a.Severity = firstOf(a.Severity, severity(a.Labels["severity"]), severity(a.Labels["priority"]))
}
