package alerts

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// ordinary are forms of lines that say nothing about a server behind a load balancer, some of them made by clients to look as if they
// did. "$" is replaced by a number, "@" by an address, "~" by something that a client wrote.
var ordinary = []string{
	// nginx: access log and the error log's everyday lines
	`@ - - [05/Oct/2026:11:22:33 +0000] "GET /~ HTTP/1.1" 200 $ "https://shop.example.net/~" "Mozilla/5.0 (X11; Linux x86_64) ~"`,
	`@ - alice [05/Oct/2026:11:22:33 +0000] "GET /~ HTTP/2.0" 502 $ "-" "~"`,
	`2026/10/05 11:22:33 [error] 812#812: *$ open() "/srv/www/~" failed (2: No such file or directory), client: @, server: shop.example.net, request: "GET /~ HTTP/1.1", host: "shop.example.net"`,
	`2026/10/05 11:22:33 [error] 812#812: *$ access forbidden by rule, client: @, server: _, request: "GET /~ HTTP/1.1", host: "shop.example.net", referrer: "~"`,
	`2026/10/05 11:22:33 [warn] 812#812: *$ an upstream response is buffered to a temporary file /var/cache/nginx/$ while reading upstream, client: @, server: _, request: "GET /~ HTTP/1.1", upstream: "http://10.40.1.9:7070/~", host: "shop.example.net"`,
	`2026/10/05 11:22:33 [warn] 812#812: *$ a client request body is buffered to a temporary file /var/cache/nginx/$, client: @, server: _, request: "POST /~ HTTP/1.1", host: "shop.example.net"`,
	`2026/10/05 11:22:33 [error] 812#812: *$ FastCGI sent in stderr: "PHP message: PHP Warning:  fsockopen(): unable to connect to 10.0.0.9:25 (Connection refused) ~" while reading response header from upstream, client: @, server: _, request: "GET /~ HTTP/1.1", upstream: "fastcgi://127.0.0.1:9400", host: "shop.example.net"`,
	`2026/10/05 11:22:33 [info] 812#812: *$ client prematurely closed connection, so upstream connection is closed too while sending request to upstream, client: @, server: _, request: "GET /~ HTTP/1.1", upstream: "http://10.40.1.9:7070/", host: "shop.example.net"`,
	`2026/10/05 11:22:33 [info] 812#812: *$ epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while connecting to upstream, client: @, server: _, request: "GET / HTTP/1.1", upstream: "http://10.40.1.9:7070/", host: "~"`,
	`2026/10/05 11:22:33 [error] 812#812: *$ limiting requests, excess: 5.$ by zone "api", client: @, server: _, request: "GET /~ HTTP/1.1", host: "shop.example.net"`,
	`2026/10/05 11:22:33 [crit] 812#812: *$ SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking, client: @, server: 0.0.0.0:443`,
	`2026/10/05 11:22:33 [info] 812#812: *$ recv() failed (104: Connection reset by peer) while reading client request line, client: @, server: _, request: "~"`,
	`2026/10/05 11:22:33 [notice] 812#812: signal process started`,
	`2026/10/05 11:22:33 [notice] 812#812: start worker process $`,
	`2026/10/05 11:22:33 [error] 812#812: *$ upstream sent too big header while reading response header from upstream, client: @, server: _, request: "GET /~ HTTP/1.1", upstream: "http://10.40.1.9:7070/", host: "shop.example.net"`,
	`2026/10/05 11:22:33 [error] 812#812: connect() failed (111: Connection refused) while requesting certificate status, responder: ocsp.example.net, peer: 10.9.9.9:80, certificate: "/etc/ssl/upstream.pem"`,
	// HAProxy
	`@:$ [05/Oct/2026:11:22:33.456] https~ bk_shop/web7 0/0/1/$/9 200 $ - - ---- 12/8/2/0/0 0/0 "GET /~ HTTP/1.1"`,
	`@:$ [05/Oct/2026:11:22:33.456] https~ bk_shop/web7 0/0/1/$/9 200 $ - - CD-- 12/8/2/0/0 0/0 "GET /~ HTTP/1.1"`,
	`@:$ [05/Oct/2026:11:22:33.456] https~ bk_shop/web7 0/0/1/-1/9 -1 $ - - CH-- 12/8/2/0/0 0/0 "GET /~ HTTP/1.1"`,
	`@:$ [05/Oct/2026:11:22:33.456] https~ https/<NOSRV> -1/-1/-1/-1/0 400 $ - - PR-- 12/8/2/0/0 0/0 "<BADREQ>"`,
	`@:$ [05/Oct/2026:11:22:33.456] stats stats/<STATS> 0/0/0/0/0 200 $ - - LR-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"`,
	`@:$ [05/Oct/2026:11:22:33.456] https~ https/<NOSRV> -1/-1/-1/-1/$ 408 212 - - cR-- 12/8/2/0/0 0/0 "<BADREQ>"`,
	`@:$ [05/Oct/2026:11:22:33.456] fe_pg bk_pg/pg1 1/0/$ $ -- 2/2/1/0/0 0/0`,
	`@:$ [05/Oct/2026:11:22:33.456] fe_pg bk_pg/pg1 1/0/$ $ cD 2/2/1/0/0 0/0`,
	`@:$ [05/Oct/2026:11:22:33.456] https~ bk_shop/web7 0/0/1/$/9 503 $ - - ---- 12/8/2/0/0 0/0 "GET /SC--%20bk_x/s1%20SC-- HTTP/1.1"`,
	`@:$ [05/Oct/2026:11:22:33.456] https/1: SSL handshake failure`,
	`Proxy bk_shop started.`,
	`Server bk_shop/web7 is UP/READY (leaving forced maintenance).`,
	`Server bk_shop/web7 is going DOWN for maintenance. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.`,
	`Health check for server bk_shop/web7 succeeded, reason: Layer7 check passed, code: 200, check duration: $ms, status: 3/3 UP.`,
	`[NOTICE]   (715) : haproxy version is 2.6.12-1+deb12u1`,
	`[WARNING]  (715) : Proxy bk_shop stopped (cumulated conns: FE: 0, BE: $).`,
	// Envoy
	`[2026-10-05T11:22:33.456Z] "GET /~ HTTP/1.1" 200 - via_upstream - "-" 0 $ 3 2 "-" "~" "7d1f" "orders:7070" "10.40.2.5:7070" outbound|7070||orders.shop.svc.cluster.local - 10.96.4.1:7070 @:$ - default`,
	`[2026-10-05T11:22:33.456Z] "GET /~ HTTP/1.1" 404 NR route_not_found - "-" 0 0 $ - "-" "~" "7d1f" "orders:7070" "-" - - 10.96.4.1:7070 @:$ - -`,
	`[2026-10-05T11:22:33.456Z] "GET /~ HTTP/1.1" 0 DC downstream_remote_disconnect - "-" 0 0 $ - "-" "~" "7d1f" "orders:7070" "10.40.2.5:7070" outbound|7070||orders.shop.svc.cluster.local - - - - default`,
	`[2026-10-05T11:22:33.456Z] "GET /~ HTTP/1.1" 429 RL request_rate_limited - "-" 0 $ 0 - "-" "~" "7d1f" "orders:7070" "-" - - - - - -`,
	`[2026-10-05T11:22:33.456Z] "GET /~ HTTP/1.1" 503 UO overflow - "-" 0 $ 0 - "-" "-" "7d1f" "orders:7070" "-" outbound|7070||orders.shop.svc.cluster.local - - - - default`,
	`{"start_time":"2026-10-05T11:22:33.456Z","response_code":200,"response_flags":"-","upstream_host":"10.40.2.5:7070","path":"/~","bytes_sent":$}`,
	`{"start_time":"2026-10-05T11:22:33.456Z","response_code":404,"response_flags":"NR","upstream_host":null,"path":"/~","bytes_sent":$}`,
	// ALB
	`https 2026-10-05T11:22:33.456789Z app/shop/50dc6c495c0c9188 @:$ 10.40.3.8:7070 0.001 0.010 0.000 200 200 213 $ "GET https://shop.example.net:443/~ HTTP/1.1" "~" - - arn:aws:elasticloadbalancing:eu-west-1:210987654321:targetgroup/shop/73e2d6bc24d8a067 "Root=1-6d" "-" "-" 0 2026-10-05T11:22:33.455000Z "forward" "-" "-" "10.40.3.8:7070" "200" "-" "-"`,
	`http 2026-10-05T11:22:33.456789Z app/shop/50dc6c495c0c9188 @:$ - -1 -1 -1 301 - 213 $ "GET http://shop.example.net:80/~ HTTP/1.1" "-" - - - "-" "-" "-" 0 2026-10-05T11:22:33.455000Z "redirect" "-" "-" "-" "-" "-" "-"`,
	`https 2026-10-05T11:22:33.456789Z app/shop/50dc6c495c0c9188 @:$ 10.40.3.8:7070 0.001 0.010 0.000 503 503 213 $ "GET https://shop.example.net:443/~ HTTP/1.1" "~" - - - "-" "-" "-" 0 2026-10-05T11:22:33.455000Z "forward" "-" "-" "-" "-" "-" "-"`,
	// Apache
	`[Mon Oct 05 11:22:33.456789 2026] [core:error] [pid 91:tid 140001] [client @:$] AH00126: Invalid URI in request GET /~ HTTP/1.1`,
	`[Mon Oct 05 11:22:33.456789 2026] [authz_core:error] [pid 91:tid 140001] [client @:$] AH01630: client denied by server configuration: /srv/proxy/~, referer: ~`,
	`[Mon Oct 05 11:22:33.456789 2026] [proxy_fcgi:error] [pid 91:tid 140001] [client @:$] AH01071: Got error 'PHP message: (111)Connection refused: AH00957: http: attempt to connect to 10.9.9.9:22 (x) failed ~'`,
	`[Mon Oct 05 11:22:33.456789 2026] [mpm_event:notice] [pid 91:tid 140001] AH00489: Apache/2.4.66 (Debian) configured -- resuming normal operations`,
	`[Mon Oct 05 11:22:33.456789 2026] [proxy:error] [pid 91:tid 140001] [client @:$] AH00898: Error reading from remote server returned by /~`,
	// Caddy and Traefik
	`{"level":"info","ts":1791199353.45,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"@","method":"GET","host":"shop.example.net","uri":"/~","headers":{"User-Agent":["~"]}},"duration":0.0$,"size":$,"status":200}`,
	`{"level":"error","ts":1791199353.45,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"@","method":"GET","host":"shop.example.net","uri":"/~"},"duration":0.0$,"size":0,"status":502}`,
	`{"level":"info","ts":1791199353.45,"logger":"tls.obtain","msg":"certificate obtained successfully","identifier":"shop.example.net"}`,
	`@ - - [05/Oct/2026:11:22:33 +0000] "GET /~ HTTP/1.1" 200 $ "-" "~" $ "shop@docker" "http://10.40.6.3:5000" $ms`,
	`time="2026-10-05T11:22:33Z" level=info msg="Configuration loaded from file: /etc/traefik/traefik.yml"`,
	`2026-10-05T11:22:33Z INF github.com/traefik/traefik/v3/pkg/server/configurationwatcher.go:$ > Starting configuration watcher`,
	`2026-10-05T11:22:33Z ERR github.com/traefik/traefik/v3/pkg/provider/docker/pdocker.go:$ > Provider error, retrying error="dial tcp 10.9.9.9:2375: connect: connection refused" providerName=docker`,
	// the rest of a machine's log
	`Oct  5 11:22:33 lb1 sshd[$]: Failed password for invalid user ~ from @ port $ ssh2`,
	`Oct  5 11:22:33 lb1 systemd[1]: Started session-$.scope - Session $ of User root.`,
	`<30>Oct  5 11:22:33 lb1 dhclient[$]: DHCPACK of @ from 10.0.0.1`,
	`Oct  5 11:22:33 lb1 kernel: [$] nf_conntrack: table full, dropping packet`,
	`2026-10-05T11:22:33.456789+00:00 lb1 app[$]: dial tcp 10.9.9.9:5432: connect: connection refused`,
	`2026-10-05T11:22:33Z level=INFO msg="listening on 0.0.0.0:8080" took=$ms`,
	`{"time":"2026-10-05T11:22:33Z","level":"INFO","msg":"request","path":"/~","status":200,"bytes":$}`,
	``, ` `, `-- MARK --`, `}`, `	at com.example.Main.main(Main.java:$)`,
}

