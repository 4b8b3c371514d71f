// Package lab makes a small network of real hosts on one Linux machine and
// breaks it in the ways that end in "connection refused" at a load balancer.
//
// The hosts lb, web and web2 are network namespaces in which systemd is booted
// by systemd-nspawn; rtr (the router) and ops (where the bot and the name
// server live) are plain namespaces:
//
//	lb   10.77.1.2 ── rtr 10.77.1.1, 10.77.2.1, 10.77.3.1 ─┬─ web  10.77.2.2
//	                   │                                   └─ web2 10.77.2.3
//	ops  10.77.3.2 ────┴── management: lb .11, web .21, web2 .22
//
// IPv6 runs beside it: 10.77.N.H has the neighbour fd77:N::H, H in decimal
// digits. Every host has a second link, mgmt0, into the network of ops, so that
// what is broken between lb and web cuts no runner off.
//
// A lab is booted once and put back with Reset between tests. [Faults] lists
// what can be broken, and what a plain connect from lb then sees. StartPlexor
// puts the bot on ops and a runner on lb, web and web2; TestScenarios then asks
// about every fault and carries out the fix that is printed.
//
// TestMixes draws two or three of the faults, a target, and who has a runner, from
// a seed, and does the same until nothing is wrong any more: every cause that is
// named must be one that was made, and break the target when it is made alone, and
// a verdict "healthy" must agree with a plain connection. It takes ten to twenty
// seconds a seed and runs where PLEXOR_LAB_MIX=SEED or FIRST-LAST is set.
//
// It needs root, systemd-nspawn and the root file system that the script
// rootfs makes; [Unavailable] says what is missing.
package lab
