package probe

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	maxConfFile  = 1 << 20 // bytes of one configuration file
	maxConfFiles = 2000    // read for one question
)

// confFiles reads configuration files, within bounds.
type confFiles struct{ left *int }

func newConfFiles() confFiles { return confFiles{new(maxConfFiles)} }

// read is the text of a regular file.
func (c confFiles) read(path string) (string, error) {
	if *c.left--; *c.left < 0 {
		return "", fmt.Errorf("more than %d configuration files", maxConfFiles)
	}
	return readRegular(path, maxConfFile)
}

// glob are the files that a pattern matches, in order.
func (c confFiles) glob(pattern string) []string {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil
	}
	slices.Sort(paths)
	return paths[:min(len(paths), maxConfFiles)]
}

// confListen is a directive that listens on ports, low to high.
type confListen struct {
	low, high uint16
	where     string // file:line
}

// confGroup are the servers under a name.
type confGroup struct {
	name    string
	servers []UpstreamServer
}

// listenPorts reads the ports of an address to listen on: a port, host:port,
// *:port, [v6]:port, each also with a range of ports; a host alone is on the
// default port, if there is one.
func listenPorts(address string, unlessGiven uint16) (low, high uint16, ok bool) {
	address = haproxyAddress(address)
	if strings.HasPrefix(address, "unix") || strings.HasPrefix(address, "/") || strings.ContainsAny(address, "@$") {
		return 0, 0, false
	}
	port := address
	if i := strings.LastIndexByte(address, ':'); i >= 0 && !strings.HasSuffix(address, "]") {
		port = address[i+1:]
	}
	first, last, isRange := strings.Cut(port, "-")
	a, err := strconv.ParseUint(first, 10, 16)
	if err != nil || a == 0 {
		return unlessGiven, unlessGiven, unlessGiven != 0
	}
	low, high = uint16(a), uint16(a)
	if b, err := strconv.ParseUint(last, 10, 16); isRange && err == nil && b >= a {
		high = uint16(b)
	}
	return low, high, true
}

// withPort is an address with the port that it has or would have.
func withPort(address, unlessGiven string) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), unlessGiven)
}

// Where load balancers keep their configuration.
var (
	nginxPaths = []string{
		"/etc/nginx/nginx.conf", "/usr/local/nginx/conf/nginx.conf", "/usr/local/etc/nginx/nginx.conf",
		"/opt/homebrew/etc/nginx/nginx.conf",
	}
	haproxyPaths = []string{
		"/etc/haproxy/haproxy.cfg", "/etc/haproxy/conf.d/*.cfg", "/usr/local/etc/haproxy/haproxy.cfg",
	}
)

// nginxConfig is the whole configuration of nginx on this host; started are
// the files that it was started with.
func nginxConfig(files confFiles, started []string) (list []directive) {
	paths := slices.Clone(nginxPaths)
	for _, path := range started {
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, path := range paths {
		list = append(list, parseNginx(files, path)...)
	}
	return list
}

// haproxyConfig is that of HAProxy.
func haproxyConfig(files confFiles, started []string) (lines []haproxyLine) {
	seen := map[string]bool{}
	for _, pattern := range slices.Concat(haproxyPaths, started) {
		if info, err := os.Stat(pattern); err == nil && info.IsDir() {
			pattern = filepath.Join(pattern, "*.cfg")
		}
		for _, path := range files.glob(pattern) {
			if !seen[path] {
				seen[path] = true
				lines = append(lines, parseHAProxy(files, path)...)
			}
		}
	}
	return lines
}
