package main

import (
	"context"
	"log/slog"
	"runtime"
	"testing"
	"time"
)

// TestDemoInBrowser follows the README with a browser: the page says what to
// type, and the thread proves why the stopped backend refuses and how to mend
// it. WORKSPACE_SCREENSHOTS names a directory for pictures of it.
func TestDemoInBrowser(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux proves a stopped process")
	}
	browser := findBrowser(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	d := &demo{dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	demoCtx, stop := context.WithCancel(ctx)
	page, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- d.run(demoCtx, "127.0.0.1:0", func(url string) { page <- url }) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the demo ended with %v", err)
		}
	}()
	var url string
	select {
	case url = <-page:
	case err := <-done:
		done <- nil
		t.Fatalf("the demo does not start: %v", err)
	}
	target := ""
	for _, b := range d.backends {
		if b.kind.name == "stopped" {
			target = b.target()
		}
	}
	browse(ctx, t, "demo.mjs", "URL="+url, "TARGET="+target, "BROWSER="+browser)
}
