package alerts

import (
	"encoding/json"
	"net/http"
	"strings"
)

// pagerDutyPayload is the webhook of PagerDuty, version 3.
type pagerDutyPayload struct {
	Event *struct {
		ID         text `json:"id"`
		EventType  text `json:"event_type"`
		OccurredAt text `json:"occurred_at"`
		Data       *pagerDutyIncident
	} `json:"event"`
}

type pagerDutyIncident struct {
	ID          text `json:"id"`
	Title       text `json:"title"`
	Urgency     text `json:"urgency"`
	IncidentKey text `json:"incident_key"`
	HTMLURL     text `json:"html_url"`
	Service     struct {
		Summary text `json:"summary"`
	} `json:"service"`
	Priority struct {
		Summary text `json:"summary"`
	} `json:"priority"`
	Body struct {
		Details json.RawMessage `json:"details"`
	} `json:"body"`
}

// maxPagerDuty is the largest body that PagerDuty's own library reads.
const maxPagerDuty = 2 << 20

func parsePagerDuty(_ http.Header, body []byte, o Options) (Result, error) {
	if len(body) > maxPagerDuty {
		return Result{}, withStatus(http.StatusRequestEntityTooLarge, "body", "is larger than 2 MB")
	}
	var p pagerDutyPayload
	if err := decode(body, &p); err != nil {
		return Result{}, err
	}
	switch {
	case p.Event == nil:
		return Result{}, badField("event", "is missing")
	case p.Event.EventType == "":
		return Result{}, badField("event.event_type", "is missing")
	case p.Event.EventType == "pagey.ping":
		return ignored(KindTest, "this is the test of a PagerDuty webhook")
	}
	firing, relevant := pagerDutyFiring(string(p.Event.EventType))
	if !relevant {
		return ignored(KindIgnored, "events of type "+quote(string(p.Event.EventType))+" say nothing new about an alert")
	}
	d := p.Event.Data
	if d == nil || d.ID == "" {
		return Result{}, badField("event.data.id", "is missing")
	}
	starts, ok := instant(string(p.Event.OccurredAt))
	if !ok {
		return Result{}, badField("event.occurred_at", "is %s, want an RFC 3339 time", quote(string(p.Event.OccurredAt)))
	}
	a := d.alert()
	a.Firing, a.StartsAt = firing, starts
	a.DedupKey = fingerprint("pagerduty", firstOf(string(p.Event.ID), string(d.ID)+string(p.Event.EventType)))
	o.findTargets(&a, string(d.Title), string(d.IncidentKey))
	if a.From == "" && a.Why != "" {
		a.Why = "the incident's title names no address; put it into the title or into custom details, or send the alerts to Plexor itself too"
	}
	return one(a)
}

// pagerDutyFiring tells the events that begin or end trouble from those about people.
func pagerDutyFiring(event string) (firing, relevant bool) {
	switch event {
	case "incident.triggered", "incident.reopened", "incident.escalated", "incident.unacknowledged":
		return true, true
	case "incident.resolved":
		return false, true
	}
	return false, false
}

func (d pagerDutyIncident) alert() Alert {
	a := Alert{
		Labels:      cleanLabels(map[string]text{"incident": d.ID, "service": d.Service.Summary, "urgency": d.Urgency}, maxLabelValue),
		Annotations: cleanLabels(d.details(), maxAnnotation),
		Title:       oneLine(string(d.Title), maxTitle),
		Link:        cleanLink(string(d.HTMLURL)),
		Severity:    firstOf(severity(string(d.Priority.Summary)), severity(string(d.Urgency))),
		Fingerprint: fingerprint("pagerduty", string(d.ID)),
	}
	a.Summary = a.Title
	return a
}

// details are the custom details, which an account may have included: text, or an object of texts.
func (d pagerDutyIncident) details() map[string]text {
	raw := strings.TrimSpace(string(d.Body.Details))
	if raw == "" {
		return nil
	}
	var values map[string]json.RawMessage
	if json.Unmarshal([]byte(raw), &values) != nil {
		return map[string]text{"details": text(strings.Trim(raw, `"`))}
	}
	out := map[string]text{}
	for k, v := range values {
		var s text
		if json.Unmarshal(v, &s) != nil {
			s = text(v)
		}
		out[k] = s
	}
	return out
}
