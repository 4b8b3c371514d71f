package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// browserDir has the scripts that drive a browser, and their packages.
const browserDir = "../../bot/workspace/browsertest"

// findBrowser gives the browser's program, and skips where a script can't run.
func findBrowser(t *testing.T) (browser string) {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil && browser == "" {
			browser = path
		}
	}
	_, noNode := exec.LookPath("node")
	_, noModule := os.Stat(filepath.Join(browserDir, "node_modules", "playwright-core"))
	switch {
	case testing.Short():
		t.Skip("short")
	case browser == "" || noNode != nil || noModule != nil:
		t.Skip("needs chromium, node, and npm ci in bot/workspace/browsertest")
	}
	return browser
}

// browse runs a script with an environment to its end. WORKSPACE_SCREENSHOTS
// names a directory for its pictures.
func browse(ctx context.Context, t *testing.T, script string, env ...string) {
	t.Helper()
	shots := os.Getenv("WORKSPACE_SCREENSHOTS")
	if shots == "" {
		shots = t.TempDir()
	}
	cmd := exec.CommandContext(ctx, "node", script)
	cmd.Dir = browserDir
	cmd.Env = append(append(os.Environ(), env...), "SHOTS="+shots, "PROFILE="+t.TempDir())
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}
