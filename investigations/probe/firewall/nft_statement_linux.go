package firewall

import (
	"golang.org/x/sys/unix"
)

func decodeLimit(as attrs) expr {
	return &limit{rate: as.u64(unix.NFTA_LIMIT_RATE), unit: as.u64(unix.NFTA_LIMIT_UNIT), burst: as.u32(unix.NFTA_LIMIT_BURST),
		bytes: as.u32(unix.NFTA_LIMIT_TYPE) == unix.NFT_LIMIT_PKT_BYTES,
		over:  as.u32(unix.NFTA_LIMIT_FLAGS)&unix.NFT_LIMIT_F_INV != 0}
}

func decodeLog(as attrs) expr {
	e := &logLine{prefix: as.str(unix.NFTA_LOG_PREFIX), group: -1, level: -1}
	if b := as.get(unix.NFTA_LOG_GROUP); len(b) >= 2 {
		e.group = int(b[0])<<8 | int(b[1])
	}
	if as.has(unix.NFTA_LOG_LEVEL) {
		e.level = int(as.u32(unix.NFTA_LOG_LEVEL))
	}
	return e
}

// Types of nftables' stateful objects that may end a rule.
const (
	objCounter   = 1
	objQuota     = 2
	objLimit     = 4
	objConnlimit = 5
	objSynproxy  = 8
)

func decodeObjref(as attrs) expr {
	name := as.str(unix.NFTA_OBJREF_IMM_NAME)
	switch typ := as.u32(unix.NFTA_OBJREF_IMM_TYPE); {
	case as.has(unix.NFTA_OBJREF_SET_NAME):
		return &doubt{"objref", "an object out of map " + as.str(unix.NFTA_OBJREF_SET_NAME), ""}
	case typ == objQuota:
		return &doubt{"objref", "quota " + name, "quota name " + quote(name)}
	case typ == objLimit:
		return &doubt{"objref", "rate limit " + name, "limit name " + quote(name)}
	case typ == objConnlimit:
		return &doubt{"objref", "connection limit " + name, "ct count name " + quote(name)}
	case typ == objSynproxy:
		return &lost{"objref", "SYN proxy " + name}
	case typ == objCounter:
		return &pass{name: "objref", text: "counter name " + quote(name)}
	}
	return &pass{name: "objref", text: "object " + quote(name)}
}

const dynsetExpressions = 10 // NFTA_DYNSET_EXPRESSIONS

func decodeDynset(as attrs) expr {
	e := &dynset{op: as.u32(unix.NFTA_DYNSET_OP), key: as.u32(unix.NFTA_DYNSET_SREG_KEY), set: as.str(unix.NFTA_DYNSET_SET_NAME),
		invert: as.u32(unix.NFTA_DYNSET_FLAGS)&unix.NFT_DYNSET_F_INV != 0}
	if as.has(unix.NFTA_DYNSET_EXPR) {
		e.bound = append(e.bound, as.nested(unix.NFTA_DYNSET_EXPR).str(unix.NFTA_EXPR_NAME))
	}
	for _, a := range as.nested(dynsetExpressions) {
		if in, err := parseAttrs(a.data); err == nil {
			e.bound = append(e.bound, in.str(unix.NFTA_EXPR_NAME))
		}
	}
	return e
}

func decodeNAT(as attrs) expr {
	e := &nat{kind: "dnat", v6: as.u32(unix.NFTA_NAT_FAMILY) == nfprotoIPv6,
		addr: as.u32(unix.NFTA_NAT_REG_ADDR_MIN), addrTo: as.u32(unix.NFTA_NAT_REG_ADDR_MAX),
		port: as.u32(unix.NFTA_NAT_REG_PROTO_MIN), portTo: as.u32(unix.NFTA_NAT_REG_PROTO_MAX)}
	if as.u32(unix.NFTA_NAT_TYPE) == unix.NFT_NAT_SNAT {
		e.kind = "snat"
	}
	e.prefixOrMap = as.u32(unix.NFTA_NAT_FLAGS)&unix.NF_NAT_RANGE_NETMAP != 0
	return e
}
