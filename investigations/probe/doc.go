// Package probe reads facts from a host: names, connections, sockets, units,
// rules, routes and paths, each asked of the kernel or of the service that
// knows. It is the only package that touches sockets, netlink and D-Bus. A
// probe never changes anything and never judges.
//
// Each probe is a file with its arguments and its facts, tcp_connect.go for
// tcp.connect, and one beside it that carries it out, which ends in _run where
// it does so on every system and in _linux where it needs Linux. [Catalog]
// describes them all; a [Set] carries out those that its host can.
//
// In facts, every field is a pointer or a slice: one that is not set was not
// established. A missing privilege is a fact of its own (NotPermitted), never a
// silent no.
package probe
