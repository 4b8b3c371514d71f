// Package probe reads facts from a host: names, connections, sockets, units,
// rules, routes and paths, each asked of the kernel or of the service that
// knows. It is the only package that touches sockets, netlink and D-Bus. A
// probe never changes anything and never judges.
//
// Each probe is a file with its arguments and its facts. In facts, every field
// is a pointer or a slice: one that is not set was not established. A missing
// privilege is a fact of its own (NotPermitted), never a silent no.
package probe
