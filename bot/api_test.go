package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/workspace"
	"github.com/plexorbot/plexor/investigations"
)

// counter is the API of a bot in an office, and a client of it.
type counter struct {
	*office
	url string
}

func newCounter(t *testing.T, change func(*office)) *counter {
	t.Helper()
	o := newOffice(t, workspace.Config{}, change)
	api := &API{
		Bot: o.bot, Bearer: "s3cret",
		Token: func(_ context.Context, name string, _ map[string]string, ttl time.Duration) (string, error) {
			if name == "taken" {
				return "", errors.New("there is a runner of that name")
			}
			return fmt.Sprintf("token for %s, %s", name, ttl), nil
		},
		Revoke: func(_ context.Context, name string) error {
			if name != "web" {
				return errors.New("there is no runner of that name")
			}
			return nil
		},
	}
	s := httptest.NewServer(api.Handler())
	t.Cleanup(s.Close)
	return &counter{office: o.ready(), url: s.URL}
}

// ask sends a request with the token and returns the status and the answer.
func (c *counter) ask(method, path, body string) (int, string) {
	c.t.Helper()
	return c.askAs("Bearer s3cret", method, path, body)
}

func (c *counter) askAs(who, method, path, body string) (int, string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", who)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// start begins an investigation and returns its id.
func (c *counter) start(target string) string {
	c.t.Helper()
	status, text := c.ask("POST", "/api/v1/investigations", fmt.Sprintf(`{"target":%q}`, target))
	var answer struct{ ID string }
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != http.StatusAccepted || answer.ID == "" {
		c.t.Fatalf("start %s = %d %s, want 202 and an id", target, status, text)
	}
	return answer.ID
}

// TestAPIErrors holds the form of every error and its status.
func TestAPIErrors(t *testing.T) {
	c := newCounter(t, open)
	for _, test := range []struct {
		method, path, body string
		status             int
		code, message      string
	}{
		{"POST", "/api/v1/investigations", `{`, 400, "bad_request", "not what is expected"},
		{"POST", "/api/v1/investigations", `{"targt":"x"}`, 400, "bad_request", `unknown field`},
		{"POST", "/api/v1/investigations", `{"target":""}`, 400, "bad_request", "no target"},
		{"POST", "/api/v1/investigations", `{"target":"web:0"}`, 400, "bad_request", "no such port"},
		{"POST", "/api/v1/investigations", `{"target":"http://u:hunter2@web/"}`, 400, "bad_request", "password"},
		{"POST", "/api/v1/investigations", `{"target":"10.0.0.1:80"}`, 400, "bad_request", "not among the targets"},
		{"POST", "/api/v1/investigations", `{"target":"127.0.0.1:80","plan":"x"}`, 400, "bad_request", "no plan"},
		{"POST", "/api/v1/investigations", `{"target":"127.0.0.1:80","inputs":{"a":"b"}}`, 400, "bad_request", "no input"},
		{"POST", "/api/v1/investigations", `{"target":"` + strings.Repeat("x", 100_000) + `"}`, 400, "bad_request", "too large"},
		{"GET", "/api/v1/investigations/nothing", "", 404, "not_found", "no such investigation"},
		{"GET", "/api/v1/investigations/nothing?wait=soon", "", 400, "bad_request", "duration"},
		{"GET", "/api/v1/investigations?limit=0", "", 400, "bad_request", "limit"},
		{"GET", "/api/v1/investigations?limit=x", "", 400, "bad_request", "limit"},
		{"GET", "/api/v1/investigations?state=broken", "", 400, "bad_request", "state"},
		{"GET", "/api/v1/investigations?target=web:0", "", 400, "bad_request", "no such port"},
		{"DELETE", "/api/v1/investigations/nothing", "", 404, "not_found", "no such investigation"},
		{"DELETE", "/api/v1/runners/nothing", "", 404, "not_found", "no runner"},
		{"POST", "/api/v1/runners/tokens", `{"name":"taken"}`, 400, "bad_request", "of that name"},
		{"POST", "/api/v1/runners/tokens", `{"name":"web","ttl":"soon"}`, 400, "bad_request", "ttl"},
	} {
		status, text := c.ask(test.method, test.path, test.body)
		var answer struct {
			Error struct{ Code, Message, Hint string }
		}
		err := json.Unmarshal([]byte(text), &answer)
		if err != nil || status != test.status || answer.Error.Code != test.code || !strings.Contains(answer.Error.Message, test.message) {
			t.Errorf("%s %s %.60s = %d %s (%v); want %d, %s, %q", test.method, test.path, test.body, status, text, err, test.status, test.code, test.message)
		}
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s %.60s repeats a password", test.path, test.body)
		}
	}
	if n := c.kept(); n != 0 {
		t.Errorf("refused requests started %d investigations", n)
	}
	if strings.Contains(c.log.String(), "hunter2") {
		t.Error("the log holds a password")
	}
}

