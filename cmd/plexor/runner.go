package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/plexorbot/plexor/investigations"
)

func runnerCommand() command {
	return command{
		name: "runner", args: "token --name NAME [--label key=value …] [--ttl 1h] | list | revoke NAME", short: "joins, lists and sends away the runners of a running bot",
		long: `
runner token prints a join token: single use, good for an hour unless --ttl says
otherwise. A load balancer's runner is labelled role=lb.

On the host, as root; the program is static, and needs nothing else there:

  CGO_ENABLED=0 go build ./cmd/plexor-runner      # in this repository; GOARCH=arm64 for another processor
  scp plexor-runner HOST:/usr/local/bin/
  plexor help plexor-runner.service | ssh HOST 'cat > /etc/systemd/system/plexor-runner.service'
  plexor runner token --name NAME | ssh HOST '(umask 077; sed s/^/PLEXOR_JOIN=/ > /etc/plexor-runner.env)'
  ssh HOST systemctl enable --now plexor-runner

It dials runners.advertise (or runners.listen) and opens no port. Once it has joined it
keeps its own key in --state; the token is used up. To upgrade, copy the new program
beside the old one, mv it over it, and systemctl restart plexor-runner. A host whose
state is lost is revoked and joins anew. Without root: PLEXOR_JOIN=TOKEN plexor-runner
--state DIR; runner list says what its probes then lack. plexor-runner --help has its
policy, and which logs of a load balancer it follows.`,
		run: runnerRun,
	}
}

func runnerRun(ctx context.Context, p program) (int, error) {
	if len(p.args) == 0 {
		return exitFailed, &usageError{reason: "token, list or revoke?", hint: "plexor help runner"}
	}
	verb, args := p.args[0], p.args[1:]
	if verb != "token" && verb != "list" && verb != "revoke" && !strings.HasPrefix(verb, "-") {
		return exitFailed, &usageError{reason: fmt.Sprintf("runner %s: it is token, list or revoke", verb), hint: "plexor help runner"}
	}
	f := newFlags("runner")
	var w where
	w.flags(f.FlagSet)
	o := f.output()
	name, ttl, labels := f.String("name", "", ""), f.String("ttl", "", ""), pairs{}
	f.Var(labels, "label", "")
	least := map[string]int{"revoke": 1}[verb]
	if err := f.parse(args, least, least); err != nil {
		return exitFailed, err
	}
	c, err := w.client(p.env)
	if err != nil {
		return exitFailed, err
	}
	switch verb {
	case "token":
		return exitOK, runnerToken(ctx, p.out, c, map[string]any{"name": *name, "labels": labels, "ttl": *ttl}, *o)
	case "list":
		return exitOK, runnerList(ctx, p.out, c, *o)
	case "revoke":
		err = c.call(ctx, http.MethodDelete, "/api/v1/runners/"+url.PathEscape(f.args[0]), nil, nil)
		if err == nil {
			err = done(p.out, *o, "revoked", f.args[0])
		}
		return exitOK, err
	}
	return exitFailed, &usageError{reason: "token, list or revoke?", hint: "plexor help runner"}
}

func runnerToken(ctx context.Context, out io.Writer, c *client, req map[string]any, o string) error {
	if req["name"] == "" {
		return &usageError{reason: "a runner needs a name", hint: "plexor runner token --name web-1 --label role=backend"}
	}
	var answer struct {
		Token string `json:"token"`
	}
	if err := c.call(ctx, http.MethodPost, "/api/v1/runners/tokens", req, &answer); err != nil {
		return err
	}
	if o == "json" {
		return printJSON(out, answer)
	}
	_, err := fmt.Fprintln(out, answer.Token)
	return err
}

func runnerList(ctx context.Context, out io.Writer, c *client, o string) error {
	var all []investigations.Runner
	if err := c.call(ctx, http.MethodGet, "/api/v1/runners", nil, &all); err != nil {
		return err
	}
	if o == "json" {
		return printJSON(out, all)
	}
	for _, r := range all {
		state := "alive"
		if !r.Alive {
			state = "lost since " + r.Seen.Local().Format("2006-01-02 15:04:05")
		}
		var labels []string
		for k, v := range r.Labels {
			labels = append(labels, k+"="+v)
		}
		fmt.Fprintf(out, "%-20s %-8s %-10s %s  %s\n", clean(r.Name), state, clean(r.OS), clean(strings.Join(r.Addresses, " ")), clean(strings.Join(labels, " ")))
		for _, probe := range sortedKeys(r.Lacks) {
			fmt.Fprintf(out, "%-20s   %s: %s\n", "", clean(probe), clean(r.Lacks[probe]))
		}
	}
	return nil
}
