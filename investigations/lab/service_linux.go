package lab

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"
)

//go:embed serve.py
var serveProgram string

const serveAt = "/usr/local/lib/lab/serve.py"

// Service is a systemd unit that serves HTTP.
type Service struct {
	Unit    string   // with ".service"
	Listen  []string // "10.77.2.2:8080", "[::]:8080"; the port stands on the unit's command line
	Backlog int      // of each listener; 0 is 128
	V6Only  bool
	Lines   []string // more of the unit's [Service] section, over what stands there
}

// Serve installs the unit and starts it; when it returns, the unit listens.
func (h *Host) Serve(t testing.TB, s Service) {
	t.Helper()
	h.Install(t, s)
	h.Shell(t, "systemctl start "+s.Unit)
}

// Install writes the unit and makes it known to systemd. Reset removes it.
func (h *Host) Install(t testing.TB, s Service) {
	t.Helper()
	h.Write(t, serveAt, serveProgram)
	h.Write(t, "/etc/systemd/system/"+s.Unit, s.file())
	h.Shell(t, "echo "+s.Unit+" >>/run/lab/units; systemctl daemon-reload")
}

func (s Service) file() string {
	command := []string{"/usr/bin/python3", serveAt}
	if s.Backlog > 0 {
		command = append(command, fmt.Sprintf("--backlog=%d", s.Backlog))
	}
	if s.V6Only {
		command = append(command, "--v6only=1")
	}
	lines := append([]string{
		"[Unit]", "Description=" + s.Unit + " of the lab",
		"[Service]", "Type=notify", "TimeoutStopSec=2",
		"ExecStart=" + strings.Join(append(command, s.Listen...), " "),
	}, s.Lines...)
	return strings.Join(lines, "\n") + "\n"
}

// Nginx writes a server of nginx into conf.d/NAME.conf and restarts nginx.
func (h *Host) Nginx(t testing.TB, name, config string) {
	t.Helper()
	h.Write(t, "/etc/nginx/conf.d/"+name+".conf", config)
	h.Shell(t, "systemctl restart nginx")
}

// NginxServe lets nginx serve on the addresses, as "listen" writes them.
func (h *Host) NginxServe(t testing.TB, name string, listen ...string) {
	t.Helper()
	h.Nginx(t, name, fmt.Sprintf("server {\n  listen %s;\n  location / { return 200 \"ok\\n\"; }\n}\n",
		strings.Join(listen, ";\n  listen ")))
}

// NginxBalance lets nginx pass port 80 on to the servers, the upstream NAME.
func (h *Host) NginxBalance(t testing.TB, name string, servers ...string) {
	t.Helper()
	h.Nginx(t, name, fmt.Sprintf(
		"upstream %s {\n  server %s;\n}\nserver {\n  listen 80;\n  location / { proxy_pass http://%s; }\n}\n",
		name, strings.Join(servers, ";\n  server "), name))
}

// HAProxyBalance lets HAProxy pass port 81 on to the servers, the backend NAME,
// with health checks twice a second.
func (h *Host) HAProxyBalance(t testing.TB, name string, servers ...string) {
	t.Helper()
	config := "global\n  stats socket /run/haproxy/admin.sock mode 660 level admin\n  log /dev/log local0\n" +
		"defaults\n  log global\n  mode http\n  option httplog\n  retries 0\n" +
		"  timeout connect 2s\n  timeout client 5s\n  timeout server 5s\n" +
		"frontend front\n  bind :81\n  default_backend " + name + "\nbackend " + name + "\n"
	for i, server := range servers {
		config += fmt.Sprintf("  server s%d %s check inter 500ms\n", i+1, server)
	}
	h.Write(t, "/etc/haproxy/haproxy.cfg", config)
	h.Shell(t, "systemctl restart haproxy")
}
