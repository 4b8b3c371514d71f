package alerts

import (
	"net/http"
	"strings"
)

// parseGrafana reads Grafana's webhook, version 1. A contact point with a template of its own is source generic.
func parseGrafana(_ http.Header, body []byte, o Options) (Result, error) {
	p, err := decodeAlertmanager(body)
	if err != nil {
		if p.Alerts == nil && p.Version == "" {
			return Result{}, customPayload(err)
		}
		return Result{}, err
	}
	if p.Version == "4" {
		return Result{}, badField("version", `is "4", which is Alertmanager's: its address is /alerts/alertmanager`)
	}
	return p.result("grafana", o, func(a *Alert, in amAlert) {
		a.Link = firstOf(cleanLink(string(in.PanelURL)), cleanLink(string(in.DashboardURL)), a.Link)
		a.Why = notAboutBackend(a)
	})
}

func customPayload(err error) error {
	e, ok := err.(*PayloadError)
	if ok && e.Field == "alerts" && e.Reason == "is missing" {
		return badField("alerts", "is missing; a contact point with a payload template of its own is read by /alerts/generic")
	}
	return err
}

// notAboutBackend says why an alert that Grafana raises about itself is not to be diagnosed, or "".
func notAboutBackend(a *Alert) string {
	name := a.Labels["alertname"]
	state := firstOf(a.Annotations["grafana_state_reason"], a.Labels["grafana_state_reason"])
	switch {
	case name == "DatasourceError" || name == "Error" || strings.HasPrefix(state, "Error"):
		return "Grafana could not ask its data source; that says nothing about a backend"
	case name == "DatasourceNoData" || name == "NoData" || strings.HasPrefix(state, "NoData"):
		return "Grafana's data source had no data; that says nothing about a backend"
	case name == "TestAlert" && a.Labels["instance"] == "Grafana":
		return "this is the test of a Grafana contact point"
	}
	return ""
}
