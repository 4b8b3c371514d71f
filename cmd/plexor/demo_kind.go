package main

import (
	"encoding/json"
	"fmt"
	"runtime"
)

// demoKind is one backend of the demo and what is wrong with it.
type demoKind struct {
	name  string // word of the hidden command that plays it
	port  int    // that it listens on at first; another if that is taken
	host  string // that the load balancer asks; 127.0.0.1 unless it is the fault
	story string // for the channel
}

// demoKinds are the backends that can be had on this system without root.
func demoKinds() []demoKind {
	kinds := []demoKind{
		{name: "healthy", port: 18080, host: "127.0.0.1", story: "a backend that works"},
		{name: "stopped", port: 18081, host: "127.0.0.1", story: "was here a moment ago"},
		{name: "moved", port: 18082, host: "127.0.0.1", story: "runs, but the load balancer asks the wrong port"},
	}
	if runtime.GOOS == "linux" { // other systems have no 127.0.0.2, and no backlog of one
		kinds = append(kinds,
			demoKind{name: "loopback", port: 18083, host: "127.0.0.2", story: "listens, but not on the address that is asked"},
			demoKind{name: "hung", port: 18084, host: "127.0.0.1", story: "takes no connections any more"},
		)
	}
	return kinds
}

// The buttons of the welcome.
const (
	demoBreak = "demo_break"
	demoMend  = "demo_mend"
)

// demoWelcome is what the channel says when the page opens.
func demoWelcome(backends []*demoBackend, lb string) (blocks json.RawMessage, text string, err error) {
	lines := []map[string]any{}
	for _, b := range backends {
		lines = append(lines, map[string]any{"type": "rich_text_section", "elements": []map[string]any{
			{"type": "text", "text": "/diagnose " + b.target(), "style": map[string]any{"code": true}},
			{"type": "text", "text": "  " + b.kind.story},
		}})
	}
	text = fmt.Sprintf("Welcome. Type /diagnose %s, or another of these backends, or press a button.", backends[min(1, len(backends)-1)].target())
	blocks, err = json.Marshal([]map[string]any{
		{"type": "header", "text": map[string]any{"type": "plain_text", "text": "Which backend is broken, and why?"}},
		{"type": "rich_text", "elements": []map[string]any{
			demoText("These run on this machine behind a small load balancer. Type one of the lines, and read the thread:"),
			{"type": "rich_text_list", "style": "bullet", "elements": lines},
			demoText("\nOr type nothing: break the backend behind http://" + lb + "/. Its load balancer logs that, the bot's runner there reads the log, and the thread comes by itself."),
		}},
		{"type": "actions", "elements": []map[string]any{
			demoButton("Break a backend", demoBreak, "danger"), demoButton("Mend it", demoMend, "primary"),
		}},
	})
	return blocks, text, err
}

func demoText(s string) map[string]any {
	return map[string]any{"type": "rich_text_section", "elements": []map[string]any{{"type": "text", "text": s}}}
}

func demoButton(text, action, style string) map[string]any {
	return map[string]any{"type": "button", "action_id": action, "style": style, "text": map[string]any{"type": "plain_text", "text": text}}
}
