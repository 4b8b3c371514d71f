package probe

import (
	"net/netip"
	"time"
)

// icmpError is an ICMP or ICMPv6 error message about a packet that was sent.
type icmpError struct {
	v6         bool
	kind, code uint8
	offender   netip.Addr // who sent the error; invalid if unknown
}

const (
	icmpUnreachable  = 3 // RFC 792
	icmpTimeExceeded = 11
	icmp6Unreachable = 1 // RFC 4443
	icmp6TimeExceed  = 3
)

// icmpCodes are the codes of ICMP destination unreachable: RFC 792, RFC 1812,
// 5.2.7.1.
var icmpCodes = map[uint8]string{
	0: "net-unreachable", 1: "host-unreachable", 2: "proto-unreachable", 3: "port-unreachable",
	9: "net-prohibited", 10: "host-prohibited", 13: "admin-prohibited",
}

// icmp6Codes are the codes of ICMPv6 destination unreachable: RFC 4443, 3.1.
var icmp6Codes = map[uint8]string{
	0: "no-route", 1: "admin-prohibited", 3: "addr-unreachable", 4: "port-unreachable",
	5: "policy-fail", 6: "reject-route",
}

// name is the error's name in facts.
func (e icmpError) name() string {
	unreachable, exceeded, codes := uint8(icmpUnreachable), uint8(icmpTimeExceeded), icmpCodes
	if e.v6 {
		unreachable, exceeded, codes = icmp6Unreachable, icmp6TimeExceed, icmp6Codes
	}
	switch name, known := codes[e.code]; {
	case e.kind == exceeded && e.code == 0:
		return "ttl-exceeded"
	case e.kind == unreachable && known:
		return name
	}
	return "other"
}

// fact is the error as a fact about a packet that was sent to asked.
func (e icmpError) fact(asked netip.Addr, took time.Duration) *ICMP {
	f := &ICMP{
		Type: new(int64(e.kind)), Code: new(int64(e.code)),
		Name: new(e.name()), TookMS: milliseconds(took),
	}
	if e.offender.IsValid() {
		f.From = new(e.offender.String())
		f.FromEndpoint = new(e.offender == asked)
		f.FromSelf = ownAddress(e.offender)
	}
	return f
}
