package alerts

import "strings"

// pairLabels are the labels in which load balancers name a group and one server of it, most telling first: HAProxy's own exporter,
// the older haproxy_exporter, NGINX Plus and VTS, Envoy. Only HAProxy gives its servers names; elsewhere a server is an address, and
// a label "server" that is none is something else, such as nginx's server_name.
var pairLabels = []struct {
	group, server string
	named         bool
}{
	{"proxy", "server", true},
	{"haproxy_backend", "haproxy_server", true},
	{"backend", "server", true},
	{"upstream", "server", false},
	{"upstream", "peer", false},
	{"upstream_cluster", "upstream_host", false},
	{"envoy_cluster_name", "upstream_host", false},
	{"cluster_name", "upstream_host", false},
}

// pair finds the load balancer's own name for what it cannot reach: backend/server, or the group alone. A server that is an
// address is a target by itself.
func pair(labels map[string]string) ([]string, string) {
	for _, names := range pairLabels {
		group, server := labels[names.group], labels[names.server]
		if group == "" || server == "FRONTEND" {
			continue
		}
		if t, ok := address(server); ok {
			return []string{t}, "label " + names.server
		}
		if t, ok := address(group); ok {
			return []string{t}, "label " + names.group
		}
		group = upstreamName(group)
		if server == "" || server == "BACKEND" || server == "<NOSRV>" || !names.named {
			if validName(group) {
				return []string{group}, "label " + names.group
			}
			continue
		}
		if name := group + "/" + server; validName(name) {
			return []string{name}, "labels " + names.group + " and " + names.server
		}
	}
	for _, name := range []string{"upstream_addr", "upstream_host", "backend_address", "peer"} {
		if t, ok := address(labels[name]); ok {
			return []string{t}, "label " + name
		}
	}
	return nil, ""
}

// namesServer reports whether the labels name a server as a load balancer does, so that instance is the load balancer.
func namesServer(labels map[string]string) bool {
	targets, _ := pair(labels)
	return len(targets) > 0
}

// address reads a URL or host:port, not a name.
func address(s string) (string, bool) {
	if strings.Contains(s, "://") {
		t, err := urlTarget(s)
		return t, err == nil && strings.Contains(afterScheme(s), ":")
	}
	return hostPort(s)
}

// upstreamName takes the name out of "http://pool/path" and of Istio's "outbound|8080||web.default.svc.cluster.local".
func upstreamName(s string) string {
	if strings.Contains(s, "://") {
		_, s, _ = strings.Cut(s, "://")
		s, _, _ = strings.Cut(s, "/")
	}
	return s
}
