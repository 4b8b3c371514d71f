package probe

import (
	"path/filepath"
	"slices"
	"strings"
)

// startedWith are the configuration files that the running load balancers were
// started with: the arguments after a flag, by the program's name. nginx
// rewrites its command line into one argument.
func startedWith() map[string][]string {
	flags := map[string]string{"nginx": "-c", "haproxy": "-f"}
	paths := map[string][]string{}
	for _, pid := range pids() {
		name := strings.TrimSpace(procFile(pid, "comm"))
		flag, ok := flags[name]
		if !ok {
			continue
		}
		words := strings.Fields(strings.ReplaceAll(procFile(pid, "cmdline"), "\x00", " "))
		for i, w := range words[:max(len(words)-1, 0)] {
			path := filepath.Clean(words[i+1])
			if w == flag && filepath.IsAbs(path) && !slices.Contains(paths[name], path) && len(paths[name]) < 16 {
				paths[name] = append(paths[name], path)
			}
		}
	}
	return paths
}
