package alerts

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ErrTarget is wrapped by the errors of [ParseTarget].
var ErrTarget = errors.New("not host:port, a URL, or the name of an upstream")

// errNoPort marks an address that lacks only its port.
var errNoPort = errors.New("has no port")

// ParseTarget normalises what a person or a label calls a target: "host:port", "[v6]:port", a URL whose scheme gives the
// port, or a name ("pool", "bk_api/api2", "outbound|8080||web.default") that a load balancer knows. Host names come back in
// lower case, v4-mapped addresses as IPv4. An address without a port is refused: which port to try is not to be guessed.
func ParseTarget(s string) (string, error) {
	s = strings.TrimSpace(s)
	if strings.Contains(s, "://") {
		return urlTarget(s)
	}
	if t, ok := hostPort(s); ok {
		return t, nil
	}
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return "", errNoPort
	}
	if validName(s) {
		return s, nil
	}
	return "", ErrTarget
}

// hostPort normalises "host:port" and "[v6]:port".
func hostPort(s string) (string, bool) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", false
	}
	host, ok := validHost(host)
	if !ok || !validPort(port) {
		return "", false
	}
	return net.JoinHostPort(host, port), true
}

// validHost normalises an IP address or a host name. Short and decimal forms of IPv4 ("127.1") are refused: resolvers differ on
// them, and an allow-list must not.
func validHost(host string) (string, bool) {
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return "", false
		}
		return addr.Unmap().String(), true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" || len(host) > 253 {
		return "", false
	}
	for label := range strings.SplitSeq(host, ".") {
		if !validLabel(label) {
			return "", false
		}
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if numeric(last) || strings.HasPrefix(last, "0x") {
		return "", false
	}
	return host, true
}

func validLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := 0; i < len(label); i++ {
		if c := label[i]; !alnum(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func validPort(port string) bool {
	if port == "" || len(port) > 5 || port[0] == '0' || !numeric(port) {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n <= 65535
}

// validName accepts names of upstreams, proxies, clusters and services, alone or as backend/server.
func validName(s string) bool {
	if s == "" || len(s) > 253 || !alnum(s[0]) && s[0] != '_' {
		return false
	}
	slashes := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case alnum(c) || strings.IndexByte("_-.@|", c) >= 0:
		case c == '/' && i < len(s)-1:
			slashes++
		default:
			return false
		}
	}
	return slashes <= 1 && strings.Trim(s, "0123456789./") != ""
}

// defaultPorts are those of the schemes that have one; any other scheme needs its port in the URL.
var defaultPorts = map[string]string{
	"http": "80", "ws": "80", "h2c": "80",
	"https": "443", "wss": "443", "h2": "443",
	"amqp": "5672", "mysql": "3306", "postgres": "5432", "postgresql": "5432", "redis": "6379", "ssh": "22",
}

// urlTarget is the host and port of a URL.
func urlTarget(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return "", ErrTarget
	}
	port := u.Port()
	if port == "" {
		port = defaultPorts[strings.ToLower(u.Scheme)]
	}
	host, ok := validHost(u.Hostname())
	switch {
	case !ok:
		return "", ErrTarget
	case port == "":
		return "", errNoPort
	case !validPort(port):
		return "", ErrTarget
	}
	return net.JoinHostPort(host, port), nil
}

func alnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func numeric(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
