package probe

import (
	"path/filepath"
	"slices"
	"strings"
)

// configArguments are the configuration files that running processes of a
// name were started with: the arguments after a flag. nginx rewrites its
// command line into one argument.
func configArguments(name, flag string) (paths []string) {
	for _, pid := range pids() {
		if strings.TrimSpace(procFile(pid, "comm")) != name {
			continue
		}
		words := strings.Fields(strings.ReplaceAll(procFile(pid, "cmdline"), "\x00", " "))
		for i, w := range words[:max(len(words)-1, 0)] {
			path := words[i+1]
			if w == flag && filepath.IsAbs(path) && !slices.Contains(paths, path) && len(paths) < 16 {
				paths = append(paths, filepath.Clean(path))
			}
		}
	}
	return paths
}
