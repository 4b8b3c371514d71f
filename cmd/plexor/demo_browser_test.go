package main

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// TestDemoInBrowser follows the README with a browser: the page says what to
// type, and the thread proves why the stopped backend refuses and how to mend
// it. WORKSPACE_SCREENSHOTS names a directory for pictures of it.
func TestDemoInBrowser(t *testing.T) {
	const dir = "../../bot/workspace/browsertest"
	browser := ""
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil && browser == "" {
			browser = path
		}
	}
	_, noNode := exec.LookPath("node")
	_, noModule := os.Stat(filepath.Join(dir, "node_modules", "playwright-core"))
	switch {
	case testing.Short():
		t.Skip("short")
	case runtime.GOOS != "linux":
		t.Skip("only Linux proves a stopped process")
	case browser == "" || noNode != nil || noModule != nil:
		t.Skip("needs chromium, node, and npm ci in bot/workspace/browsertest")
	}
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
	shots := os.Getenv("WORKSPACE_SCREENSHOTS")
	if shots == "" {
		shots = t.TempDir()
	}
	cmd := exec.CommandContext(ctx, "node", "demo.mjs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "URL="+url, "TARGET="+target, "BROWSER="+browser, "SHOTS="+shots, "PROFILE="+t.TempDir())
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("demo.mjs: %v\n%s", err, out)
	}
}
