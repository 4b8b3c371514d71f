package probe

// native are the probes that need Linux.
func (s *Set) native() map[string]handler { return map[string]handler{} }
