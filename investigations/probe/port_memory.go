package probe

// PortMemory is what a runner remembers of who held each port.
type PortMemory struct{}
