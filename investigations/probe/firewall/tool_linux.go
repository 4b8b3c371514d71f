package firewall

import (
	"os/exec"
	"path/filepath"
	"strings"
)

// iptablesTool is the name of the iptables on this host that works on an
// engine: iptables itself, if it is of that kind, or the one that says so.
func iptablesTool(engine string, v6 bool) string {
	name := pick(v6, "ip6tables", "iptables")
	kind := pick(engine == engineLegacy, "legacy", "nft")
	if path := findTool(name); path != "" {
		if real, err := filepath.EvalSymlinks(path); err == nil && strings.Contains(filepath.Base(real), kind) {
			return name
		}
	}
	if findTool(name+"-"+kind) != "" {
		return name + "-" + kind
	}
	return name
}

// findTool looks in PATH and where system tools lie, which services often
// have not in their PATH.
func findTool(name string) string {
	for _, dir := range []string{"", "/usr/sbin/", "/sbin/", "/usr/bin/"} {
		if p, err := exec.LookPath(dir + name); err == nil {
			return p
		}
	}
	return ""
}
