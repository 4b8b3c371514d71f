package bot

import (
	"os"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/plexorbot/plexor/bot/slackapi"
	"go.yaml.in/yaml/v3"
)

// appManifest is the part of manifest.yml that the code has a word in.
type appManifest struct {
	Display struct {
		Name  string `yaml:"name"`
		Short string `yaml:"description"`
		Long  string `yaml:"long_description"`
	} `yaml:"display_information"`
	Features struct {
		Home struct {
			Home bool `yaml:"home_tab_enabled"`
		} `yaml:"app_home"`
		Shortcuts []struct {
			Name        string `yaml:"name"`
			Type        string `yaml:"type"`
			Callback    string `yaml:"callback_id"`
			Description string `yaml:"description"`
		} `yaml:"shortcuts"`
		Commands []struct {
			Command     string `yaml:"command"`
			Description string `yaml:"description"`
			Hint        string `yaml:"usage_hint"`
			URL         string `yaml:"url"`
		} `yaml:"slash_commands"`
	} `yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `yaml:"bot"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
		Interactivity struct {
			Enabled bool `yaml:"is_enabled"`
		} `yaml:"interactivity"`
		SocketMode bool `yaml:"socket_mode_enabled"`
	} `yaml:"settings"`
}

func readManifest(t *testing.T) appManifest {
	t.Helper()
	text, err := os.ReadFile("../manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	var m appManifest
	if err := yaml.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestManifestRules holds manifest.yml against the limits of Slack's reference:
// https://docs.slack.dev/reference/app-manifest
func TestManifestRules(t *testing.T) {
	m := readManifest(t)
	within := func(what, text string, least, most int) {
		if n := utf8.RuneCountInString(text); n < least || n > most {
			t.Errorf("%s has %d characters, want %d to %d", what, n, least, most)
		}
	}
	within("name", m.Display.Name, 1, 35)
	within("description", m.Display.Short, 1, 140)
	within("long_description", m.Display.Long, 175, 4000)
	if len(m.Features.Shortcuts) > 10 {
		t.Errorf("%d shortcuts, at most 10", len(m.Features.Shortcuts))
	}
	for _, s := range m.Features.Shortcuts {
		within("shortcut "+s.Callback, s.Name, 1, 24)
		within("shortcut "+s.Callback+": description", s.Description, 1, 150)
	}
	for _, c := range m.Features.Commands {
		within("command", c.Command, 2, 32)
		within("command "+c.Command+": description", c.Description, 1, 2000)
		within("command "+c.Command+": usage_hint", c.Hint, 1, 1000)
		if m.Settings.SocketMode && c.URL != "" {
			t.Errorf("command %s has a url, which Socket Mode refuses", c.Command)
		}
	}
}

// TestManifestIsHandled holds it against what the code asks for and answers to.
func TestManifestIsHandled(t *testing.T) {
	m := readManifest(t)
	same := func(what string, got, want []string) {
		if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s = %q, the code has %q", what, got, want)
		}
	}
	var callbacks, commands []string
	for _, s := range m.Features.Shortcuts {
		callbacks = append(callbacks, s.Type+" "+s.Callback)
	}
	for _, c := range m.Features.Commands {
		commands = append(commands, c.Command)
	}
	same("shortcuts", callbacks, []string{"global " + actionAsk, "message " + callbackMessage})
	same("commands", commands, []string{"/diagnose"})
	same("bot scopes", m.OAuth.Scopes.Bot, slackapi.NeededScopes)
	same("bot events", m.Settings.Events.Bot, handledEvents)
	if !m.Settings.Interactivity.Enabled || !m.Features.Home.Home || !m.Settings.SocketMode {
		t.Error("interactivity, the Home tab and Socket Mode have to be on")
	}
}
