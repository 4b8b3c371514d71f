package alerts

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// An SNSEnvelope is what Amazon SNS posts around every message.
type SNSEnvelope struct {
	Type             string
	MessageID        string `json:"MessageId"`
	TopicArn         string
	Subject          *string
	Message          string
	Timestamp        string
	Token            string
	SubscribeURL     string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
}

// The types of envelopes.
const (
	snsNotification = "Notification"
	snsSubscribe    = "SubscriptionConfirmation"
	snsUnsubscribe  = "UnsubscribeConfirmation"
)

// snsHost are the hosts from which AWS serves certificates and confirmations (developer guide, "Verifying the signatures").
var snsHost = late(`^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$`)

// ParseSNS reads an envelope and checks that it is complete and that its URLs are AWS's own. It verifies no signature: that is
// [SNSEnvelope.Verify].
func ParseSNS(header http.Header, body []byte) (SNSEnvelope, error) {
	var e SNSEnvelope
	if strings.EqualFold(header.Get("X-Amz-Sns-Rawdelivery"), "true") {
		return e, badField("x-amz-sns-rawdelivery", "is true; raw messages carry no signature: switch raw message delivery off")
	}
	if err := decode(body, &e); err != nil {
		return e, err
	}
	if e.Signature == "" { // it proves nothing, whatever else it lacks
		return e, withStatus(http.StatusUnauthorized, "Signature", "is missing")
	}
	required := [][2]string{{"Type", e.Type}, {"MessageId", e.MessageID}, {"TopicArn", e.TopicArn}, {"Message", e.Message},
		{"Timestamp", e.Timestamp}, {"SigningCertURL", e.SigningCertURL}}
	if e.Type == snsSubscribe || e.Type == snsUnsubscribe {
		required = append(required, [2]string{"Token", e.Token}, [2]string{"SubscribeURL", e.SubscribeURL})
	}
	for _, f := range required {
		if f[1] == "" {
			return e, badField(f[0], "is missing")
		}
	}
	return e, e.check()
}

func (e SNSEnvelope) check() error {
	switch {
	case e.Type != snsNotification && e.Type != snsSubscribe && e.Type != snsUnsubscribe:
		return badField("Type", "is %s, want Notification or SubscriptionConfirmation", quote(e.Type))
	case e.SignatureVersion != "1" && e.SignatureVersion != "2":
		return badField("SignatureVersion", `is %s, want "1" or "2"`, quote(e.SignatureVersion))
	case !isSNSURL(e.SigningCertURL) || !strings.HasSuffix(e.SigningCertURL, ".pem"):
		return withStatus(http.StatusForbidden, "SigningCertURL", "is not a certificate on a host of AWS SNS")
	case e.SubscribeURL != "" && !isSNSURL(e.SubscribeURL):
		return withStatus(http.StatusForbidden, "SubscribeURL", "is not on a host of AWS SNS")
	}
	return nil
}

// isSNSURL accepts https on the default port of a host of SNS, and nothing that could lead elsewhere.
func isSNSURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.User == nil && u.Opaque == "" && u.Fragment == "" &&
		(u.Host == u.Hostname() || u.Port() == "443") && snsHost().MatchString(u.Hostname())
}

func parseSNS(header http.Header, body []byte, o Options) (Result, error) {
	e, err := ParseSNS(header, body)
	if err != nil {
		return Result{}, err
	}
	if err := e.listed(o.Topics); err != nil {
		return Result{}, err
	}
	switch e.Type {
	case snsSubscribe:
		return Result{Kind: KindSubscription, URL: e.SubscribeURL, Note: "the subscription of " + quote(e.TopicArn) + " waits for its confirmation"}, nil
	case snsUnsubscribe:
		return ignored(KindIgnored, "the subscription of "+quote(e.TopicArn)+" has ended")
	}
	a, err := e.alert(o)
	if err != nil {
		return Result{}, err
	}
	return one(a)
}

// listed refuses topics that are not listened to. A nil list refuses only what would have something visited.
func (e SNSEnvelope) listed(topics []string) error {
	if slices.Contains(topics, e.TopicArn) || topics == nil && e.Type != snsSubscribe {
		return nil
	}
	return withStatus(http.StatusForbidden, "TopicArn", "is "+quote(e.TopicArn)+", which is not listed under alerts.sns.topics")
}

// alert reads the message: an alarm of CloudWatch, else text for people.
func (e SNSEnvelope) alert(o Options) (Alert, error) {
	starts, ok := instant(e.Timestamp)
	if !ok {
		return Alert{}, badField("Timestamp", "is %s, want an RFC 3339 time", quote(e.Timestamp))
	}
	var alarm cloudWatchAlarm
	if looksLikeJSON(e.Message) {
		if err := decode([]byte(e.Message), &alarm); err != nil {
			return Alert{}, inside("Message", err)
		}
	}
	if alarm.AlarmName != "" {
		a, err := alarm.alert(o)
		a.DedupKey = fingerprint("sns", e.MessageID)
		if a.StartsAt.IsZero() {
			a.StartsAt = starts
		}
		return a, err
	}
	return e.plain(o, starts), nil
}

func looksLikeJSON(s string) bool {
	s = strings.TrimSpace(s)
	return strings.HasPrefix(s, "{") && json.Valid(bytes.TrimSpace([]byte(s)))
}

// inside puts the name of the surrounding field before that of an error.
func inside(field string, err error) error {
	if e, ok := err.(*PayloadError); ok {
		return &PayloadError{Field: field + "." + e.Field, Reason: e.Reason, Status: e.Status}
	}
	return err
}
