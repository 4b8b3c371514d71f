package firewall

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// decodeExprs decodes a rule's list of expressions (NFTA_RULE_EXPRESSIONS).
func decodeExprs(list attrs, v6 bool) []expr {
	var out []expr
	for _, a := range list {
		if as, err := parseAttrs(a.data); err == nil {
			out = append(out, decodeExpr(as.str(unix.NFTA_EXPR_NAME), as.nested(unix.NFTA_EXPR_DATA), v6))
		} else {
			out = append(out, &lost{"unreadable", "an expression that cannot be read"})
		}
	}
	return out
}

// decodeExpr decodes one expression (linux/netfilter/nf_tables.h); what is not
// known becomes a doubt, never nothing.
func decodeExpr(name string, as attrs, v6 bool) expr {
	if name == "match" {
		return decodeXTMatch(as.str(unix.NFTA_MATCH_NAME), int(as.u32(unix.NFTA_MATCH_REV)), as.get(unix.NFTA_MATCH_INFO), v6)
	}
	if name == "target" {
		return decodeXTTarget(as.str(unix.NFTA_TARGET_NAME), int(as.u32(unix.NFTA_TARGET_REV)), as.get(unix.NFTA_TARGET_INFO), v6)
	}
	for _, decode := range []func(string, attrs) expr{decodeLoad, decodeMatch, decodeStatement, decodeEnd} {
		if e := decode(name, as); e != nil {
			return e
		}
	}
	return &lost{name, "expression " + name}
}

func decodeLoad(name string, as attrs) expr {
	switch name {
	case "meta":
		if as.has(unix.NFTA_META_SREG) {
			return &metaSet{as.u32(unix.NFTA_META_KEY), as.u32(unix.NFTA_META_SREG)}
		}
		return &metaLoad{as.u32(unix.NFTA_META_KEY), as.u32(unix.NFTA_META_DREG)}
	case "ct":
		return decodeCt(as)
	case "payload":
		if as.has(unix.NFTA_PAYLOAD_SREG) {
			return decodePayloadSet(as)
		}
		return &payload{base: as.u32(unix.NFTA_PAYLOAD_BASE), offset: as.u32(unix.NFTA_PAYLOAD_OFFSET),
			len: as.u32(unix.NFTA_PAYLOAD_LEN), dreg: as.u32(unix.NFTA_PAYLOAD_DREG)}
	case "fib":
		return &fib{dreg: as.u32(unix.NFTA_FIB_DREG), result: as.u32(unix.NFTA_FIB_RESULT), flags: as.u32(unix.NFTA_FIB_FLAGS)}
	case "exthdr":
		return &exthdr{op: as.u32(unix.NFTA_EXTHDR_OP), dreg: as.u32(unix.NFTA_EXTHDR_DREG), len: as.u32(unix.NFTA_EXTHDR_LEN),
			flags: as.u32(unix.NFTA_EXTHDR_FLAGS), sreg: as.u32(unix.NFTA_EXTHDR_SREG), typ: as.u8(unix.NFTA_EXTHDR_TYPE)}
	case "immediate":
		return decodeImmediate(as)
	case "numgen":
		return &opaque{name, as.u32(unix.NFTA_NG_DREG),
			fmt.Sprintf("numgen %s mod %d", pick(as.u32(unix.NFTA_NG_TYPE) == 0, "inc", "random"), as.u32(unix.NFTA_NG_MODULUS))}
	case "rt", "socket", "tunnel", "osf":
		return &opaque{name, as.u32(1), ""} // their first attribute is the register
	case "hash":
		return &opaque{name, as.u32(unix.NFTA_HASH_DREG), ""}
	case "xfrm":
		return &opaque{"ipsec", as.u32(1), ""}
	}
	return nil
}

func decodeCt(as attrs) expr {
	if as.has(unix.NFTA_CT_SREG) {
		return &ctSet{as.u32(unix.NFTA_CT_KEY), as.u32(unix.NFTA_CT_SREG)}
	}
	e := &ctLoad{key: as.u32(unix.NFTA_CT_KEY), dreg: as.u32(unix.NFTA_CT_DREG), dir: dirNone}
	if as.has(unix.NFTA_CT_DIRECTION) {
		e.dir = as.u8(unix.NFTA_CT_DIRECTION)
	}
	return e
}

// decodePayloadSet is a rewrite of the packet: of addresses and ports it is one
// that we do not follow.
func decodePayloadSet(as attrs) expr {
	base, off := as.u32(unix.NFTA_PAYLOAD_BASE), as.u32(unix.NFTA_PAYLOAD_OFFSET)
	if base == baseTransport && off < 4 || base == baseNetwork && off >= 8 {
		return &lost{"payload", "a rewrite of the packet's header"}
	}
	return &pass{name: "payload"}
}

