package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/bot/workspace"
)

// readyz asks the bot whether it is ready.
func (b *bed) readyz() (status int, text string) {
	resp, err := http.Get(b.api + "/readyz")
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	return resp.StatusCode, readAll(resp.Body)
}

// notReady waits until /readyz says why.
func (b *bed) notReady(why ...string) {
	b.t.Helper()
	b.eventually("/readyz says "+strings.Join(why, ", "), func() bool {
		status, text := b.readyz()
		for _, w := range why {
			if !strings.Contains(text, w) {
				return false
			}
		}
		return status == http.StatusServiceUnavailable
	})
}

// TestNotReady has a part of Slack's secrets lack, tokens that Slack never took,
// and tokens that it takes no longer: /readyz says what to do, and the API works.
func TestNotReady(t *testing.T) {
	refuse := func(b *bed) {
		t.Helper()
		for _, method := range []string{"auth.test", "apps.connections.open"} {
			if err := b.control.Fault(t.Context(), workspace.Fault{Method: method, Error: "token_revoked", Times: -1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Run("lacking", func(t *testing.T) {
		for env, why := range map[string]string{
			"SLACK_APP_TOKEN=": "SLACK_APP_TOKEN (or slack.mode: http) is missing",
			"SLACK_BOT_TOKEN=": "SLACK_BOT_TOKEN is missing",
		} {
			b := newBed(t, workspace.Config{})
			b.env = []string{env}
			b.start()
			b.notReady(why)
			var list []any
			if err := b.call(t.Context(), http.MethodGet, "/api/v1/investigations", &list); err != nil {
				t.Errorf("the API without %s: %v", env, err)
			}
		}
	})
	t.Run("never taken", func(t *testing.T) {
		b := newBed(t, workspace.Config{})
		refuse(b)
		b.start()
		b.notReady("token_revoked", "reinstall the app", "SLACK_BOT_TOKEN")
	})
	t.Run("revoked", func(t *testing.T) {
		b := newBed(t, workspace.Config{})
		b.start()
		b.ready()
		refuse(b)
		if err := b.control.Disconnect(t.Context(), "drop"); err != nil {
			t.Fatal(err)
		}
		b.notReady("token_revoked", "reinstall the app", "SLACK_APP_TOKEN")
	})
	t.Run("no slack", func(t *testing.T) {
		b := newBed(t, workspace.Config{})
		b.env = []string{"SLACK_BOT_TOKEN=", "SLACK_APP_TOKEN=", "SLACK_SIGNING_SECRET="}
		b.start()
		b.ready()
		if _, text := b.readyz(); !strings.Contains(text, "no Slack is configured") {
			t.Errorf("/readyz without Slack says %q", text)
		}
	})
}
