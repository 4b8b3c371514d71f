package bot

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/slackapi"
	"github.com/plexorbot/plexor/bot/workspace"
	"github.com/plexorbot/plexor/store"
)

// stage is an outbox before a workspace, with messages that the test sets.
type stage struct {
	t       *testing.T
	store   *store.Store
	slack   *slackapi.Client
	control workspace.Control
	outbox  *Outbox

	mu       sync.Mutex
	messages []Message
	dead     []string
}

// quickPace is for tests, whose Slack is never slower than they want it to be.
var quickPace = pace{landing: 500 * time.Millisecond, twice: 4 * time.Second, refused: 200 * time.Millisecond, slow: 500 * time.Millisecond}

func newStage(t *testing.T, c workspace.Config) *stage {
	t.Helper()
	w := workspace.New(c)
	server := httptest.NewServer(w.Handler())
	t.Cleanup(func() { w.Close(); server.Close() })
	s, err := store.Open(filepath.Join(t.TempDir(), "plexor.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &stage{
		t: t, store: s, control: workspace.Control{URL: server.URL},
		slack: slackapi.New(slackapi.Config{BotToken: "xoxb-test", APIURL: server.URL + "/api/"}),
	}
}

// run starts an outbox that ends with the test, or when stop is called.
func (s *stage) run() (stop func()) {
	o := &Outbox{Slack: s.slack, Store: s.store, Log: slog.New(slog.DiscardHandler), Render: s.render, Undeliverable: s.undeliverable}
	o.pace = quickPace
	o.Init()
	s.outbox = o
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := o.Run(ctx); err != nil {
			s.t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	s.t.Cleanup(stop)
	return stop
}

func (s *stage) render(string) ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...), nil
}

func (s *stage) undeliverable(_ context.Context, subject string, _ Message, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = append(s.dead, fmt.Sprint(subject, ": ", err))
	return false
}

// show sets what should stand in Slack.
func (s *stage) show(messages ...Message) {
	s.t.Helper()
	s.mu.Lock()
	s.messages = messages
	s.mu.Unlock()
	if err := s.store.MarkDirty("test/1"); err != nil {
		s.t.Fatal(err)
	}
	s.outbox.Wake("test/1")
}

// settled waits until nothing is left to be done, and returns the channel.
func (s *stage) settled() []workspace.Message {
	s.t.Helper()
	eventually(s.t, "nothing is dirty", func() bool {
		dirty, err := s.store.Dirty()
		return err == nil && len(dirty) == 0
	})
	messages, err := s.control.Messages(s.t.Context(), "ops")
	if err != nil {
		s.t.Fatal(err)
	}
	return messages
}

// eventually waits for a condition; a minute is for machines that are busy.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute it is not so that %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func parent(text string) Message {
	b := []block{section(text)}
	return Message{Key: keyParent, Channel: "ops", Text: text, Blocks: b, Classic: b, Urgent: true}
}

func reply(key, text string) Message {
	b := []block{section(text)}
	return Message{Key: key, Under: keyParent, Channel: "ops", Text: text, Blocks: b, Classic: b, Urgent: true}
}

// texts are a channel's messages as "text" or "  text" for a reply.
func texts(messages []workspace.Message) (list []string) {
	for _, m := range messages {
		indent := ""
		if m.ThreadTS != "" && m.ThreadTS != m.TS {
			indent = "  "
		}
		list = append(list, indent+m.Text)
	}
	return list
}

func wantTexts(t *testing.T, messages []workspace.Message, want ...string) {
	t.Helper()
	if got := texts(messages); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("the channel holds %q, want %q", got, want)
	}
}

func TestOutboxPostsAndEdits(t *testing.T) {
	s := newStage(t, workspace.Config{})
	s.run()
	s.show(parent("one"), reply("a", "two"))
	wantTexts(t, s.settled(), "one", "  two")
	s.show(parent("ONE"), reply("a", "two"), reply("b", "three"))
	messages := s.settled()
	wantTexts(t, messages, "ONE", "  two", "  three")
	if n := len(messages[1].Edits); n != 0 {
		t.Errorf("the reply that did not change was edited %d times", n)
	}
}

// TestOutboxFaults has Slack fail in each way, and finds every message once.
func TestOutboxFaults(t *testing.T) {
	for name, f := range map[string]workspace.Fault{
		"limited":                {Method: "chat.postMessage", Status: 429, RetryAfter: 1, Times: 2},
		"limited without a time": {Method: "chat.postMessage", Error: "ratelimited", Times: 1},
		"answer lost":            {Method: "chat.postMessage", Status: 500, Times: 1, After: "apply"},
		"request lost":           {Method: "chat.postMessage", Status: 503, Times: 1, After: "drop"},
		"error inside Slack":     {Method: "chat.postMessage", Error: "internal_error", Times: 2, After: "apply"},
		"identity":               {Method: "auth.test", Status: 500, Times: 2},
		"update":                 {Method: "chat.update", Status: 502, Times: 1, After: "apply"},
		"blocks are refused":     {Method: "chat.postMessage", Error: "invalid_blocks", Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, workspace.Config{})
			if err := s.control.Fault(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			s.run()
			s.show(parent("one"), reply("a", "two"))
			s.settled()
			s.show(parent("ONE"), reply("a", "two"))
			wantTexts(t, s.settled(), "ONE", "  two")
		})
	}
}

// TestOutboxAfterCrash starts from each state that a crash can leave.
func TestOutboxAfterCrash(t *testing.T) {
	begun := store.Post{Key: keyParent, Channel: "ops", State: store.PostBegun}
	t.Run("begun and posted", func(t *testing.T) {
		s := newStage(t, workspace.Config{})
		at, err := s.slack.Post(t.Context(), slackapi.Message{Channel: "ops", Text: "old", Key: metadataKey("test/1", keyParent)})
		if err != nil {
			t.Fatal(err)
		}
		begun.Channel = at.Channel
		if err := s.store.PutPost("test/1", begun); err != nil {
			t.Fatal(err)
		}
		s.run()
		s.show(parent("new"), reply("a", "two"))
		wantTexts(t, s.settled(), "new", "  two")
	})
	t.Run("begun and not posted", func(t *testing.T) {
		s := newStage(t, workspace.Config{})
		if err := s.store.PutPost("test/1", begun); err != nil {
			t.Fatal(err)
		}
		s.run()
		s.show(parent("new"))
		wantTexts(t, s.settled(), "new")
	})
}

func TestOutboxClassicBlocks(t *testing.T) {
	s := newStage(t, workspace.Config{RefuseBlocks: []string{"plan"}})
	m := parent("one")
	m.Blocks = []block{{"type": "plan", "title": "p", "tasks": []block{{"type": "task_card", "task_id": "t", "title": "t", "status": "pending"}}}}
	s.run()
	s.show(m)
	wantTexts(t, s.settled(), "one")
	if len(s.dead) != 0 {
		t.Errorf("undeliverable = %v, want none", s.dead)
	}
}

// TestOutboxThreadGone takes the parent away: nothing is left at top level.
func TestOutboxThreadGone(t *testing.T) {
	s := newStage(t, workspace.Config{})
	s.run()
	s.show(parent("one"))
	s.settled()
	posts, err := s.store.Posts("test/1")
	if err != nil {
		t.Fatal(err)
	}
	at := posts[keyParent]
	if err := s.slack.Delete(t.Context(), slackapi.Posted{Channel: at.Channel, TS: at.TS}); err != nil {
		t.Fatal(err)
	}
	s.show(parent("one"), reply("a", "two"))
	wantTexts(t, s.settled())
}
