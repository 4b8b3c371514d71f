package firewall

import (
	"fmt"
	"strings"
)

// text is the rule as its own tool prints it, without counters.
func (r *rule) text() string {
	if r.chain.table.engine == engineLegacy || r.chain.table.compat() {
		return r.iptablesText()
	}
	return r.nftText()
}

func (r *rule) nftText() string {
	list := readRule(r)
	var out []string
	for i, c := range list {
		if !implied(c, list[i+1:]) && c.String() != "" {
			out = append(out, c.String())
		}
	}
	if r.comment != "" {
		out = append(out, "comment "+quote(r.comment))
	}
	return strings.Join(out, " ")
}

// implied says whether nft leaves a match out, because a later one needs it.
func implied(c clause, later []clause) bool {
	if c.op != "" {
		return false
	}
	var by string
	switch {
	case (c.field == "meta l4proto" || c.field == "ip protocol" || c.field == "ip6 nexthdr") && !strings.Contains(c.value, "{"):
		by = c.value + " "
	case c.field == "meta nfproto" || c.field == "meta protocol":
		by = map[string]string{"ipv4": "ip ", "ipv6": "ip6 ", "ip": "ip ", "ip6": "ip6 "}[c.value]
	}
	for _, l := range later {
		if by != "" && (strings.HasPrefix(l.field, by) || strings.Contains(l.field, " . "+by)) || by != "" && strings.Contains(l.value, "{ "+by) {
			return true
		}
	}
	return false
}

func (c clause) String() string {
	switch {
	case c.field == "":
		return c.value
	case c.mask != "" && c.kind == kindTCPFlags:
		return c.field + pick(c.op == "!=", " != ", " ") + c.value + " / " + c.mask
	case c.mask != "":
		return c.field + " & " + c.mask + " " + c.op + " " + c.value
	case c.op != "":
		return c.field + " " + c.op + " " + c.value
	}
	return c.field + " " + c.value
}

// statement is an expression that is not a match of a register.
func (c *clauses) statement(e expr) string {
	switch e := e.(type) {
	case *counter:
		return "counter"
	case *immediateVerdict:
		return e.verdict.String()
	case *reject:
		return e.text(c.table.family, c.v6())
	case *limit:
		return e.text()
	case *logLine:
		return e.text()
	case *nat:
		return c.natText(e)
	case *metaSet:
		return "meta " + metaName(e.key) + " set " + c.valueOf(e.sreg, kindMark)
	case *ctSet:
		return "ct " + ctName(e.key) + " set " + c.valueOf(e.sreg, kindMark)
	case *dynset:
		return at([]string{"add", "update", "delete"}, e.op) + " @" + e.set + " { " + c.keyOf(e) + strings.Join(append([]string{""}, e.bound...), " ") + " }"
	case notrack:
		return "notrack"
	case *pass:
		return orElse(e.text, e.name)
	case *doubt:
		return orElse(e.print, e.name)
	case *lost:
		return e.name
	case *xtMatch:
		return "xt match " + quote(e.name)
	case *xtTarget:
		return "xt target " + quote(e.name)
	}
	return fmt.Sprintf("%T", e)
}

func (c *clauses) keyOf(e *dynset) string {
	key, _ := c.key(e.key, c.table.sets[e.set])
	return key
}

func (c *clauses) valueOf(reg uint32, k fieldKind) string {
	s := c.at(reg)
	if s.data != nil {
		return k.text(s.data)
	}
	if s.mask != nil {
		return s.field + s.kind.changeText(s.mask, s.xor)
	}
	return s.field
}

func (e *reject) text(family string, v6 bool) string {
	switch {
	case e.typ == rejectReset:
		return "reject with tcp reset"
	case e.typ == rejectICMPX && e.code == 1 || family == "ip" && e.code == 3 || family == "ip6" && e.code == 4:
		return "reject"
	case e.typ == rejectICMPX:
		return "reject with icmpx " + nameOf(icmpxNames, e.code)
	case v6:
		return "reject with icmpv6 " + nameOf(icmp6Names, e.code)
	}
	return "reject with icmp " + strings.Replace(nameOf(icmpNames, e.code), "proto-", "prot-", 1)
}

func (e *limit) text() string {
	unit := lookupName(map[uint64]string{1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}, e.unit)
	rate := fmt.Sprintf("limit rate %s%d", pick(e.over, "over ", ""), e.rate)
	if e.bytes {
		return rate + " bytes/" + unit
	}
	rate += "/" + unit
	if e.burst != 0 && e.burst != 5 {
		rate += fmt.Sprintf(" burst %d packets", e.burst)
	}
	return rate
}

func (e *logLine) text() string {
	s := "log"
	if e.prefix != "" {
		s += " prefix " + quote(e.prefix)
	}
	if e.group >= 0 {
		s += " group " + itoa(int64(e.group))
	}
	if e.level >= 0 && e.level != 4 {
		s += " level " + at([]string{"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"}, uint32(e.level))
	}
	return s
}

func (c *clauses) natText(e *nat) string {
	s := e.kind
	addr, port := "", ""
	if e.addr != 0 {
		addr = c.valueOf(e.addr, kindAddr)
	}
	if e.port != 0 && !c.at(e.addr).isMap {
		port = ":" + c.valueOf(e.port, kindNumber)
	}
	if addr == "" && port == "" {
		return s
	}
	if c.table.family == "inet" && e.addr != 0 {
		s += pick(e.v6, " ip6", " ip")
	}
	if port != "" && strings.Contains(addr, ":") {
		addr = "[" + addr + "]"
	}
	return s + " to " + addr + port
}
