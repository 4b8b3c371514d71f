//go:build !linux

package probe

// native carries out a probe that needs Linux: none here.
func (s *Set) native(string) handler { return nil }

// privileges says what probes lack for want of a privilege.
func privileges() map[string]string { return map[string]string{} }
