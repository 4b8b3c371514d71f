package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/plexorbot/plexor/bot/workspace"
)

func workspaceCommand() command {
	return command{
		name: "workspace", args: "[--listen 127.0.0.1:8065] [--request-url URL --signing-secret SECRET]", short: "serves a Slack-compatible workspace on this machine",
		long: `
For trying a bot out without Slack: it speaks Slack's protocol, any token is taken,
and its page looks and behaves like a workspace. Set slack.api_url to its /api/.`,
		run: workspaceRun, server: true,
	}
}

func workspaceRun(ctx context.Context, p program) (int, error) {
	f := newFlags("workspace")
	listen := f.String("listen", "127.0.0.1:8065", "")
	requestURL, signing := f.String("request-url", "", ""), f.String("signing-secret", "", "")
	if err := f.parse(p.args, 0, 0); err != nil {
		return exitFailed, err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return exitFailed, fmt.Errorf("listen for the page: %w", err)
	}
	w := workspace.New(workspaceConfig(workspace.Config{RequestURL: *requestURL, SigningSecret: *signing, Log: newLog(p.err, "info")}))
	defer w.Close()
	fmt.Fprintf(p.out, "page:    http://%s/\napi_url: http://%s/api/\n", l.Addr(), l.Addr())
	if err := servePage(ctx, l, w.Handler()); err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// servePage serves the workspace, whose connections may stay open for long.
func servePage(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve the page: %w", err)
	case <-ctx.Done():
		err := s.Close()
		<-done
		return err
	}
}

// workspaceConfig tells the workspace which commands and shortcuts there are:
// those of manifest.yml.
func workspaceConfig(c workspace.Config) workspace.Config {
	c.Commands = []workspace.Command{{
		Name: "/diagnose", Description: "Find out why a backend can't be connected to", Usage: "HOST:PORT [key=value …]",
		Subcommands: []workspace.Subcommand{
			{Text: "help", Description: "how it is written"},
			{Text: "runners", Description: "from where it can look"},
			{Text: "history", Description: "what was found before, and what a backend was"},
			{Text: "schedule", Description: "look again and again, and tell what changes"},
		},
	}}
	c.Shortcuts = []workspace.Shortcut{
		{Name: "Diagnose a backend", CallbackID: "ask", Type: "global", Description: "Asks which one"},
		{Name: "Diagnose this", CallbackID: "diagnose_message", Type: "message", Description: "Diagnoses the backend that a message names"},
	}
	return c
}
