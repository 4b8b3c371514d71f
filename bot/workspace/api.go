package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// reply is the body of an answer; ok is added.
type reply map[string]any

// apiError is Slack's `{"ok":false,"error":Code}`.
type apiError struct {
	code     string
	retry    time.Duration // with ratelimited
	messages []string      // response_metadata.messages
}

func (e *apiError) Error() string { return e.code }

func fail(code string, messages ...string) error { return &apiError{code: code, messages: messages} }

// call is one request to the Web API.
type call struct {
	method string
	token  string
	base   string
	args   map[string]string // JSON values that are not strings are kept as JSON
}

func (c call) str(name string) string { return c.args[name] }

func (c call) bool(name string) bool {
	b, err := strconv.ParseBool(c.args[name])
	return err == nil && b
}

// num is an integer argument, def where it is absent or no number, within 1..most.
func (c call) num(name string, def, most int) int {
	n, err := strconv.Atoi(c.args[name])
	if err != nil || n < 1 {
		return def
	}
	return min(n, most)
}

// method is a Web API method. The server's mutex is held while it runs.
type method func(*Server, call) (reply, error)

// methods is every method that the workspace knows.
func methods() map[string]method {
	return map[string]method{
		"api.test": apiTest, "auth.test": authTest, "apps.connections.open": appsConnectionsOpen,
		"bots.info": botsInfo, "team.info": teamInfo,
		"users.info": usersInfo, "users.list": usersList, "users.lookupByEmail": usersLookupByEmail,
		"chat.postMessage": chatPostMessage, "chat.update": chatUpdate, "chat.delete": chatDelete,
		"chat.postEphemeral": chatPostEphemeral, "chat.getPermalink": chatGetPermalink,
		"conversations.list": conversationsList, "conversations.info": conversationsInfo,
		"conversations.history": conversationsHistory, "conversations.replies": conversationsReplies,
		"conversations.join": conversationsJoin, "conversations.leave": conversationsLeave,
		"conversations.open": conversationsOpen, "conversations.members": conversationsMembers,
		"reactions.add": reactionsAdd, "reactions.remove": reactionsRemove, "reactions.get": reactionsGet,
		"views.open": viewsOpen, "views.push": viewsPush, "views.update": viewsUpdate, "views.publish": viewsPublish,
		"files.getUploadURLExternal": filesGetUploadURLExternal, "files.completeUploadExternal": filesCompleteUploadExternal,
		"files.info": filesInfo, "files.delete": filesDelete,
	}
}

// serveAPI answers POST and GET /api/METHOD.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	c, err := readCall(w, r)
	if err != nil {
		writeAPI(w, nil, err)
		return
	}
	if fault := s.takeFault(c.method); fault != nil {
		s.serveFaulty(w, r, c, fault)
		return
	}
	body, err := s.run(c)
	writeAPI(w, body, err)
}

// serveFaulty answers a call that meets a fault.
func (s *Server) serveFaulty(w http.ResponseWriter, r *http.Request, c call, f *Fault) {
	switch {
	case f.onlySlow():
		if f.wait(s.ctx) { // a server does not notice that nobody waits any more
			body, err := s.run(c)
			writeAPI(w, body, err)
		}
	case f.After == "apply":
		s.run(c)
		if f.wait(r.Context()) {
			f.write(w)
		}
	case f.wait(r.Context()):
		f.write(w)
	}
}

// run carries out a call under the mutex; the answer is encoded there too, since it may share the state's memory.
func (s *Server) run(c call) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = c.base
	m, known := methods()[c.method]
	if !known {
		return nil, fail("unknown_method")
	}
	if err := checkToken(c); err != nil {
		return nil, err
	}
	if err := s.limit(c); err != nil {
		return nil, err
	}
	out, err := m(s, c)
	if err != nil {
		return nil, err
	}
	if out == nil {
		out = reply{}
	}
	out["ok"] = true
	return json.Marshal(out)
}

// checkToken takes any bot token, and any app token where Slack wants one.
func checkToken(c call) error {
	app, bot := strings.HasPrefix(c.token, "xapp-"), strings.HasPrefix(c.token, "xoxb-")
	switch {
	case c.method == "api.test":
		return nil
	case c.token == "":
		return fail("not_authed")
	case !app && !bot:
		return fail("invalid_auth")
	case app != (c.method == "apps.connections.open"):
		return fail("not_allowed_token_type")
	}
	return nil
}

// readCall takes the arguments from the query, a form or JSON, and the token from the header or the arguments.
func readCall(w http.ResponseWriter, r *http.Request) (call, error) {
	c := call{method: r.PathValue("method"), base: baseURL(r), args: map[string]string{}}
	for k, v := range r.URL.Query() {
		c.args[k] = v[0]
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return c, fail("request_too_large")
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		err = c.addJSON(body)
	case "multipart/form-data":
		err = c.addMultipart(body, params["boundary"])
	default:
		err = c.addForm(string(body))
	}
	c.token = c.args["token"]
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.token = strings.TrimSpace(bearer)
	}
	return c, err
}

func (c *call) addForm(body string) error {
	form, err := url.ParseQuery(body)
	if err != nil {
		return fail("invalid_form_data")
	}
	for k, v := range form {
		c.args[k] = v[0]
	}
	return nil
}

func (c *call) addJSON(body []byte) error {
	if len(body) == 0 {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return fail("invalid_json")
	}
	for k, raw := range fields {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			c.args[k] = text
		} else {
			c.args[k] = string(raw)
		}
	}
	return nil
}

func writeAPI(w http.ResponseWriter, body json.RawMessage, err error) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err == nil {
		w.Write(body)
		return
	}
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{code: "internal_error"}
	}
	out := reply{"ok": false, "error": e.code}
	if len(e.messages) > 0 {
		out["errors"] = e.messages
		out["response_metadata"] = reply{"messages": e.messages}
	}
	if e.code == "ratelimited" {
		w.Header().Set("Retry-After", fmt.Sprint(int(e.retry/time.Second)))
		w.WriteHeader(http.StatusTooManyRequests)
	}
	json.NewEncoder(w).Encode(out)
}