func TestAPIBearer(t *testing.T) {
	c := newCounter(t, open)
	for _, who := range []string{"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret"} {
		if status, text := c.askAs(who, "GET", "/api/v1/runners", ""); status != http.StatusUnauthorized || !strings.Contains(text, `"hint"`) {
			t.Errorf("with %q = %d %s, want 401 and a hint", who, status, text)
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, text := c.askAs("", "GET", path, ""); status != http.StatusOK {
			t.Errorf("%s = %d %s, want 200 without a token", path, status, text)
		}
	}
}

// TestAPIInvestigation starts one, waits for it, cancels one, and lists both.
func TestAPIInvestigation(t *testing.T) {
	c := newCounter(t, nil)
	first := c.start("127.0.0.1:80")
	status, text := c.ask("GET", "/api/v1/investigations/"+first+"?wait=10ms", "")
	var inv investigations.Investigation
	if err := json.Unmarshal([]byte(text), &inv); err != nil || status != http.StatusOK || inv.State != investigations.Running {
		t.Errorf("after a wait that is over it is %d %s, want it running", status, text)
	}
	second := c.start("127.0.0.1:81")
	if again := c.start("127.1:81"); again != second {
		t.Errorf("the same target again is %s, want it to join %s", again, second)
	}
	if status, text := c.ask("DELETE", "/api/v1/investigations/"+second, ""); status != http.StatusNoContent {
		t.Errorf("cancel = %d %s, want 204", status, text)
	}
	open(c.office)
	for id, want := range map[string]investigations.State{first: investigations.Concluded, second: investigations.Cancelled} {
		c.eventually(id+" has ended", func() bool {
			_, text := c.ask("GET", "/api/v1/investigations/"+id+"?wait=30s", "")
			var inv investigations.Investigation
			return json.Unmarshal([]byte(text), &inv) == nil && inv.State == want && inv.Schema == investigations.Schema && inv.Trigger.Kind == "api"
		})
	}
	if status, _ := c.ask("DELETE", "/api/v1/investigations/"+first, ""); status != http.StatusConflict {
		t.Errorf("cancel of what has ended = %d, want 409", status)
	}
	if m := c.messages(); len(m) != 0 {
		t.Errorf("what no channel was named for is said in #ops: %q", texts(m))
	}
	c.lists(first, second)
}

// lists holds order, limit, before and the filters.
func (c *counter) lists(first, second string) {
	c.t.Helper()
	for query, want := range map[string]string{
		"": second + " " + first, "limit=1": second, "before=" + second: first, "limit=1&before=" + first: "",
		"target=" + url.QueryEscape("127.0.0.1:80"): first, "target=2130706433:81": second, "state=cancelled": second, "state=running": "",
	} {
		status, text := c.ask("GET", "/api/v1/investigations?"+query, "")
		var list []investigations.Investigation
		err := json.Unmarshal([]byte(text), &list)
		var ids []string
		for _, inv := range list {
			ids = append(ids, inv.ID)
		}
		if got := strings.Join(ids, " "); err != nil || status != http.StatusOK || got != want || list == nil {
			c.t.Errorf("list %s = %d %s (%v), want %s", query, status, got, err, want)
		}
	}
}

func TestAPIRunners(t *testing.T) {
	c := newCounter(t, open)
	if status, text := c.ask("GET", "/api/v1/runners", ""); status != http.StatusOK || !strings.Contains(text, `"name":"local"`) {
		t.Errorf("runners = %d %s", status, text)
	}
	if status, text := c.ask("POST", "/api/v1/runners/tokens", `{"name":"web","labels":{"role":"backend"}}`); status != http.StatusOK || !strings.Contains(text, `"token":"token for web, 1h0m0s"`) {
		t.Errorf("token = %d %s, want one that is good for an hour", status, text)
	}
	if status, _ := c.ask("DELETE", "/api/v1/runners/web", ""); status != http.StatusNoContent {
		t.Errorf("revoke = %d, want 204", status)
	}
}
