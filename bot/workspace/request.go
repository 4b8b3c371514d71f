package workspace

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

var errChallenge = errors.New("the request URL did not send the challenge back")

// request POSTs an envelope's payload to the app, signed (HTTP mode), and takes the answer for the acknowledgement.
func (s *Server) request(ctx context.Context, e envelope) result {
	path, contentType, body := form(e)
	ctx, cancel := context.WithTimeout(ctx, s.cfg.AckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.cfg.RequestURL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return result{err: errNoApp}
	}
	stamp := fmt.Sprint(s.cfg.Now().Unix())
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", sign(s.cfg.SigningSecret, stamp, body))
	if e.Attempt > 0 {
		req.Header.Set("X-Slack-Retry-Num", fmt.Sprint(e.Attempt))
		req.Header.Set("X-Slack-Retry-Reason", "http_timeout")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return result{err: errNoAck}
		}
		return result{err: errNoApp}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil || resp.StatusCode/100 != 2 {
		s.cfg.Log.Warn("request refused by the app", "path", path, "status", resp.StatusCode)
		return result{err: errNoApp}
	}
	return result{body: ackBody(answer)}
}

// ackBody is an HTTP answer as an acknowledgement's payload: JSON as it stands, other text as a JSON string.
func ackBody(answer []byte) json.RawMessage {
	trimmed := bytes.TrimSpace(answer)
	switch {
	case len(trimmed) == 0 || string(trimmed) == "{}":
		return nil
	case json.Valid(trimmed):
		return trimmed
	}
	text, _ := json.Marshal(string(trimmed))
	return text
}

// form is how an envelope's payload travels in HTTP mode: commands as form fields, interactions as the one field
// "payload", events as JSON.
func form(e envelope) (path, contentType string, body []byte) {
	const urlencoded = "application/x-www-form-urlencoded"
	switch e.Type {
	case kindCommand:
		var fields map[string]string
		json.Unmarshal(e.Payload, &fields)
		values := url.Values{}
		for k, v := range fields {
			values.Set(k, v)
		}
		return "/slack/commands", urlencoded, []byte(values.Encode())
	case kindInteractive:
		return "/slack/interactions", urlencoded, []byte(url.Values{"payload": {string(e.Payload)}}.Encode())
	}
	return "/slack/events", "application/json", e.Payload
}

// sign is Slack's request signature, version v0 ("Verifying requests from Slack").
func sign(secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:", stamp)
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}
