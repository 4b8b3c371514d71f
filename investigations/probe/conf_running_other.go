//go:build !linux

package probe

// configArguments are not known here.
func configArguments(name, flag string) []string { return nil }
