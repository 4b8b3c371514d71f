package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeFiles writes files under a directory.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// groupText shows groups for comparing: name=server,server with a ! before one
// that is disabled.
func groupText(dir string, groups []confGroup) string {
	var lines []string
	for _, g := range groups {
		var servers []string
		for _, s := range g.servers {
			text := *s.Address + "@" + strings.TrimPrefix(*s.Where, dir+"/")
			if *s.Disabled {
				text = "!" + text
			}
			servers = append(servers, text)
		}
		lines = append(lines, g.name+"="+strings.Join(servers, ","))
	}
	return strings.Join(lines, "\n")
}

func TestNginx(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"nginx.conf": `# a comment; with } tokens {
user "www data";
events { worker_connections 1024; }
http {
    log_format main '$remote_addr "${request}" { }';
    include conf.d/*.conf;
    server { listen 80 default_server; listen [::]:8443 ssl; listen unix:/run/x.sock;
        location / { proxy_pass http://pool/path; }
        location /a { proxy_pass http://10.0.0.9:9000; }
        location /b { proxy_pass https://other.test$request_uri; }
        location /c { fastcgi_pass unix:/run/php.sock; }
        location /d { grpc_pass grpc://g.test; }
    }
}
stream { server { listen 127.0.0.1:5432; proxy_pass 10.0.0.7:5433; } server { listen 53 udp; proxy_pass dns; } }
`,
		"conf.d/a.conf": "upstream pool {\n  server 10.0.0.1:8080 weight=2;\n  server 10.0.0.2 down;\n server [fd00::1]:8080;\n server unix:/run/app.sock; keepalive 8; }\ninclude nginx-loop;\n",
		"nginx-loop":    "include nginx-loop;\n",
		"conf.d/b.conf": "server { listen 9090",
	})
	list := parseNginx(newConfFiles(), filepath.Join(dir, "nginx.conf"))
	want := strings.Join([]string{
		"pool=10.0.0.1:8080@conf.d/a.conf:2,!10.0.0.2:80@conf.d/a.conf:3,[fd00::1]:8080@conf.d/a.conf:4,unix:/run/app.sock@conf.d/a.conf:5",
		"10.0.0.9=10.0.0.9:9000@nginx.conf:9", "10.0.0.9:9000=10.0.0.9:9000@nginx.conf:9",
		"g.test=g.test:80@nginx.conf:12", "g.test:80=g.test:80@nginx.conf:12",
		"10.0.0.7=10.0.0.7:5433@nginx.conf:15", "10.0.0.7:5433=10.0.0.7:5433@nginx.conf:15",
		"dns=dns:80@nginx.conf:15", "dns:80=dns:80@nginx.conf:15",
	}, "\n")
	if got := groupText(dir, nginxUpstreams(list)); got != want {
		t.Errorf("nginxUpstreams =\n%s\nwant\n%s", got, want)
	}
	var listens []string
	for _, l := range nginxListens(list) {
		listens = append(listens, fmt.Sprint(l.low, " ", strings.TrimPrefix(l.where, dir+"/")))
	}
	if got, want := strings.Join(listens, ", "), "80 nginx.conf:7, 8443 nginx.conf:7, 5432 nginx.conf:15"; got != want {
		t.Errorf("nginxListens = %q, want %q", got, want)
	}
}

