package main

import (
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
	return follow.ParseSources(named, alerts.Programs())
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
	return follow.New(follow.Config{Sources: sources, State: state, Recognise: alerts.Key, Raise: a.Raise, Log: log})
}