// written are what clients put into requests, headers and names.
var written = []string{
	"cart", "index.html", "api/v1/items/77?sort=price", "favicon.ico", ".env", "wp-login.php", "a/b/c/d.js", "10:42", "img/10.0.0.1:80.png",
	"connect() failed (111: Connection refused) while connecting to upstream, upstream: %22http://10.9.9.9:22/%22",
	"Server bk_x/s1 is DOWN, reason: Layer4 connection problem", "dial tcp 10.9.9.9:22: connect: connection refused",
	"AH00957: http: attempt to connect to 10.9.9.9:22 (x) failed", "no live upstreams while connecting to upstream", "503 UF delayed_connect_error:_111",
}

// ordinaryLines makes n lines, always the same ones.
func ordinaryLines(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	address := func() string {
		return strconv.Itoa(1+r.IntN(223)) + "." + strconv.Itoa(r.IntN(256)) + "." + strconv.Itoa(r.IntN(256)) + "." + strconv.Itoa(r.IntN(256))
	}
	lines := make([]string, n)
	for i := range lines {
		var b strings.Builder
		for _, c := range []byte(ordinary[r.IntN(len(ordinary))]) {
			switch c {
			case '$':
				b.WriteString(strconv.Itoa(r.IntN(65000)))
			case '@':
				b.WriteString(address())
			case '~':
				// Traefik's own access log marks the end of a field in its way; the others are free text.
				b.WriteString(written[r.IntN(len(written))])
			default:
				b.WriteByte(c)
			}
		}
		lines[i] = b.String()
	}
	return lines
}

