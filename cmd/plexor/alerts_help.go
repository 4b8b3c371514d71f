package main

import _ "embed"

// alertsHelp says how each sender is set up.
//
//go:embed alerts_help.txt
var alertsHelp string

// prometheusRules are alert rules for Prometheus that watch Plexor itself.
//
//go:embed prometheus_rules.yml
var prometheusRules string

// botUnit runs the bot under systemd.
//
//go:embed plexor.service
var botUnit string

// runnerUnit runs plexor-runner under systemd.
//
//go:embed plexor-runner.service
var runnerUnit string
