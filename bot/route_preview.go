package bot

import (
	"net/http"
	"time"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
)

// AlertPreview is what would become of one alert of a payload.
type AlertPreview struct {
	Parser      string            `json:"parser"`
	Firing      bool              `json:"firing"`
	Targets     []string          `json:"targets"`
	From        string            `json:"from"` // which rule gave the targets
	Why         string            `json:"why"`  // there are none, or one may not be diagnosed
	Fingerprint string            `json:"fingerprint"`
	Labels      map[string]string `json:"labels"`
	Title       string            `json:"title"`
	Severity    string            `json:"severity"`
	Route       Routing           `json:"route"`
	Posts       []string          `json:"posts"` // in words, in the order in which they come
}

// PayloadPreview is what would become of a request.
type PayloadPreview struct {
	Status int            `json:"status"`
	Alerts []AlertPreview `json:"alerts"`
	Note   string         `json:"note,omitempty"`
}

// Preview reads a payload as the intake would, and keeps and posts nothing. The
// error is an *alerts.PayloadError.
func (c AlertConfig) Preview(source string, header http.Header, body []byte, allow *investigations.AllowList) (PayloadPreview, error) {
	o := alerts.Options{Now: time.Now().UTC(), TargetGroups: c.TargetGroups, Extract: c.Extract, Rule: c.Router.Targets}
	result, err := alerts.Parse(source, header, body, o)
	if err != nil {
		return PayloadPreview{Status: statusOf(err), Alerts: []AlertPreview{}, Note: err.Error()}, err
	}
	p := PayloadPreview{Status: result.Status, Alerts: []AlertPreview{}, Note: result.Note}
	for _, a := range result.Alerts {
		p.Alerts = append(p.Alerts, c.PreviewAlert(a, allow))
	}
	return p, nil
}

// PreviewAlert says what would become of one alert.
func (c AlertConfig) PreviewAlert(a alerts.Alert, allow *investigations.AllowList) AlertPreview {
	p := AlertPreview{
		Parser: a.Source, Firing: a.Firing, Targets: a.Targets, From: a.From, Why: a.Why, Fingerprint: a.Fingerprint,
		Labels: orEmpty(a.Labels), Title: a.Title, Severity: a.Severity, Route: c.Router.Route(a),
	}
	where := " in " + p.Route.Channel
	if p.Route.Channel == "" {
		where = ""
	}
	switch {
	case !a.Firing:
		p.Posts = []string{"under the thread of the alert, if there is one: what a new check of its targets comes to"}
	case len(a.Lookup) > 0:
		p.Posts = []string{"a thread" + where + " about the targets that AWS names, where Plexor has credentials for it (alerts.aws); else a message, and why"}
	case len(a.Targets) == 0:
		p.Posts = []string{"a message" + where + ": an alert that names nothing to diagnose, and why"}
	}
	for _, text := range a.Targets {
		refused := refusedTarget(text, allow)
		switch {
		case refused != "":
			p.Why = refused
			p.Posts = append(p.Posts, "a message"+where+": not diagnosed: "+text)
		case a.Firing:
			p.Posts = append(p.Posts, "a thread"+where+": "+text+", plan "+p.Route.Plan)
		}
	}
	return p
}

// refusedTarget says why a target may not be diagnosed, or "".
func refusedTarget(text string, allow *investigations.AllowList) string {
	t, err := investigations.ParseTarget(text)
	if err != nil {
		return capital(err.Error())
	}
	if err := allow.Target(t); err != nil {
		return capital(notAllowed(err).Reason)
	}
	return ""
}