func TestOrdinaryLinesRaiseNothing(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 5
	}
	lines := ordinaryLines(10_000)
	r := rand.New(rand.NewPCG(3, 4))
	wrong := 0
	for round := range rounds {
		for _, l := range lines {
			// A number in the middle of the line makes each round's lines different.
			if cut := r.IntN(len(l) + 1); round > 0 && strings.Contains(l[cut:], " 200 ") {
				l = l[:cut] + strings.Replace(l[cut:], " 200 ", " "+strconv.Itoa(201+round)+" ", 1)
			}
			if f, ok := Recognise("", []byte(l)); ok {
				if wrong++; wrong < 10 {
					t.Errorf("Recognise(%q) = %+v, want no failure", l, f)
				}
			}
		}
	}
	t.Logf("%d lines read", rounds*len(lines))
}

// Each program's reader, told that the line is its own, must not take another's line for a failure either.
func TestOrdinaryLinesUnderAnyName(t *testing.T) {
	for _, l := range ordinaryLines(5_000) {
		for _, program := range programs {
			if f, ok := Recognise(program, []byte(l)); ok {
				t.Fatalf("Recognise(%s, %q) = %+v, want no failure", program, l, f)
			}
		}
	}
}

func BenchmarkOrdinaryLine(b *testing.B) {
	lines := ordinaryLines(4096)
	bytes := make([][]byte, len(lines))
	for i, l := range lines {
		bytes[i] = []byte(l)
	}
	for _, program := range []string{"", "nginx", "haproxy"} {
		b.Run("program="+program, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				Recognise(program, bytes[i%len(bytes)])
			}
		})
	}
}

func BenchmarkFailure(b *testing.B) {
	for _, c := range lineCases(b) {
		if c.kind == "refused" && c.target != "-" {
			b.Run(c.program, func(b *testing.B) {
				b.ReportAllocs()
				line := []byte(c.line)
				for b.Loop() {
					Recognise(c.program, line)
				}
			})
		}
	}
}
