package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/bot/workspace"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// office is a whole bot in a workspace of its own, over the real protocol.
type office struct {
	t       *testing.T
	bot     *Bot
	control workspace.Control
	log     *syncBuffer
	gate    gate
}

// syncBuffer takes a log that several goroutines write.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newOffice makes one whose runner answers at once unless the gate is shut.
// change may set what the test needs before anything runs.
func newOffice(t *testing.T, c workspace.Config, change func(*office)) *office {
	t.Helper()
	w := workspace.New(c)
	server := httptest.NewServer(w.Handler())
	t.Cleanup(func() { w.Close(); server.Close() })
	o := &office{t: t, control: workspace.Control{URL: server.URL}, log: new(syncBuffer), gate: gate{open: make(chan struct{})}}
	log := slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := store.Open(filepath.Join(t.TempDir(), "plexor.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	e := testEngine(t, o.gate, log)
	o.bot = &Bot{Store: s, Engine: e, Runs: NewRuns(e, s, Limits{PerUser: 1000, PerTarget: 1000}, log), Channel: "ops", Log: log}
	cfg := slackapi.Config{BotToken: "xoxb-test", AppToken: "xapp-test", APIURL: server.URL + "/api/", Log: log}
	if c.RequestURL != "" {
		cfg.AppToken, cfg.SigningSecret = "", c.SigningSecret
	}
	o.bot.Slack = slackapi.New(cfg)
	if change != nil {
		change(o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := o.bot.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return o
}

func testEngine(t *testing.T, d investigations.Dispatcher, log *slog.Logger) *investigations.Engine {
	t.Helper()
	plan, err := investigations.LoadPlan("test.yml", []byte(gatePlan), testCatalog())
	if err != nil {
		t.Fatal(err)
	}
	allow, err := investigations.NewAllowList([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	return &investigations.Engine{Plans: map[string]*investigations.Plan{plan.Name: plan}, Dispatcher: d, Allow: allow, Log: log}
}

// open has the runner answer.
func open(o *office) { close(o.gate.open) }

// ready waits until the bot says that it is.
func (o *office) ready() *office {
	o.t.Helper()
	o.eventually("the bot is ready", func() bool { return o.bot.Ready() == nil })
	return o
}

func (o *office) eventually(what string, is func() bool) {
	o.t.Helper()
	eventually(o.t, what, is)
}

// types has U1 type a command in #ops and returns what they alone see of it.
func (o *office) types(text string) string {
	o.t.Helper()
	return o.typesAs("U1", "ops", text)
}

func (o *office) typesAs(user, channel, text string) string {
	o.t.Helper()
	ack, err := o.control.Command(o.t.Context(), channel, user, text)
	if err != nil {
		o.t.Fatalf("%s: %v", text, err)
	}
	var body struct{ Text string }
	if len(ack.Body) > 0 {
		if err := json.Unmarshal(ack.Body, &body); err != nil {
			o.t.Fatalf("%s: the acknowledgement %s: %v", text, ack.Body, err)
		}
	}
	return body.Text
}

func (o *office) messages() []workspace.Message {
	o.t.Helper()
	all, err := o.control.Messages(o.t.Context(), "ops")
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

// settled waits until everything is said, and returns #ops.
func (o *office) settled() []workspace.Message {
	o.t.Helper()
	o.eventually("everything is said", func() bool {
		dirty, err := o.bot.Store.Dirty()
		return err == nil && len(dirty) == 0 && o.bot.Runs.Count() == 0
	})
	return o.messages()
}

// kept is how many investigations there are.
func (o *office) kept() int {
	o.t.Helper()
	list, err := o.bot.Store.Investigations(store.Filter{Limit: 1000})
	if err != nil {
		o.t.Fatal(err)
	}
	return len(list)
}

// whispered waits for something that only a person sees.
func (o *office) whispered(user, want string) {
	o.t.Helper()
	o.eventually(fmt.Sprintf("%s alone sees %q", user, want), func() bool {
		list, err := o.control.Ephemeral(o.t.Context(), user)
		if err != nil {
			return false
		}
		for _, m := range list {
			if strings.Contains(m.Text, want) {
				return true
			}
		}
		return false
	})
}

func keyOfMessage(m workspace.Message) string {
	var meta struct {
		Payload struct {
			Key string `json:"key"`
		} `json:"event_payload"`
	}
	json.Unmarshal(m.Metadata, &meta)
	return meta.Payload.Key
}
