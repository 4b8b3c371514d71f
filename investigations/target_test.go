package investigations

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	tests := []struct {
		in   string
		want Target
	}{
		{"web.test:8080", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
		{"Web.Test.:8080", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
		{"my_app-1:80", Target{Text: "my_app-1:80", Kind: "name", Host: "my_app-1", Port: 80}},
		{"10.0.3.12:8080", Target{Text: "10.0.3.12:8080", Kind: "address", Host: "10.0.3.12", Port: 8080}},
		{"[fd00::C]:8080", Target{Text: "[fd00::c]:8080", Kind: "address", Host: "fd00::c", Port: 8080}},
		{"[::ffff:127.0.0.1]:80", Target{Text: "127.0.0.1:80", Kind: "address", Host: "127.0.0.1", Port: 80}},
		{"127.1:80", Target{Text: "127.0.0.1:80", Kind: "address", Host: "127.0.0.1", Port: 80}},
		{"2130706433:80", Target{Text: "127.0.0.1:80", Kind: "address", Host: "127.0.0.1", Port: 80}},
		{"0x7f.1:80", Target{Text: "127.0.0.1:80", Kind: "address", Host: "127.0.0.1", Port: 80}},
		{"0x7f000001:80", Target{Text: "127.0.0.1:80", Kind: "address", Host: "127.0.0.1", Port: 80}},
		{"0177.0.0.1:80", Target{Text: "127.0.0.1:80", Kind: "address", Host: "127.0.0.1", Port: 80}},
		{"10.1.65535:80", Target{Text: "10.1.255.255:80", Kind: "address", Host: "10.1.255.255", Port: 80}},
		{"http://web.test/login?token=x", Target{Text: "http://web.test", Kind: "url", Host: "web.test", Port: 80, Scheme: "http"}},
		{"HTTPS://web.test:8443/", Target{Text: "https://web.test:8443", Kind: "url", Host: "web.test", Port: 8443, Scheme: "https"}},
		{"https://[fd00::c]", Target{Text: "https://[fd00::c]", Kind: "url", Host: "fd00::c", Port: 443, Scheme: "https"}},
		{"tcp://10.0.0.1:6379", Target{Text: "tcp://10.0.0.1:6379", Kind: "url", Host: "10.0.0.1", Port: 6379, Scheme: "tcp"}},
		{"http://2130706433/", Target{Text: "http://127.0.0.1", Kind: "url", Host: "127.0.0.1", Port: 80, Scheme: "http"}},
		{"backend", Target{Text: "backend", Kind: "upstream", Host: "backend"}},
		{"upstream:API_pool", Target{Text: "API_pool", Kind: "upstream", Host: "API_pool"}},
		{"upstream:pool.1", Target{Text: "upstream:pool.1", Kind: "upstream", Host: "pool.1"}},
		{"upstream:8080", Target{Text: "upstream:8080", Kind: "name", Host: "upstream", Port: 8080}},
		{"be_web/web1", Target{Text: "be_web/web1", Kind: "upstream", Host: "be_web/web1"}},

		{"<http://web.test:8080|web.test:8080>", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
		{"<http://web.test|web.test>:8080", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
		{"<http://web.test:8080/>", Target{Text: "http://web.test:8080", Kind: "url", Host: "web.test", Port: 8080, Scheme: "http"}},
		{"<https://web.test|our shop>", Target{Text: "https://web.test", Kind: "url", Host: "web.test", Port: 443, Scheme: "https"}},
		{"<tel:10.0.3.128080|10.0.3.12:8080>", Target{}},
		{"<tel:10.0.3.12:8080|10.0.3.12:8080>", Target{Text: "10.0.3.12:8080", Kind: "address", Host: "10.0.3.12", Port: 8080}},
		{"“web.test:8080”", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
		{"‘web.test:8080’.", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
		{" `web.test:8080`, ", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
		{"web.test:8080:", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
		{"(web.test:8080)?", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
		{"*web.test:8080*", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
		{"\ufeffweb.test:8080\u200b", Target{Text: "web.test:8080", Kind: "name", Host: "web.test", Port: 8080}},
	}
	for _, tt := range tests {
		got, err := ParseTarget(tt.in)
		if tt.want == (Target{}) {
			if err == nil {
				t.Errorf("ParseTarget(%q) = %+v, want an error", tt.in, got)
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("ParseTarget(%q) = %+v, %v, want %+v", tt.in, got, err, tt.want)
		}
	}
}

func TestParseTargetRefuses(t *testing.T) {
	tests := []struct{ in, reason, hint string }{
		{"", "no target", "web.test:8080"},
		{" \t", "no target", "web.test:8080"},
		{"web.test:0", "no such port", "1 to 65535"},
		{"web.test:70000", "no such port", "1 to 65535"},
		{"web.test:99999999999999999999", "no such port", "1 to 65535"},
		{"web.test:http", "not a number", "1 to 65535"},
		{"web.test:-1", "not a number", "1 to 65535"},
		{"web.test:", "not a number", ""},
		{":8080", "host is missing", ""},
		{"8080", "port without a host", "web.test:8080"},
		{"10.0.3.12", "port is missing", "10.0.3.12:8080"},
		{"127.1", "port is missing", "127.0.0.1:8080"},
		{"fd00::12", "needs brackets", "[fd00::12]:8080"},
		{"[fd00::12]", "port is missing", "[fd00::12]:8080"},
		{"[fd00::12:8080", "brackets", "[fd00::12]:8080"},
		{"[web]:80", "not an IPv6", "[fd00::12]:8080"},
		{"[10.0.0.1]:80", "not an IPv6", "[fd00::12]:8080"},
		{"[fe80::1%eth0]:80", "zone", "link-local"},
		{"a:b:c", "more than one colon", ""},
		{"256.1.1.1:80", "IPv4", "10.0.3.12:8080"},
		{"1.2.3.4.5:80", "IPv4", "10.0.3.12:8080"},
		{"4294967296:80", "IPv4", "10.0.3.12:8080"},
		{"08.1.1.1:80", "IPv4", "10.0.3.12:8080"},
		{"-web:80", "no host of that name", ""},
		{"web..test:80", "no host of that name", ""},
		{strings.Repeat("a", 64) + ":80", "no host of that name", ""},
		{strings.Repeat("a.", 127) + "a:80", "longer than 253", ""},
		{strings.Repeat("a", 100<<10), "too long", "web.test:8080"},
		{"web;rm -rf /:80", "space", ""},
		{"web;id:80", "no host of that name", ""},
		{"$(id):80", "no host of that name", ""},
		{"web\x00:80", "control", ""},
		{"web\u202e:80", "control", ""},
		{"we\u200bb:80", "control", ""},
		{"\xff\xfe:80", "not text", ""},
		{"bücher.test:80", "not ASCII", "xn--bcher-kva.test"},
		{"аpple.test:80", "not ASCII", "xn--pple-43d.test"},
		{"１２７.0.0.1:80", "not ASCII", "127.0.0.1"},
		{"bücher", "not ASCII", "xn--bcher-kva"},
		{"http://", "host is missing", ""},
		{"http:///path", "host is missing", ""},
		{"1http://web", "scheme", ""},
		{"tcp://web.test", "port is missing", "web.test:8080"},
		{"<@U0123456>", "mention", ""},
		{"<!channel>", "mention", ""},
		{"<mailto:root@web.test|root@web.test>", "mail address", "web.test:8080"},
		{"what?is/this", "neither", ""},
	}
	for _, tt := range tests {
		got, err := ParseTarget(tt.in)
		var te *TargetError
		if !errors.As(err, &te) || !strings.Contains(te.Reason, tt.reason) || !strings.Contains(te.Hint, tt.hint) || te.Hint == "" {
			t.Errorf("ParseTarget(%.40q) = %+v, %+v, want reason %q, hint %q", tt.in, got, te, tt.reason, tt.hint)
		}
	}
}

func TestParseTargetNeverEchoesAPassword(t *testing.T) {
	for _, in := range []string{
		"https://root:hunter2@web.test:8443/",
		"<https://root:hunter2@web.test>",
		"root:hunter2@web.test:80",
		"postgres://u:hunter2@db:5432/x",
		"https://root:hunter2@[bad:80",
		"https://root:hunter2@web.test:0",
		"https://root:hunter2@",
		"hunter2:x@@y@z",
	} {
		got, err := ParseTarget(in)
		var te *TargetError
		if !errors.As(err, &te) || strings.Contains(te.Reason+te.Hint+err.Error(), "hunter2") || !reflect.ValueOf(got).IsZero() {
			t.Errorf("ParseTarget(%q) = %+v, %+v, want a refusal without the password", in, got, err)
		}
		if te != nil && te.Reason != "it holds a password" {
			t.Errorf("ParseTarget(%q): reason %q, want that it holds a password", in, te.Reason)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"web:80", "[::1]:80", "127.1:1", "http://a:b@c/d", "<http://a:1|a:1>", "upstream:a/b", "upstream:0x1", "“x”", "0x.:1", "a/b.1", "ẞ:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ParseTarget(in)
		if err != nil {
			var te *TargetError
			if !errors.As(err, &te) || te.Reason == "" || te.Hint == "" {
				t.Fatalf("ParseTarget(%q): error %#v is no full *TargetError", in, err)
			}
			return
		}
		if again, err := ParseTarget(got.Text); err != nil || again != got {
			t.Fatalf("ParseTarget(%q) = %+v, but its text gives %+v, %v", in, got, again, err)
		}
		if got.Host == "" || (got.Port < 1 || got.Port > 65535) != (got.Kind == TargetUpstream) || strings.ContainsAny(got.Text, " <>|\"'`$;&\\\n\x00@") {
			t.Fatalf("ParseTarget(%q) = %+v", in, got)
		}
	})
}
