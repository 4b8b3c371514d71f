// Package firewall says which rule decides about one packet, the first SYN of
// a connection, without sending it: it reads nftables (native rules and those
// of iptables-nft) over netlink and legacy iptables over getsockopt, and walks
// the packet through the chains as the kernel would.
//
// The walk is three-valued. A match holds, does not hold, or cannot be known
// from here (a rate, a user id, the time); then both ways are followed, and
// only what all of them come to is decided. Readers stand in *_linux.go files;
// everything else is pure.
//
// Programs beside these rules (XDP, tc, IPVS, those of the runner's own control
// group) are looked for and not understood: where one is on the packet's way,
// nothing is decided. Not seen are BPF links of netfilter and the control group
// of the process that listens.
package firewall
