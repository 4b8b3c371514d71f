package probe

import (
	"regexp"
	"strings"
)

// cgroupPath picks the path that systemd keeps from a /proc/PID/cgroup
// (cgroups(7)): the hierarchy named systemd of version 1 where there is one,
// else that of version 2.
func cgroupPath(text string) string {
	path := ""
	for line := range strings.Lines(text) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(f) != 3 {
			continue
		}
		if f[1] == "name=systemd" && f[2] != "/" {
			return f[2]
		}
		if f[0] == "0" && f[1] == "" {
			path = f[2]
		}
	}
	return path
}

// cgroupUnit is the unit of the system's manager that owns a cgroup: the
// service below the slices, or "". Sessions and users' own managers are no
// units that serve a port.
func cgroupUnit(path string) string {
	if cgroupContainer(path) != "" {
		return ""
	}
	parts := strings.Split(path, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		part := parts[i]
		if strings.HasPrefix(part, "user@") {
			return ""
		}
		if strings.HasSuffix(part, ".service") && !hasUserManager(parts[:i]) {
			return unescapeCgroup(part)
		}
	}
	return ""
}

func hasUserManager(parts []string) bool {
	for _, p := range parts {
		if strings.HasPrefix(p, "user@") {
			return true
		}
	}
	return false
}

// unescapeCgroup undoes the underscore that systemd puts before names that
// could be the kernel's.
func unescapeCgroup(name string) string { return strings.TrimPrefix(name, "_") }

// containerID is how Docker, containerd, CRI-O and Podman name a container in
// its cgroup.
var containerID = regexp.MustCompile(`(?:^|[/:-])([0-9a-f]{64})(?:\.scope)?(?:/|$)`)

// cgroupContainer is the short id of the container that owns a cgroup, or "".
func cgroupContainer(path string) string {
	if m := containerID.FindStringSubmatch(path); m != nil {
		return m[1][:12]
	}
	return ""
}
