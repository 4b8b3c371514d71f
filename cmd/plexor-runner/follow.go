package main

import (
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations/runner/agent"
	"github.com/plexorbot/plexor/investigations/runner/follow"
)

// noLogs is the word that turns following off.
const noLogs = "none"

// logSources are the logs that the command line names, or the usual ones.
func logSources(named []string) ([]follow.Source, error) {
	switch {
	case len(named) == 0:
		return usualLogs(exists), nil
	case slices.Equal(named, []string{noLogs}):
		return nil, nil
	}
	var all []follow.Source
	for _, text := range named {
		s, err := follow.ParseSource(text)
		if err != nil {
			return nil, fmt.Errorf("--follow: %w", err)
		}
		if !slices.Contains(alerts.Programs(), s.Program) {
			return nil, fmt.Errorf("--follow %s: the lines of %q are not known; known are %v", text, s.Program, alerts.Programs())
		}
		all = append(all, s)
	}
	return all, nil
}

// usualLogs are where Debian and its kind have nginx and HAProxy write. A file
// that is missing may come later. HAProxy's lines are in the journal where no
// other syslog writes a file of them.
func usualLogs(exists func(path string) bool) []follow.Source {
	const haproxyLog = "/var/log/haproxy.log"
	all := []follow.Source{{Program: "nginx", Kind: follow.File, Where: "/var/log/nginx/error.log"}}
	unit := exists("/lib/systemd/system/haproxy.service") || exists("/etc/systemd/system/haproxy.service")
	if unit && exists("/run/systemd/journal") && !exists(haproxyLog) {
		return append(all, follow.Source{Program: "haproxy", Kind: follow.Journal, Where: "haproxy.service"})
	}
	return append(all, follow.Source{Program: "haproxy", Kind: follow.File, Where: haproxyLog})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// newFollower makes what raises failures that this host's load balancer logs.
func newFollower(sources []follow.Source, state string, a *agent.Agent, log *slog.Logger) (*follow.Follower, error) {
	return follow.New(follow.Config{Sources: sources, State: state, Recognise: recognise, Raise: a.Raise, Log: log})
}

// recognise tells failures apart by what failed, and how.
func recognise(program string, line []byte) (key string, ok bool) {
	f, ok := alerts.Recognise(program, line)
	if !ok {
		return "", false
	}
	return f.Program + " " + f.Target + " " + f.Kind + " " + f.Why, true
}
