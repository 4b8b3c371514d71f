package alerts

import (
	"slices"
	"strings"
	"testing"
)

func TestAddressesIn(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"connection refused by 10.20.0.7:9090", "10.20.0.7:9090"},
		{"L4CON (Connection refused) for 10.20.0.7:9090.", "10.20.0.7:9090"},
		{"cannot reach [fd20::7]:9090, giving up", "[fd20::7]:9090"},
		{"probe of https://shop.example.net/health failed", "shop.example.net:443"},
		{"GET http://10.20.0.7:9090/ready: 502", "10.20.0.7:9090"},
		{"lb1.example.net:8404 cannot connect to 10.20.0.7:9090", "10.20.0.7:9090"},
		{"dial tcp 10.1.1.1:40112->10.20.0.7:9090: connect: connection refused", "10.20.0.7:9090"},
		{"read tcp [fd20::1]:40112->[fd20::7]:9090: connection reset by peer", "[fd20::7]:9090"},
		{"connect ECONNREFUSED 10.20.0.7:9090", "10.20.0.7:9090"},
		{"10.20.0.7:9090 and 10.20.0.8:9090 are down", "10.20.0.7:9090 10.20.0.8:9090"},
		{"api:9090", "api:9090"},
		{"could not connect to api:9090", "api:9090"},
		{"refused a connection from 10.1.1.1:52144 to 10.20.0.7:9090", "10.20.0.7:9090"},
		{"target=10.20.0.7:9090", "10.20.0.7:9090"},
		{"env:prod, instance:10.20.0.7:9090, team:shop", "10.20.0.7:9090"},
		{"http://10.20.0.7:9090/a, see http://grafana.example.net:3000/d/abc", "10.20.0.7:9090"},
		{"dial tcp 10.20.0.7:9090: i/o timeout at 10:42", "10.20.0.7:9090"},
		{"connect ECONNREFUSED ::1:9090", "[::1]:9090"},
		{"connect ECONNREFUSED fd20:0:0::7:9090", "[fd20::7]:9090"},
		{"curl: (7) Failed to connect to shop.example.net port 9090 after 2 ms", "shop.example.net:9090"},
		{"connect to fd20::7 port 9090 failed", "[fd20::7]:9090"},
		{`connection to server at "10.20.0.7", port 5432 failed: Connection refused`, "10.20.0.7:5432"},
		{"ssh: connect to host web-2 port 22: Connection refused", "web-2:22"},
		{"HTTPConnectionPool(host='10.20.0.7', port=9090): Max retries exceeded", "10.20.0.7:9090"},
		{"Connection refused: shop.example.net/10.20.0.7:9090", "10.20.0.7:9090"},
		{"java.net.ConnectException: Connection refused: /10.20.0.7:9090", "10.20.0.7:9090"},
		{"http://***@10.20.0.7:9090/health failed", "10.20.0.7:9090"},
		{"api2 (10.20.0.7:9090) unreachable from lb1 (10.1.1.1:8404)", "10.20.0.7:9090"},
		{"client 10.1.1.1:52144 got 502 from 10.20.0.7:9090", "10.20.0.7:9090"},
	} {
		if got := strings.Join(addressesIn(c.in), " "); got != c.want {
			t.Errorf("addressesIn(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestAddressesInLooksTwice(t *testing.T) {
	for _, in := range []string{
		"", "down since 10:42", "last seen 10:42:13", "at 2026-11-21T02:41:07Z", "since 2026-11-21T02:41", "cannot reach 2026-11-21T02:41", "[2.0 (21/11/26 02:40:00)]",
		"mac aa:bb:cc:dd:ee:ff", "mac 00:16:3e:5e:6c:01", "00-16-3e:01", "haproxy 2.6.12", "v1.22:80", "nginx:1.25 is old", "image nginx:1",
		"route via fd20::7", "from fd20:1::7 to fd20:2::9", "::1", "fe80::1%eth0", "2001:db8::1:8080", "::ffff:10.20.0.7:9090",
		"error:111", "code:503 status:502", "line:42", "proxy.go:117: bad", "(reverseproxy.go:1272)", "at app.py:88", "Server.java:120",
		"sha256:12345", "see https://runbooks.example.net/x", "dashboard http://grafana.example.net:3000/d/abc",
		"lookup api on 127.0.0.53:53: no such host", "resolver: 127.0.0.53:53", "client: 10.1.1.1:52144", "10.20.0.7:99999", "10.20.0.7:0",
		"127.1:80", "registry/nginx:80", "ratio 3:2", "score 10:0", "${host}:80", "the user:1234 is gone", "10.20.0.7:80:90", "priority:1 severity:2",
		"instance lb1.example.net:8404 reports server api2 down", "0.0.0.0:9090 is taken", "[::]:9090 is taken", "connect to 0.0.0.0 port 80",
		"x http://a.example/10.20.0.7:9090", "reg.example.net/x/10.20.0.7:9090", "connect to port 9090", "the host = proxy.go, port = 117",
	} {
		if got := addressesIn(in); len(got) > 0 {
			t.Errorf("addressesIn(%q) = %q, want none", in, got)
		}
	}
}

func TestAddressesInIsBounded(t *testing.T) {
	if got := addressesIn(strings.Repeat("10.0.0.1:1 ", 100000)); !slices.Equal(got, []string{"10.0.0.1:1"}) {
		t.Errorf("addressesIn(many) = %v, want one", got)
	}
	addressesIn(strings.Repeat(":", 1<<20))
	addressesIn(strings.Repeat("a:1", 1<<20))
	addressesIn(strings.Repeat("://", 1<<20))
}
