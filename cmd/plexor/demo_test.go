package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/bot/workspace"
)

// TestDemoBreak presses the button: the thread comes by itself, and proves what
// was done.
func TestDemoBreak(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := &demo{dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- d.run(ctx, "127.0.0.1:0", func(url string) { ready <- url }) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the demo ended with %v", err)
		}
	}()
	var b bed
	select {
	case url := <-ready:
		b = bed{t: t, control: workspace.Control{URL: strings.TrimSuffix(url, "/")}}
	case err := <-done:
		done <- nil
		t.Fatal(err)
	}
	target, page := d.shop.backend.target(), "The load balancer on "+d.shop.lb.address()+" answers "
	welcome := b.said("Welcome.").TS
	press := func(action, says string) {
		t.Helper()
		if _, err := b.control.Action(t.Context(), workspace.Press{Channel: "ops", TS: welcome, ActionID: action}); err != nil {
			t.Fatal(err)
		}
		b.eventually("who pressed is told "+says, func() bool {
			all, err := b.control.Ephemeral(t.Context(), "U1")
			return err == nil && slices.ContainsFunc(all, func(m workspace.Message) bool { return strings.Contains(m.Text, says) })
		})
	}
	press(demoMend, "runs already. "+page+"200 OK")
	press(demoBreak, "is stopped. "+page+"502 Bad Gateway")
	b.said("Cause found for " + target)
	press(demoBreak, "was stopped already")
	press(demoMend, "runs again. "+page+"200 OK")
}
