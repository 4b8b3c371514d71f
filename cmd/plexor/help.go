package main

import (
	"context"
	"fmt"
	"io/fs"
	"reflect"
	"strings"

	"github.com/plexorbot/plexor/investigations/plans"
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
	b.WriteString("\nplexor help COMMAND says more; plexor help config is the reference of the configuration,\n")
	b.WriteString("plexor help plexor.service and plexor help plexor-runner.service are systemd units.\n")
	b.WriteString("Results go to standard output, the rest to standard error; -o json wherever there is a result.\n")
	return b.String()
}

func helpCommand() command {
	return command{
		name: "help", args: "[COMMAND | TOPIC]", short: "explains commands and the configuration",
		long: `
config                  the reference of the configuration
plans                   how a plan is written
connection-refused.yml  the built-in plan itself, to copy
plexor.service          a systemd unit for the bot, hardened, and what to do before its first start
plexor-runner.service   one for a runner, with the capabilities that its probes need
prometheus-rules        alert rules that watch Plexor itself`,
		run: func(_ context.Context, p program) (int, error) {
			if len(p.args) == 0 {
				fmt.Fprint(p.out, overview())
				return exitOK, nil
			}
			texts := topics()
			for _, c := range commands() {
				texts[c.name] = c.help()
			}
			text, known := texts[p.args[0]]
			if !known {
				return exitFailed, &usageError{reason: fmt.Sprintf("there is no command or topic %q%s", p.args[0], nearest(p.args[0], sortedKeys(texts)))}
			}
			fmt.Fprint(p.out, text)
			return exitOK, nil
		},
	}
}

// topics are what help explains besides commands. The files among them can be
// written where they are used as they are printed.
func topics() map[string]string {
	texts := map[string]string{
		"config": configHelp(), "prometheus-rules": prometheusRules, "plans": plans.Guide,
		"plexor.service": botUnit, "plexor-runner.service": runnerUnit,
	}
	files, _ := fs.Glob(plans.Builtin(), "*.yml") // only a bad pattern fails
	for _, name := range files {
		text, err := fs.ReadFile(plans.Builtin(), name)
		if err == nil {
			texts[name] = string(text)
		}
	}
	return texts
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
