package main

import (
	"context"
	"fmt"
	"reflect"
	"strings"
)

// commands are the words of the command line, in the order of help.
func commands() []command {
	return []command{
		demoCommand(), serveCommand(), diagnoseCommand(), planCommand(), runnerCommand(), alertsCommand(), scheduleCommand(),
		historyCommand(), showCommand(), doctorCommand(), backupCommand(), workspaceCommand(), versionCommand(), helpCommand(),
	}
}

func commandNames() (names []string) {
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

func overview() string {
	var b strings.Builder
	b.WriteString("Plexor finds out why a load balancer can't connect to a backend.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  plexor %-10s %s\n", c.name, c.short)
	}
	b.WriteString("\nplexor help COMMAND says more; plexor help config is the reference of the configuration.\n")
	b.WriteString("Results go to standard output, the rest to standard error; -o json wherever there is a result.\n")
	return b.String()
}

func helpCommand() command {
	return command{
		name: "help", args: "[COMMAND | config | prometheus-rules]", short: "explains commands and the configuration", long: "",
		run: func(_ context.Context, p program) (int, error) {
			if len(p.args) == 0 {
				fmt.Fprint(p.out, overview())
				return exitOK, nil
			}
			if p.args[0] == "config" {
				fmt.Fprint(p.out, configHelp())
				return exitOK, nil
			}
			if p.args[0] == "prometheus-rules" {
				fmt.Fprint(p.out, prometheusRules)
				return exitOK, nil
			}
			for _, c := range commands() {
				if c.name == p.args[0] {
					fmt.Fprint(p.out, c.help())
					return exitOK, nil
				}
			}
			return exitFailed, &usageError{reason: fmt.Sprintf("there is no command %q%s", p.args[0], nearest(p.args[0], commandNames()))}
		},
	}
}

// configExample is the least that a bot in a real workspace needs.
const configExample = `data: /var/lib/plexor
http: {listen: 127.0.0.1:8066, token_file: /etc/plexor/token}
runners: {listen: 0.0.0.0:4222, advertise: plexor.example.com:4222}
targets: {allow: [10.0.0.0/8, "*.internal.example.com"]}
slack: {channel: ops}
`

// configHelp is the reference of the configuration, made from the structs that
// it is decoded into.
func configHelp() string {
	var b strings.Builder
	b.WriteString("The configuration is one YAML file: --config FILE, plexor.yml unless given. For example:\n\n")
	for l := range strings.Lines(configExample) {
		b.WriteString("  " + l)
	}
	b.WriteString("\nSecrets never stand in it: they are in the environment or in files that it names.\n\n")
	fieldHelp(&b, reflect.TypeFor[config](), "")
	return b.String()
}

func fieldHelp(b *strings.Builder, t reflect.Type, path string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := strings.TrimPrefix(path+"."+f.Tag.Get("yaml"), ".")
		elem := f.Type
		if elem.Kind() == reflect.Slice {
			elem = elem.Elem()
			if elem.Kind() == reflect.Struct {
				name += "[]"
			}
		}
		if elem.Kind() == reflect.Map && elem.Elem().Kind() == reflect.Struct {
			elem, name = elem.Elem(), name+".NAME"
		}
		if help := f.Tag.Get("help"); help != "" {
			fmt.Fprintf(b, "  %-34s %s\n", name, help)
		}
		if elem.Kind() == reflect.Struct {
			fieldHelp(b, elem, name)
		}
	}
}