func TestHAProxy(t *testing.T) {
	dir := writeFiles(t, map[string]string{"haproxy.cfg": `global
    log /dev/log local0
defaults
    timeout connect 5s
frontend web
    bind *:8080,:::8081 # a comment
    bind 10.0.0.1:9000-9002 ssl crt "/etc/a b.pem"
    bind unix@/run/x.sock
    default_backend app
backend app
    server one 10.0.0.3:8000 check
    server two ipv4@app.test:8000 check disabled
    server three "10.0.0.5"
listen stats
    bind :8404
    server s ${HOST}:80
`})
	lines := parseHAProxy(newConfFiles(), filepath.Join(dir, "haproxy.cfg"))
	want := strings.Join([]string{
		"app=10.0.0.3:8000@haproxy.cfg:11,!app.test:8000@haproxy.cfg:12,10.0.0.5@haproxy.cfg:13",
		"stats=${HOST}:80@haproxy.cfg:16",
		"app/one=10.0.0.3:8000@haproxy.cfg:11", "app/two=!app.test:8000@haproxy.cfg:12", "app/three=10.0.0.5@haproxy.cfg:13",
		"stats/s=${HOST}:80@haproxy.cfg:16",
	}, "\n")
	if got := groupText(dir, haproxyBackends(lines)); got != want {
		t.Errorf("haproxyBackends =\n%s\nwant\n%s", got, want)
	}
	var binds []string
	for _, b := range haproxyBinds(lines) {
		binds = append(binds, fmt.Sprint(b.low, "-", b.high))
	}
	if got, want := strings.Join(binds, " "), "8080-8080 8081-8081 9000-9002 8404-8404"; got != want {
		t.Errorf("haproxyBinds = %q, want %q", got, want)
	}
}

func TestUpstreamEndpoints(t *testing.T) {
	f := UpstreamFacts{Known: new(false)}
	f.find("app", "haproxy", []confGroup{{"other", nil}, {"app", []UpstreamServer{
		{Address: new("10.0.0.1:80")}, {Address: new("10.0.0.1:80")}, {Address: new("localhost:8000")}, {Address: new("${HOST}:80")},
		{Address: new("unix:/run/x")}, {Address: new("10.0.0.5")}, {Address: new("[fd00::1]:80")}, {Address: new("10.0.0.1:0")},
		{Address: new("a..b:80")},
	}}})
	f.locate(t.Context())
	ipv4 := slices.DeleteFunc(slices.Clone(f.Endpoints), func(e string) bool { return e == "[::1]:8000" })
	if got, want := strings.Join(ipv4, " "), "10.0.0.1:80 127.0.0.1:8000 [fd00::1]:80"; got != want || !isTrue(f.Known) {
		t.Errorf("endpoints = %q (known %v), want %q", got, value(f.Known), want)
	}
	if s := f.Servers[2]; !slices.Contains(s.Endpoints, "127.0.0.1:8000") || s.Error != nil {
		t.Errorf("endpoints of localhost:8000 = %q, want 127.0.0.1:8000", s.Endpoints)
	}
	if s := f.Servers[8]; len(s.Endpoints) > 0 || s.Error == nil {
		t.Errorf("endpoints of a..b:80 = %q, want none and an error", s.Endpoints)
	}
	if got := strings.Join(f.Names, " "); got != "other app" {
		t.Errorf("names = %q, want other app", got)
	}
}

func TestUnitFiles(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"etc/web.service":                  "[Service]\nExecStart=/usr/bin/web \\\n  --listen 0.0.0.0:8080\n",
		"lib/web.service":                  "[Service]\nExecStart=/usr/bin/old --port 1111\n",
		"lib/masked.service":               "[Service]\nExecStart=/usr/bin/x --port 8080\n",
		"lib/env.service":                  "[Service]\nEnvironment=\"PORT=8090\"\nExecStart=/usr/bin/node app.js\n",
		"lib/moved.service":                "[Service]\nExecStart=/usr/bin/y --port 8091\n",
		"etc/moved.service.d/port.conf":    "[Service]\nExecStart=\nExecStart=/usr/bin/y --port 8092\n",
		"lib/ssh.socket":                   "[Socket]\nListenStream=22\nListenStream=[::1]:2222\nListenStream=/run/x.sock\n",
		"lib/echo.socket":                  "[Socket]\nListenStream=7\nAccept=yes\n",
		"lib/named.socket":                 "# comment\n[Socket]\nListenStream=0.0.0.0:9000\nService=other.service\n",
		"lib/notes.txt":                    "[Service]\nExecStart=/usr/bin/web --port 8080\n",
		"etc/wants.target.wants/x.service": "",
	})
	if err := os.Symlink("/dev/null", filepath.Join(dir, "etc/masked.service")); err != nil {
		t.Fatal(err)
	}
	units := readUnits(newConfFiles(), []string{dir + "/etc", dir + "/none", dir + "/lib"})
	for _, c := range []struct {
		port uint16
		want string
	}{
		{8080, "web.service"}, {1111, ""}, {8090, "env.service"}, {8091, ""}, {8092, "moved.service"},
		{22, "ssh.socket>ssh.service"}, {2222, "ssh.socket>ssh.service"}, {7, "echo.socket>"}, {9000, "named.socket>other.service"},
	} {
		var found []string
		for _, u := range units {
			if _, ok := u.socketOn(c.port); ok {
				found = append(found, u.name+">"+u.activates())
			}
			if _, ok := u.commandWith(c.port); ok {
				found = append(found, u.name)
			}
		}
		if got := strings.Join(found, " "); got != c.want {
			t.Errorf("units that name port %d = %q, want %q", c.port, got, c.want)
		}
	}
}

