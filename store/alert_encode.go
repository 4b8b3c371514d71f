package store

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// encodeAlert is json.Marshal of an alert, by hand: it is done for every alert
// that comes. TestEncodeAlert holds it against the tags of Alert.
func encodeAlert(a Alert) []byte {
	b := make([]byte, 0, 512)
	b = append(b, `{"v":`...)
	b = strconv.AppendInt(b, int64(a.V), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, a.Seq, 10)
	b = field(b, "fingerprint", a.Fingerprint)
	b = field(b, "source", a.Source)
	for _, f := range [][2]string{{"title", a.Title}, {"severity", a.Severity}, {"link", a.Link}, {"route", a.Route}, {"why", a.Why}, {"trouble", a.Trouble}} {
		if f[1] != "" {
			b = field(b, f[0], f[1])
		}
	}
	b = appendLabels(b, a.Labels)
	b = append(b, `,"targets":[`...)
	for i, t := range a.Targets {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, t)
	}
	b = append(b, `],"firing":`...)
	b = strconv.AppendBool(b, a.Firing)
	if a.Muted {
		b = append(b, `,"muted":true`...)
	}
	b = append(b, `,"count":`...)
	b = strconv.AppendInt(b, a.Count, 10)
	if len(a.Keys) > 0 {
		b = append(b, `,"keys":[`...)
		for i, k := range a.Keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendUint(b, k, 10)
		}
		b = append(b, ']')
	}
	b = appendTime(append(b, `,"first":`...), a.First)
	b = appendTime(append(b, `,"last":`...), a.Last)
	return append(b, '}')
}

// appendTime appends a time of the bot's own clock.
func appendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

func appendLabels(b []byte, labels map[string]string) []byte {
	if len(labels) == 0 {
		return b
	}
	names := make([]string, 0, len(labels))
	for k := range labels {
		names = append(names, k)
	}
	slices.Sort(names)
	b = append(b, `,"labels":{`...)
	for i, k := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, k)
		b = append(b, ':')
		b = appendText(b, labels[k])
	}
	return append(b, '}')
}

func field(b []byte, name, value string) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":`...)
	return appendText(b, value)
}

// appendText appends a JSON string. Text that needs no thought needs none.
func appendText(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) // never fails for a string
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
