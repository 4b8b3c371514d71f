package workspace

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// commands are those of an app that diagnoses.
var commands = []Command{{Name: "/diagnose", Usage: "TARGET [plan=NAME] [key=value…]", Description: "Finds out why a backend refuses connections",
	Subcommands: []Subcommand{{"help", "shows how it is written"}, {"runners", "lists the runners"}, {"history", "lists past investigations"}}}}

// chromium is a browser on this machine; empty where there is none.
func chromium() string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	return ""
}

// node runs a script of ours with Node, and skips where Node or what the script needs is not installed.
func node(t *testing.T, dir, needs, script string, env ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("short")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no node")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", needs)); err != nil {
		t.Skipf("%s is not installed: npm ci in %s", needs, dir)
	}
	limit, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(limit, "node", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// TestPage drives the page with a browser. WORKSPACE_SCREENSHOTS names a directory for pictures of it.
func TestPage(t *testing.T) {
	browser := chromium()
	if browser == "" {
		t.Skip("no chromium: set CHROMIUM")
	}
	b := newBed(t, Config{Commands: commands, Shortcuts: []Shortcut{{Name: "Diagnose this", CallbackID: "diagnose_message", Type: "message"}}})
	b.dial(diagnoser(b))
	b.hostile()
	shots := getenv("WORKSPACE_SCREENSHOTS", t.TempDir())
	node(t, "browsertest", "playwright-core", "run.mjs", "URL="+b.url, "BROWSER="+browser, "SHOTS="+shots, "PROFILE="+t.TempDir())
}

// hostile fills #alerts with what a stranger might write.
func (b *bed) hostile() {
	b.t.Helper()
	for _, text := range []string{
		`<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`,
		`<javascript:window.hacked=1|click me> <data:text/html,x|and me> [md](javascript:window.hacked=1)`,
		`&lt;!channel&gt; *bold* _italic_ <https://example.test/a?b=1|a link> <@U2> <#C1>`,
	} {
		if _, err := b.ctl.Message(b.t.Context(), NewMessage{Channel: "alerts", Bot: `<b>alert</b>`, Text: text,
			Attachments: []byte(`[{"color":"danger","title":"Down <i>","title_link":"javascript:window.hacked=1","text":"<b>x</b>","fields":[{"title":"target","value":"web:8080","short":true}]}]`)}); err != nil {
			b.t.Fatal(err)
		}
	}
	b.must(b.api("chat.postMessage", url.Values{"channel": {"alerts"}, "text": {"evidence"}, "blocks": {`[
	 {"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"<!channel> <img src=x onerror=window.hacked=1> "},{"type":"link","url":"javascript:window.hacked=1","text":"link"}]},
	 {"type":"rich_text_preformatted","elements":[{"type":"text","text":"<script>window.hacked=1</script>"}]}]},
	 {"type":"markdown","text":"<img src=x onerror=window.hacked=1> [x](javascript:window.hacked=1) ![y](https://tracker.test/y.png)"},
	 {"type":"plan","title":"<b>plan</b>","tasks":[{"type":"task_card","task_id":"a","title":"<i>task</i>","sources":[{"type":"url","url":"javascript:window.hacked=1","text":"source"}]}]},
	 {"type":"image","image_url":"https://tracker.test/x.png","alt_text":"a tracker"}]`}}))
}
