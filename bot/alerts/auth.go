package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Auth is how the requests of one source prove who sent them. Any one that is set and satisfied is enough; nothing set refuses
// every request. Secrets come in lists so that they can be changed without a gap.
type Auth struct {
	// Open lets everybody in.
	Open bool
	// Bearers are tokens for "Authorization: Bearer …", or for the parameter auth_token of the URL, which Google Cloud uses.
	Bearers []string
	// Users are name and password for HTTP basic authentication.
	Users []BasicUser
	// Header is the name of a header that must have one of the values Secrets (Datadog: a custom header).
	Header  string
	Secrets []string
	// SigningKeys are the keys of HMAC-SHA256 over the body, as the source computes it: Grafana or PagerDuty.
	SigningKeys []string
	// Certificate gives the PEM certificate of an SNS message for its SigningCertURL, which has been checked to be AWS's own.
	Certificate func(url string) ([]byte, error)
	Check       CertificateCheck
	// Topics are the ARNs of the SNS topics that are listened to. For any other no certificate is asked for. Nil: all.
	Topics []string
	// Now is the time against which signed times are judged; zero judges none.
	Now time.Time
}

// A BasicUser is a name and a password.
type BasicUser struct{ Name, Password string }

// A Request is what a sender sent, as far as it can prove anything.
type Request struct {
	Header http.Header
	Query  url.Values
	Body   []byte
}

// maxSkew is how far a signed time may be from ours.
const maxSkew = 5 * time.Minute

// Authenticate returns nil for a request that proves who sent it, else a [*PayloadError] of status 401. Secrets are compared in
// constant time.
func Authenticate(source string, r Request, a Auth) error {
	if a.Open {
		return nil
	}
	if source == "sns" {
		return a.sns(r)
	}
	if a.bearer(r) || a.basic(r) || a.header(r) || a.signed(source, r) {
		return nil
	}
	return withStatus(http.StatusUnauthorized, a.expects(source), "is missing or wrong")
}

// expects names the header in which the source would authenticate.
func (a Auth) expects(source string) string {
	switch {
	case len(a.SigningKeys) > 0 && source == "grafana":
		return grafanaSignature
	case len(a.SigningKeys) > 0 && source == "pagerduty":
		return pagerDutySignature
	case a.Header != "":
		return http.CanonicalHeaderKey(a.Header)
	}
	return "Authorization"
}

// SameSecret compares in a time that depends on neither, and never matches an empty want.
func SameSecret(got, want string) bool {
	g, w := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1 && want != ""
}

func anySecret(got string, wants []string) bool {
	found := false
	for _, w := range wants {
		found = SameSecret(got, w) || found
	}
	return found
}

func (a Auth) bearer(r Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && anySecret(strings.TrimSpace(token), a.Bearers) {
		return true
	}
	return r.Query.Has("auth_token") && anySecret(r.Query.Get("auth_token"), a.Bearers)
}

func (a Auth) basic(r Request) bool {
	name, password, ok := (&http.Request{Header: r.Header}).BasicAuth()
	found := false
	for _, u := range a.Users {
		sameName := SameSecret(name, u.Name)
		found = SameSecret(password, u.Password) && sameName || found
	}
	return ok && found
}

func (a Auth) header(r Request) bool {
	return a.Header != "" && anySecret(r.Header.Get(a.Header), a.Secrets)
}

// The headers that carry signatures. Grafana lets both names be chosen; these are the default and the one to be set with it.
const (
	grafanaSignature   = "X-Grafana-Alerting-Signature"
	grafanaTimestamp   = "X-Grafana-Alerting-Timestamp"
	pagerDutySignature = "X-Pagerduty-Signature"
)

func (a Auth) signed(source string, r Request) bool {
	switch source {
	case "grafana":
		return a.grafana(r)
	case "pagerduty":
		return a.pagerDuty(r)
	}
	return false
}

// grafana checks the hexadecimal HMAC of the body, or of "time:body" where a header for the time is configured in Grafana.
func (a Auth) grafana(r Request) bool {
	stamp, message := r.Header.Get(grafanaTimestamp), r.Body
	if stamp != "" {
		seconds, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil || !a.Now.IsZero() && a.Now.Sub(time.Unix(seconds, 0)).Abs() > maxSkew {
			return false
		}
		message = slices.Concat([]byte(stamp+":"), r.Body)
	}
	return a.hmac(r.Header.Get(grafanaSignature), message)
}

// pagerDuty checks "v1=<hex>[,v1=<hex>]": one signature for each of the webhook's current secrets.
func (a Auth) pagerDuty(r Request) bool {
	found, n := false, 0
	for value := range strings.SplitSeq(strings.Join(r.Header.Values(pagerDutySignature), ","), ",") {
		if n++; n > 16 {
			break
		}
		if mac, ok := strings.CutPrefix(strings.TrimSpace(value), "v1="); ok {
			found = a.hmac(mac, r.Body) || found
		}
	}
	return found
}

// hmac reports whether the hexadecimal signature is that of the message under one of the keys.
func (a Auth) hmac(signature string, message []byte) bool {
	got, err := hex.DecodeString(strings.TrimSpace(signature))
	if err != nil || len(got) != sha256.Size {
		return false
	}
	found := false
	for _, key := range a.SigningKeys {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write(message)
		found = hmac.Equal(mac.Sum(nil), got) && key != "" || found
	}
	return found
}

// sns verifies the envelope's signature.
func (a Auth) sns(r Request) error {
	e, err := ParseSNS(r.Header, r.Body)
	if err != nil {
		return err
	}
	if a.Topics != nil {
		if err := e.listed(a.Topics); err != nil {
			return err
		}
	}
	if a.Certificate == nil {
		return withStatus(http.StatusUnauthorized, "SigningCertURL", "cannot be verified: no certificate is at hand")
	}
	cert, err := a.Certificate(e.SigningCertURL)
	if err != nil {
		return withStatus(http.StatusUnauthorized, "SigningCertURL", "cannot be verified: its certificate is not at hand")
	}
	return e.Verify(cert, a.Check)
}

// NeedsBody reports whether the proof may be in the body, so that the body has to be read before a request is known to be let in.
func (a Auth) NeedsBody(source string) bool {
	return !a.Open && (source == "sns" || len(a.SigningKeys) > 0)
}
