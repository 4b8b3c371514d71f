package slackapi

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/slack-go/slack"
	"go.yaml.in/yaml/v3"
)

// TestManifest decodes manifest.yml strictly into slack-go's own types: a field
// that Slack does not know would be refused when the app is made.
func TestManifest(t *testing.T) {
	text, err := os.ReadFile("../../manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	var m slack.Manifest
	if err := d.Decode(&m); err != nil {
		t.Fatalf("manifest.yml is not what Slack takes: %v", err)
	}
	if !slices.Equal(slices.Sorted(slices.Values(m.OAuthConfig.Scopes.Bot)), slices.Sorted(slices.Values(NeededScopes))) {
		t.Errorf("its scopes are %q, the code needs %q", m.OAuthConfig.Scopes.Bot, NeededScopes)
	}
	if m.Features.SlashCommands == nil || m.Features.SlashCommands[0].Command != "/diagnose" {
		t.Errorf("its commands are %+v, want /diagnose", m.Features.SlashCommands)
	}
}
