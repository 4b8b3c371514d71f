package firewall

import (
	"fmt"
	"strings"
)

func metaSymbol(key uint32) symbol {
	s := symbol{field: "meta " + metaName(key), kind: kindHost, len: 4}
	switch key {
	case metaIIFName, metaOIFName:
		return symbol{field: metaName(key), kind: kindName, len: 16}
	case metaIIF, metaOIF:
		s.field, s.kind = metaName(key), kindIfindex
	case metaIIFType, metaOIFType:
		s.field, s.kind, s.len = metaName(key), kindLinkType, 2
	case metaMark:
		s.kind = kindMark
	case metaL4Proto:
		s.kind, s.len = kindProto, 1
	case metaNFProto:
		s.kind, s.len = kindNFProto, 1
	case metaProtocol:
		s.kind, s.len = kindEther, 2
	case metaPktType:
		s.kind, s.len = kindPkt, 1
	}
	return s
}

func ctSymbol(key uint32, dir uint8) symbol {
	s := symbol{field: "ct " + ctName(key), kind: kindNumber, len: 4}
	if dir != dirNone {
		s.field = "ct " + pick(dir == dirOriginal, "original ", "reply ") + ctName(key)
	}
	switch key {
	case ctState:
		s.kind = kindCtState
	case ctStatus:
		s.kind = kindCtStatus
	case ctMark:
		s.kind = kindMark
	case ctDirection:
		s.kind, s.len = kindCtDir, 1
	case ctSrc, ctDst, ctSrcIP, ctDstIP:
		s.kind = kindAddr
	case ctSrcIP6, ctDstIP6:
		s.kind, s.len = kindAddr, 16
	case ctProtocol:
		s.kind, s.len = kindProto, 1
	case ctProtoSrc, ctProtoDst:
		s.len = 2
	}
	return s
}

// fieldAt is a header field by its place: base, offset, length.
type fieldAt struct{ base, offset, len uint32 }

var headerFields = map[fieldAt]symbol{
	{baseLink, 0, 6}:       {field: "ether daddr", kind: kindMAC},
	{baseLink, 6, 6}:       {field: "ether saddr", kind: kindMAC},
	{baseLink, 12, 2}:      {field: "ether type", kind: kindEther},
	{baseTransport, 0, 2}:  {field: "th sport"},
	{baseTransport, 2, 2}:  {field: "th dport"},
	{baseTransport, 13, 1}: {field: "th flags", kind: kindTCPFlags},
	{baseTransport, 14, 2}: {field: "th window"},
}

var ip4Fields = map[fieldAt]symbol{
	{baseNetwork, 1, 1}:  {field: "ip dscp"},
	{baseNetwork, 2, 2}:  {field: "ip length"},
	{baseNetwork, 4, 2}:  {field: "ip id"},
	{baseNetwork, 6, 2}:  {field: "ip frag-off"},
	{baseNetwork, 8, 1}:  {field: "ip ttl"},
	{baseNetwork, 9, 1}:  {field: "ip protocol", kind: kindProto},
	{baseNetwork, 12, 4}: {field: "ip saddr", kind: kindAddr},
	{baseNetwork, 16, 4}: {field: "ip daddr", kind: kindAddr},
}

var ip6Fields = map[fieldAt]symbol{
	{baseNetwork, 4, 2}:   {field: "ip6 length"},
	{baseNetwork, 6, 1}:   {field: "ip6 nexthdr", kind: kindProto},
	{baseNetwork, 7, 1}:   {field: "ip6 hoplimit"},
	{baseNetwork, 8, 16}:  {field: "ip6 saddr", kind: kindAddr},
	{baseNetwork, 24, 16}: {field: "ip6 daddr", kind: kindAddr},
}

// payloadSymbol names a header field. A load of an address's first bytes only
// compares a prefix, and counts as the whole.
func payloadSymbol(e *payload, v6 bool, proto string) symbol {
	fields := pick(v6, ip6Fields, ip4Fields)
	whole := fieldAt{e.base, e.offset, pick[uint32](v6, 16, 4)}
	for _, at := range []fieldAt{{e.base, e.offset, e.len}, whole} {
		s, ok := headerFields[at]
		if !ok {
			s, ok = fields[at]
		}
		if ok && (at.len == e.len || s.kind == kindAddr && e.len < at.len) {
			s.len = int(at.len)
			s.field = strings.Replace(s.field, "th ", proto+" ", 1)
			return s
		}
	}
	return symbol{field: fmt.Sprintf("@%s,%d,%d", at([]string{"ll", "nh", "th"}, e.base), 8*e.offset, 8*e.len), len: int(e.len)}
}

func fibSymbol(e *fib) symbol {
	s := "fib"
	sep := " "
	for i, n := range []string{"saddr", "daddr", "mark", "iif", "oif"} {
		if e.flags&(1<<i) != 0 {
			s, sep = s+sep+n, " . "
		}
	}
	switch {
	case e.result == fibResultType:
		return symbol{field: s + " type", kind: kindAddrType, len: 4}
	case e.flags&fibPresent != 0:
		return symbol{field: s + " oif", kind: kindBool, len: 1}
	case e.result == fibResultOIFName:
		return symbol{field: s + " oifname", kind: kindName, len: 16}
	}
	return symbol{field: s + " oif", kind: kindIfindex, len: 4}
}

func exthdrField(e *exthdr) string {
	switch e.op {
	case exthdrTCP:
		return fmt.Sprintf("tcp option %d", e.typ)
	case exthdrIPv4:
		return fmt.Sprintf("ip option %d", e.typ)
	}
	return fmt.Sprintf("exthdr %d", e.typ)
}
