package alerts

import (
	"net/http"
	"strings"
	"time"
)

// Options are what the parsers need to know of the configuration. The zero value parses every source; nothing then is allowed
// that needs a list, such as confirming a subscription.
type Options struct {
	// Now is when the request came; it stands for times that a sender leaves out.
	Now time.Time
	// Rule is asked for targets before the rules of this package. May be nil.
	Rule TargetRule
	// TargetGroups maps what a CloudWatch alarm names to targets: the ARN of a target group, its "targetgroup/name/id", its name,
	// or the name of a load balancer.
	TargetGroups map[string][]string
	// Topics are the ARNs of the SNS topics that are listened to. Nil leaves notifications alone (their signature has been
	// checked by Authenticate, or the payload is a person's test) but confirms no subscription.
	Topics []string
	// Extract reads the payloads of source generic. Nil reads the fields of [Extracted].
	Extract Extract
	// Self tells messages of the bot itself from those of others.
	Self Self
}

// A Kind is what a request was.
type Kind string

// The kinds of requests.
const (
	// KindAlerts is the usual one.
	KindAlerts Kind = "alerts"
	// KindSubscription asks to confirm a subscription by visiting Result.URL, which is one of AWS's.
	KindSubscription Kind = "subscription"
	// KindTest is a sender's test of the connection.
	KindTest Kind = "test"
	// KindIgnored is a valid request that says nothing about an alert, such as an incident being acknowledged.
	KindIgnored Kind = "ignored"
)

// A Result is what a request came to.
type Result struct {
	Kind Kind `json:"kind"`
	// Status is the HTTP status for the sender once the alerts are written down: 202 where there are any, else 200.
	Status int     `json:"status"`
	Alerts []Alert `json:"alerts"`
	// URL is what to visit for KindSubscription.
	URL string `json:"url,omitempty"`
	// Note says why there are no alerts, for a person who tries a payload.
	Note string `json:"note,omitempty"`
}

// A parser reads the payloads of one source.
type parser func(header http.Header, body []byte, o Options) (Result, error)

// parserOf returns the parser of a source, or nil.
func parserOf(source string) parser {
	switch source {
	case "alertmanager":
		return parseAlertmanager
	case "grafana":
		return parseGrafana
	case "sns":
		return parseSNS
	case "datadog":
		return parseDatadog
	case "pagerduty":
		return parsePagerDuty
	case "gcm":
		return parseGCM
	case "uptimekuma":
		return parseUptimeKuma
	case "gatus":
		return parseGatus
	case "generic":
		return parseGeneric
	case "slack":
		return parseSlack
	}
	if source == "log" || strings.HasPrefix(source, "log:") {
		return logParser(strings.TrimPrefix(strings.TrimPrefix(source, "log"), ":"))
	}
	return nil
}

// Sources are the names that [Parse] takes; "log" may be followed by a program: "log:nginx".
func Sources() []string {
	return []string{"alertmanager", "grafana", "sns", "datadog", "pagerduty", "gcm", "uptimekuma", "gatus", "generic", "slack", "log"}
}

// Parse reads one request of a source. It does not authenticate: see [Authenticate]. Errors are of type [*PayloadError].
func Parse(source string, header http.Header, body []byte, o Options) (Result, error) {
	parse := parserOf(source)
	if parse == nil {
		return Result{}, withStatus(http.StatusNotFound, "source", "is none of "+strings.Join(Sources(), ", "))
	}
	if len(body) > MaxBody {
		return Result{}, withStatus(http.StatusRequestEntityTooLarge, "body", "is larger than 4 MB")
	}
	if enc := strings.ToLower(header.Get("Content-Encoding")); enc != "" && enc != "identity" {
		return Result{}, withStatus(http.StatusUnsupportedMediaType, "Content-Encoding", "is "+quote(enc)+"; send the body uncompressed")
	}
	r, err := parse(header, body, o)
	if err != nil {
		return Result{}, err
	}
	return r.finish(source), nil
}

// finish fills in what all results have.
func (r Result) finish(source string) Result {
	source, _, _ = strings.Cut(source, ":")
	for i := range r.Alerts {
		a := &r.Alerts[i]
		a.Source = source
		if a.Targets == nil {
			a.Targets = []string{}
		}
	}
	if r.Alerts == nil {
		r.Alerts = []Alert{}
	}
	if r.Kind == "" {
		r.Kind = KindAlerts
	}
	if r.Status = http.StatusOK; len(r.Alerts) > 0 {
		r.Status = http.StatusAccepted
	}
	return r
}

func ignored(kind Kind, note string) (Result, error) {
	return Result{Kind: kind, Note: note}, nil
}

func one(a Alert) (Result, error) {
	return Result{Alerts: []Alert{a}}, nil
}
