package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

const goos = runtime.GOOS

// release is set when a release is linked: -X main.release=v1.2.3
var release string

// version is the release, or what the build knows of itself.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = "devel-" + s.Value[:min(12, len(s.Value))]
		}
	}
	if v == "" {
		v = "devel"
	}
	return v
}

func versionCommand() command {
	return command{
		name: "version", args: "[-o json]", short: "prints the version", long: "",
		run: func(_ context.Context, p program) (int, error) {
			f := newFlags("version")
			o := f.output()
			if err := f.parse(p.args, 0, 0); err != nil {
				return exitFailed, err
			}
			if *o == "json" {
				return exitOK, printJSON(p.out, map[string]string{"version": version(), "go": runtime.Version(), "os": goos, "arch": runtime.GOARCH})
			}
			fmt.Fprintf(p.out, "plexor %s (%s, %s/%s)\n", version(), runtime.Version(), goos, runtime.GOARCH)
			return exitOK, nil
		},
	}
}
