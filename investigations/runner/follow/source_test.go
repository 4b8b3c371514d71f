package follow

import (
	"strings"
	"testing"
)

func TestParseSource(t *testing.T) {
	for text, want := range map[string]Source{
		"nginx=/var/log/nginx/error.log":    {"nginx", File, "/var/log/nginx/error.log"},
		"nginx=/odd=name:x":                 {"nginx", File, "/odd=name:x"},
		"haproxy=journal:haproxy.service":   {"haproxy", Journal, "haproxy.service"},
		`haproxy=journal:lb\x2d1@a.service`: {"haproxy", Journal, `lb\x2d1@a.service`},
		"haproxy=syslog:/run/plexor/l.sock": {"haproxy", Syslog, "/run/plexor/l.sock"},
		"haproxy=udp:127.0.0.1:5514":        {"haproxy", UDP, "127.0.0.1:5514"},
		"haproxy=udp:[::1]:5514":            {"haproxy", UDP, "[::1]:5514"},
	} {
		got, err := ParseSource(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("ParseSource(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "nginx", "nginx=", "=/x", "NGINX=/x", "nginx=error.log", "nginx=journal:", "nginx=journal:--all", "nginx=journal:a b",
		"nginx=journal:../x", "nginx=syslog:x.sock", "nginx=syslog:/" + strings.Repeat("x", 107), "nginx=udp:0.0.0.0:514",
		"nginx=udp:10.0.0.1:514", "nginx=udp:127.0.0.1", "nginx=udp:127.0.0.1:0", "nginx=udp:localhost:514", "nginx=/a\x00b",
	} {
		if got, err := ParseSource(text); err == nil {
			t.Errorf("ParseSource(%q) = %+v, want an error", text, got)
		}
	}
}

func TestParseSources(t *testing.T) {
	programs := []string{"nginx", "haproxy"}
	got, err := ParseSources([]string{"nginx=/a", "nginx=/b", "haproxy=/a"}, programs)
	if err != nil || len(got) != 3 {
		t.Errorf("ParseSources = %v, %v", got, err)
	}
	for _, texts := range [][]string{{"nginx=/a", "nginx=/a"}, {"squid=/a"}, {"nginx=/a", "x"}} {
		if got, err := ParseSources(texts, programs); err == nil {
			t.Errorf("ParseSources(%q) = %v, want an error", texts, got)
		}
	}
}
