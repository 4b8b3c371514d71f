//go:build !linux

package probe

// native are the probes that need Linux.
func (s *Set) native() map[string]handler { return map[string]handler{} }

// privileges says what probes lack for want of a privilege.
func privileges() map[string]string { return map[string]string{} }
