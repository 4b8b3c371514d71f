//go:build !linux

package probe

// startedWith is not known here.
func startedWith() map[string][]string { return nil }