func TestNamesPort(t *testing.T) {
	for _, c := range []struct {
		line string
		port uint16
		want bool
	}{
		{"/bin/app --port 80", 80, true},
		{"/bin/app --port=80", 80, true},
		{"/bin/app -p 80", 80, true},
		{"/bin/app -p80", 80, true},
		{"/bin/app --listen 0.0.0.0:80", 80, true},
		{"/bin/app :80", 80, true},
		{"/bin/app [::]:80", 80, true},
		{"/bin/app --workers 80", 80, false},
		{"/bin/app --port 8080", 80, false},
		{"/bin/app --port 8080", 808, false},
		{"python3 -m http.server 8080", 8080, true},
		{"/bin/app --user 18080", 8080, false},
		{"/bin/app --connect db:5432/x", 5432, false},
		{"/bin/app --upstream=10.0.0.5:8080", 8080, false},
		{"/bin/app --upstream 10.0.0.5:8080", 8080, false},
		{"/bin/app --upstream 10.0.0.5:9000 --port 8080", 8080, true},
		{"/bin/app --db-port 5432", 5432, false},
		{"/usr/bin/pgbouncer :6432", 6432, true},
		{"/usr/bin/redis-server 127.0.0.1:6379", 6379, true},
		{"/bin/java -Dredis.port=6379 -jar app.jar", 6379, false},
		{"DB_PORT=5432", 5432, false},
		{"REDIS_URL=redis://cache:6379/0", 6379, false},
		{"/bin/exporter --scrape-uri=http://127.0.0.1:8080/status", 8080, false},
		{"/bin/exporter --scrape-uri=http://127.0.0.1:8080/status --web.listen-address=:9117", 9117, true},
		{"/bin/curl -fsS http://10.77.2.2:8080/health", 8080, false},
		{"ASPNETCORE_URLS=http://+:8080", 8080, true},
		{"/bin/app --urls http://localhost:8080", 8080, true},
		{"/bin/etcd --listen-client-urls=http://10.0.0.1:2379", 2379, true},
		{"/bin/app http://0.0.0.0:8080", 8080, true},
		{"/bin/java -Dserver.port=8080 -jar app.jar", 8080, true},
		{"/bin/app --http-port 8080 --target-port 9090", 8080, true},
		{"PORT=8080", 8080, true},
		{"/opt/app-8080/bin", 8080, false},
		{"/bin/app", 8080, false},
	} {
		if got := namesPort(c.line, c.port); got != c.want {
			t.Errorf("namesPort(%q, %d) = %v, want %v", c.line, c.port, got, c.want)
		}
	}
}

func FuzzNginx(f *testing.F) {
	f.Add("http { upstream a { server b:1; } }")
	f.Add("a '\\")
	f.Add("${")
	f.Add("\\")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "nginx.conf")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		list := parseNginx(newConfFiles(), path)
		nginxUpstreams(list)
		nginxListens(list)
		haproxyBackends(parseHAProxy(newConfFiles(), path))
	})
}
