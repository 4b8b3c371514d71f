package alerts

import (
	"errors"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"10.0.3.12:8080", "10.0.3.12:8080"},
		{" Web-1.Example.COM.:80 ", "web-1.example.com:80"},
		{"[2001:DB8::7]:8443", "[2001:db8::7]:8443"},
		{"[::ffff:10.0.3.12]:8080", "10.0.3.12:8080"},
		{"http://10.0.3.12:8080/healthz?x=1", "10.0.3.12:8080"},
		{"https://user:secret@app.example.com/x", "app.example.com:443"},
		{"http://[fd00::1]/", "[fd00::1]:80"},
		{"tcp://db.internal:5432", "db.internal:5432"},
		{"fastcgi://127.0.0.1:9000", "127.0.0.1:9000"},
		{"pool", "pool"},
		{"bk_api/api2", "bk_api/api2"},
		{"web@docker", "web@docker"},
		{"outbound|8080||web.default.svc.cluster.local", "outbound|8080||web.default.svc.cluster.local"},
	} {
		if got, err := ParseTarget(c.in); got != c.want || err != nil {
			t.Errorf("ParseTarget(%q) = %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}

func TestParseTargetRefuses(t *testing.T) {
	for _, in := range []string{
		"", " ", "10.0.3.12", "2001:db8::7", "[2001:db8::7]", "127.1:80", "2130706433:80", "0x7f000001:80", "10.0.3.12:0", "10.0.3.12:65536",
		"10.0.3.12:http", "10.0.3.12:080", "web:", ":80", "1.2.3.4.5:80", "10.0.3.999:80", "999", "1.2.3", "a b", "a/b/c", "/etc/passwd",
		"../x", "$(reboot):80", "web;reboot:80", "-rf", "<!channel>", "ftp://files.example.com/x", "file:///etc/passwd", "http://", "icmp://10.0.3.12",
		"[fe80::1%eth0]:80", "http://127.1/", "wéb:80", "web\x00:80", "10:42",
	} {
		if got, err := ParseTarget(in); err == nil {
			t.Errorf("ParseTarget(%q) = %q, want an error", in, got)
		} else if !errors.Is(err, ErrTarget) && !errors.Is(err, errNoPort) {
			t.Errorf("ParseTarget(%q) fails with %v, want ErrTarget or errNoPort", in, err)
		}
	}
}
