package alerts

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// kumaPayload is the webhook of Uptime Kuma, with its preset body.
type kumaPayload struct {
	Heartbeat *struct {
		Msg    text `json:"msg"`
		Status *int `json:"status"`
		Time   text `json:"time"`
	} `json:"heartbeat"`
	Monitor *kumaMonitor `json:"monitor"`
	Msg     *text        `json:"msg"`
}

type kumaMonitor struct {
	ID       text `json:"id"`
	Name     text `json:"name"`
	Type     text `json:"type"`
	URL      text `json:"url"`
	Hostname text `json:"hostname"`
	Port     text `json:"port"`
}

// The states of a heartbeat; 2 is pending and 3 maintenance.
const (
	kumaDown = 0
	kumaUp   = 1
)

func parseUptimeKuma(header http.Header, body []byte, o Options) (Result, error) {
	body, err := formField(header, body, "data")
	if err != nil {
		return Result{}, err
	}
	var p kumaPayload
	if err := decode(body, &p); err != nil {
		return Result{}, err
	}
	switch {
	case p.Heartbeat == nil && p.Monitor == nil && p.Msg != nil:
		return ignored(KindTest, "this is a test or a notice of Uptime Kuma: it names no monitor")
	case p.Monitor == nil:
		return Result{}, badField("monitor", "is missing")
	case p.Heartbeat == nil || p.Heartbeat.Status == nil:
		return Result{}, badField("heartbeat.status", "is missing")
	case p.Monitor.Name == "" && p.Monitor.ID == "":
		return Result{}, badField("monitor.name", "is missing")
	}
	if s := *p.Heartbeat.Status; s != kumaDown && s != kumaUp {
		return ignored(KindIgnored, "the monitor is pending or under maintenance")
	}
	return one(p.alert(o))
}

func (p kumaPayload) alert(o Options) Alert {
	m := p.Monitor
	labels := map[string]text{"monitor": m.Name, "type": m.Type}
	if withPort := m.address(); withPort != "" {
		labels["address"] = text(withPort)
	} else if m.hasURL() {
		labels["url"] = m.URL
	} else {
		labels["host"] = m.Hostname
	}
	a := Alert{
		Firing:      *p.Heartbeat.Status == kumaDown,
		Labels:      cleanLabels(labels, maxLabelValue),
		Annotations: cleanLabels(map[string]text{"message": p.Heartbeat.Msg}, maxAnnotation),
		Title:       oneLine(string(m.Name), maxTitle),
		Summary:     oneLine(string(p.Heartbeat.Msg), maxTitle),
		Fingerprint: fingerprint("uptimekuma", firstOf(string(m.ID), string(m.Name)), string(m.Name)),
		DedupKey:    fingerprint("uptimekuma", string(m.ID), string(m.Name), string(p.Heartbeat.Time), string(p.Heartbeat.Msg)),
	}
	a.StartsAt, _ = instant(string(p.Heartbeat.Time))
	if a.StartsAt.IsZero() {
		a.StartsAt = o.Now
	}
	said := ""
	if p.Msg != nil {
		said = string(*p.Msg)
		a.Summary = firstOf(a.Summary, oneLine(said, maxTitle))
	}
	o.findTargets(&a, said)
	return a
}

// hasURL: every monitor carries a URL, "https://" where its type has no use for one.
func (m kumaMonitor) hasURL() bool { return len(m.URL) > len("https://") && m.address() == "" }

// address is that of the types of monitor that have a host and a port.
func (m kumaMonitor) address() string {
	switch m.Type {
	case "http", "keyword", "json-query", "real-browser":
		return ""
	}
	if m.Hostname == "" || m.Port == "" || m.Port == "0" || m.Type == "dns" || m.Type == "ping" {
		return ""
	}
	return joinPort(string(m.Hostname), string(m.Port))
}

// formField takes the JSON out of a form, where the sender posts one.
func formField(header http.Header, body []byte, name string) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return body, nil
	}
	switch kind {
	case "multipart/form-data":
		return multipartField(body, params["boundary"], name)
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(body))
		if err != nil || !values.Has(name) {
			if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
				return body, nil
			}
			return nil, badField(name, "is missing from the form")
		}
		return []byte(values.Get(name)), nil
	}
	return body, nil
}

// multipartField reads one field of a form; a hundred others are skipped.
func multipartField(body []byte, boundary, name string) ([]byte, error) {
	if boundary == "" {
		return nil, badField("Content-Type", "is multipart without a boundary")
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for range 100 {
		part, err := r.NextRawPart()
		if err != nil {
			break
		}
		if !strings.EqualFold(part.FormName(), name) {
			continue
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, badField(name, "is cut short")
		}
		return data, nil
	}
	return nil, badField(name, "is missing from the form")
}