func decodeImmediate(as attrs) expr {
	data := as.nested(unix.NFTA_IMMEDIATE_DATA)
	if data.has(unix.NFTA_DATA_VERDICT) {
		return &immediateVerdict{decodeVerdict(data.nested(unix.NFTA_DATA_VERDICT))}
	}
	return &immediate{as.u32(unix.NFTA_IMMEDIATE_DREG), data.get(unix.NFTA_DATA_VALUE)}
}

// decodeVerdict decodes NFTA_DATA_VERDICT (nft_verdict_init, nf_tables_api.c).
func decodeVerdict(as attrs) verdict {
	to := as.str(unix.NFTA_VERDICT_CHAIN)
	switch code := int32(as.u32(unix.NFTA_VERDICT_CODE)); code {
	case unix.NFT_CONTINUE:
		return verdict{kind: vContinue}
	case unix.NFT_BREAK:
		return verdict{kind: vBreak}
	case unix.NFT_JUMP:
		return verdict{kind: vJump, chain: to}
	case unix.NFT_GOTO:
		return verdict{kind: vGoto, chain: to}
	case unix.NFT_RETURN:
		return verdict{kind: vReturn}
	case 0:
		return verdict{kind: vDrop}
	case 1:
		return verdict{kind: vAccept}
	default:
		return verdict{kind: vLost, why: fmt.Sprintf("verdict %d", code)}
	}
}

func decodeMatch(name string, as attrs) expr {
	switch name {
	case "cmp":
		return &cmp{as.u32(unix.NFTA_CMP_OP), as.u32(unix.NFTA_CMP_SREG), as.nested(unix.NFTA_CMP_DATA).get(unix.NFTA_DATA_VALUE)}
	case "range":
		return &inRange{as.u32(unix.NFTA_RANGE_OP) == unix.NFT_RANGE_NEQ, as.u32(unix.NFTA_RANGE_SREG),
			as.nested(unix.NFTA_RANGE_FROM_DATA).get(unix.NFTA_DATA_VALUE),
			as.nested(unix.NFTA_RANGE_TO_DATA).get(unix.NFTA_DATA_VALUE)}
	case "bitwise":
		return &bitwise{op: as.u32(6), // NFTA_BITWISE_OP
			sreg: as.u32(unix.NFTA_BITWISE_SREG), dreg: as.u32(unix.NFTA_BITWISE_DREG), len: as.u32(unix.NFTA_BITWISE_LEN),
			mask: as.nested(unix.NFTA_BITWISE_MASK).get(unix.NFTA_DATA_VALUE),
			xor:  as.nested(unix.NFTA_BITWISE_XOR).get(unix.NFTA_DATA_VALUE)}
	case "byteorder":
		return &byteorder{as.u32(unix.NFTA_BYTEORDER_SREG), as.u32(unix.NFTA_BYTEORDER_DREG),
			as.u32(unix.NFTA_BYTEORDER_LEN), as.u32(unix.NFTA_BYTEORDER_SIZE)}
	case "lookup":
		return &lookup{set: as.str(unix.NFTA_LOOKUP_SET), sreg: as.u32(unix.NFTA_LOOKUP_SREG), dreg: as.u32(unix.NFTA_LOOKUP_DREG),
			invert: as.u32(unix.NFTA_LOOKUP_FLAGS)&unix.NFT_LOOKUP_F_INV != 0, isMap: as.has(unix.NFTA_LOOKUP_DREG)}
	case "limit":
		return decodeLimit(as)
	case "connlimit":
		return &doubt{name, "the number of connections", ""}
	case "quota":
		return &doubt{name, "a quota", ""}
	}
	return nil
}

func decodeStatement(name string, as attrs) expr {
	switch name {
	case "counter":
		return &counter{packets: int64(as.u64(unix.NFTA_COUNTER_PACKETS))}
	case "log":
		return decodeLog(as)
	case "dup":
		return &pass{name: name}
	case "last", "secmark", "flow_offload", "cthelper", "cttimeout", "ctexpect":
		return &pass{name: name}
	case "notrack":
		return notrack{}
	case "objref":
		return decodeObjref(as)
	case "dynset":
		return decodeDynset(as)
	}
	return nil
}

func decodeEnd(name string, as attrs) expr {
	switch name {
	case "reject":
		return &reject{as.u32(unix.NFTA_REJECT_TYPE), as.u8(unix.NFTA_REJECT_ICMP_CODE)}
	case "nat":
		return decodeNAT(as)
	case "masq":
		return &nat{kind: "masquerade"}
	case "redir":
		return &nat{kind: "redirect", port: as.u32(unix.NFTA_REDIR_REG_PROTO_MIN), portTo: as.u32(unix.NFTA_REDIR_REG_PROTO_MAX)}
	case "queue":
		return &lost{name, "a queue to a program"}
	case "tproxy":
		return &lost{name, "a transparent proxy"}
	case "synproxy":
		return &lost{name, "a SYN proxy"}
	case "fwd":
		return &lost{name, "a forward to another interface"}
	}
	return nil
}
