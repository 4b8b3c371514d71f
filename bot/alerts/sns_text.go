package alerts

import (
	"strings"
	"time"
)

// plain is the alert of a message that is no alarm: something that a person or a program published to the topic.
func (e SNSEnvelope) plain(o Options, starts time.Time) Alert {
	subject := ""
	if e.Subject != nil {
		subject = *e.Subject
	}
	a := Alert{
		Firing:      !strings.HasPrefix(subject, "OK:"),
		Labels:      map[string]string{"topic": clean(e.TopicArn, maxLabelValue)},
		Annotations: map[string]string{"message": clean(e.Message, maxAnnotation)},
		StartsAt:    starts,
		Title:       oneLine(firstOf(subject, e.Message), maxTitle),
		Summary:     oneLine(e.Message, maxTitle),
		DedupKey:    fingerprint("sns", e.MessageID),
	}
	a.Fingerprint = fingerprint("sns", e.TopicArn, strings.TrimPrefix(strings.TrimPrefix(subject, "OK:"), "ALARM:"), firstOf(subject, e.Message))
	if subject != "" {
		a.Fingerprint = fingerprint("sns", e.TopicArn, strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(subject, "OK:"), "ALARM:")))
	}
	o.findTargets(&a)
	return a
}
