package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"
)

func sign(key, message string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(message))
	return hex.EncodeToString(mac.Sum(nil))
}

func basic(name, password string) http.Header {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(name, password)
	return r.Header
}

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestAuthenticate(t *testing.T) {
	const body = `{"a":1}`
	bearer := Auth{Bearers: []string{"old", "new"}}
	users := Auth{Users: []BasicUser{{"am", "s3cret"}, {"am2", "other"}}}
	secret := Auth{Header: "X-Plexor-Secret", Secrets: []string{"hush"}}
	keys := Auth{SigningKeys: []string{"k1", "k2"}, Now: testNow}
	stamp := strconv.FormatInt(testNow.Unix()-60, 10)
	stale := strconv.FormatInt(testNow.Unix()-3600, 10)
	for _, c := range []struct {
		name, source string
		h            http.Header
		query        string
		auth         Auth
		ok           bool
	}{
		{"nothing configured", "alertmanager", header("Authorization", "Bearer "), "", Auth{}, false},
		{"open", "alertmanager", nil, "", Auth{Open: true}, true},
		{"bearer", "alertmanager", header("Authorization", "Bearer new"), "", bearer, true},
		{"bearer, old token", "alertmanager", header("Authorization", "bearer old"), "", bearer, true},
		{"bearer, wrong", "alertmanager", header("Authorization", "Bearer ne"), "", bearer, false},
		{"bearer, absent", "alertmanager", nil, "", bearer, false},
		{"bearer, empty secret", "alertmanager", header("Authorization", "Bearer "), "", Auth{Bearers: []string{""}}, false},
		{"query", "gcm", nil, "auth_token=new", bearer, true},
		{"query, wrong", "gcm", nil, "auth_token=x", bearer, false},
		{"basic", "gcm", basic("am", "s3cret"), "", users, true},
		{"basic, another's password", "gcm", basic("am", "other"), "", users, false},
		{"basic, broken", "gcm", header("Authorization", "Basic !!"), "", users, false},
		{"header", "datadog", header("x-plexor-secret", "hush"), "", secret, true},
		{"header, wrong", "datadog", header("x-plexor-secret", "hus"), "", secret, false},
		{"header, absent", "datadog", nil, "", secret, false},
		{"grafana", "grafana", header(grafanaSignature, sign("k2", body)), "", keys, true},
		{"grafana with time", "grafana", header(grafanaSignature, sign("k1", stamp+":"+body), grafanaTimestamp, stamp), "", keys, true},
		{"grafana with stale time", "grafana", header(grafanaSignature, sign("k1", stale+":"+body), grafanaTimestamp, stale), "", keys, false},
		{"grafana, time not signed", "grafana", header(grafanaSignature, sign("k1", body), grafanaTimestamp, stamp), "", keys, false},
		{"grafana, other body", "grafana", header(grafanaSignature, sign("k1", body+" ")), "", keys, false},
		{"grafana, not hexadecimal", "grafana", header(grafanaSignature, "zz"), "", keys, false},
		{"grafana's signature elsewhere", "datadog", header(grafanaSignature, sign("k1", body)), "", keys, false},
		{"pagerduty", "pagerduty", header("X-PagerDuty-Signature", "v1="+sign("gone", body)+", v1="+sign("k1", body)), "", keys, true},
		{"pagerduty, two headers", "pagerduty", header("X-PagerDuty-Signature", "v1="+sign("gone", body), "X-PagerDuty-Signature", "v1="+sign("k2", body)), "", keys, true},
		{"pagerduty, wrong version", "pagerduty", header("X-PagerDuty-Signature", "v0="+sign("k1", body)), "", keys, false},
		{"pagerduty, none fits", "pagerduty", header("X-PagerDuty-Signature", "v1="+sign("gone", body)), "", keys, false},
		{"empty key", "pagerduty", header("X-PagerDuty-Signature", "v1="+sign("", body)), "", Auth{SigningKeys: []string{""}}, false},
	} {
		query, _ := url.ParseQuery(c.query)
		err := Authenticate(c.source, Request{Header: c.h, Query: query, Body: []byte(body)}, c.auth)
		var e *PayloadError
		if c.ok != (err == nil) || err != nil && (!errors.As(err, &e) || e.Status != http.StatusUnauthorized) {
			t.Errorf("%s: Authenticate = %v, want ok %v or status 401", c.name, err, c.ok)
		}
	}
}

func TestGrafanaTimeIsJudgedOnlyWithAClock(t *testing.T) {
	old := strconv.FormatInt(testNow.Add(-time.Hour).Unix(), 10)
	r := Request{Header: header(grafanaSignature, sign("k", old+":x"), grafanaTimestamp, old), Body: []byte("x")}
	if err := Authenticate("grafana", r, Auth{SigningKeys: []string{"k"}}); err != nil {
		t.Errorf("Authenticate without a clock = %v, want nil", err)
	}
}
