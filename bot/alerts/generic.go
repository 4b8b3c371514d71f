package alerts

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// An Extract reads alerts out of a decoded JSON payload: objects are map[string]any, arrays []any, numbers float64. It is how a
// mapping in the configuration is plugged in. An error that is no [*PayloadError] is reported as one about the body.
type Extract func(payload any) ([]Extracted, error)

// Extracted is one alert as a mapping, or a program that posts to /alerts/generic without one, gives it.
type Extracted struct {
	// Status is "firing" or "resolved", or one of the words that other senders use. Required.
	Status string `json:"status"`
	// Target is what to diagnose, as [ParseTarget] takes it; Targets are more of them.
	Target  string   `json:"target"`
	Targets []string `json:"targets"`
	// Key identifies the alert over time; without it the labels, the title and the targets do.
	Key         string            `json:"key"`
	Title       string            `json:"title"`
	Summary     string            `json:"summary"`
	Severity    string            `json:"severity"`
	Link        string            `json:"link"`
	StartsAt    string            `json:"starts_at"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func parseGeneric(_ http.Header, body []byte, o Options) (Result, error) {
	extract := o.Extract
	if extract == nil {
		extract = plainExtract(body)
	}
	var payload any
	if o.Extract != nil {
		if err := decode(body, &payload); err != nil {
			return Result{}, err
		}
	}
	found, err := extract(payload)
	if _, typed := err.(*PayloadError); err != nil && !typed {
		return Result{}, badField("body", "does not fit the mapping: %v", err)
	} else if err != nil {
		return Result{}, err
	}
	if len(found) > MaxAlerts {
		return Result{}, withStatus(http.StatusRequestEntityTooLarge, "alerts", "has more than "+strconv.Itoa(MaxAlerts)+" entries")
	}
	r := Result{}
	for i, e := range found {
		a, err := e.alert(o)
		if err != nil {
			return Result{}, inside("alerts["+strconv.Itoa(i)+"]", err)
		}
		r.Alerts = append(r.Alerts, a)
	}
	if len(found) == 0 {
		return ignored(KindIgnored, "the mapping finds no alert in the payload")
	}
	return r, nil
}

// plainExtract reads the fields of [Extracted] from one object, from a list of them, or from {"alerts": […]}.
func plainExtract(body []byte) Extract {
	return func(any) ([]Extracted, error) {
		var raw json.RawMessage
		if err := decode(body, &raw); err != nil {
			return nil, err
		}
		if raw[0] == '[' {
			var list []Extracted
			return list, decode(body, &list)
		}
		var several struct {
			Alerts *[]Extracted `json:"alerts"`
		}
		if err := decode(body, &several); err != nil {
			return nil, err
		}
		if several.Alerts != nil {
			return *several.Alerts, nil
		}
		var single Extracted
		err := decode(body, &single)
		return []Extracted{single}, err
	}
}

func (e Extracted) alert(o Options) (Alert, error) {
	firing, ok := triggered(e.Status)
	if !ok {
		return Alert{}, badField("status", `is %s, want "firing" or "resolved"`, quote(e.Status))
	}
	starts, ok := instant(e.StartsAt)
	if !ok {
		return Alert{}, badField("starts_at", "is %s, want an RFC 3339 time", quote(e.StartsAt))
	}
	if starts.IsZero() {
		starts = o.Now
	}
	a := Alert{
		Firing:      firing,
		Labels:      cleanLabels(e.Labels, maxLabelValue),
		Annotations: cleanLabels(e.Annotations, maxAnnotation),
		StartsAt:    starts,
		Title:       oneLine(e.Title, maxTitle),
		Summary:     oneLine(e.Summary, maxTitle),
		Severity:    severity(e.Severity),
		Link:        cleanLink(e.Link),
	}
	a.describe()
	if err := e.targets(&a); err != nil {
		return Alert{}, err
	}
	o.findTargets(&a, e.Summary)
	a.Fingerprint = labelsFingerprint(fingerprint("generic", e.Key, a.Title, e.Target), a.Labels)
	if e.Key != "" {
		a.Fingerprint = fingerprint("generic", e.Key)
	}
	if e.StartsAt != "" {
		a.DedupKey = fingerprint(a.Fingerprint, e.Status, e.StartsAt)
	}
	return a, nil
}

// targets puts the targets that were given where the rule of explicit ones finds them.
func (e Extracted) targets(a *Alert) error {
	all := e.Targets
	if e.Target != "" {
		all = append([]string{e.Target}, all...)
	}
	joined := ""
	for i, t := range all {
		if t == "" {
			continue
		}
		if _, err := ParseTarget(t); err != nil && err != errNoPort {
			return badField("targets["+strconv.Itoa(i)+"]", "is %s, which is %v", quote(t), err)
		}
		joined += t + " "
	}
	if joined != "" {
		a.Annotations["target"] = clip(joined, maxAnnotation)
	}
	return nil
}
