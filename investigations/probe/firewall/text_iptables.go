package firewall

import (
	"net/netip"
	"strings"
)

// iptablesText is the rule as iptables-save prints it (-A CHAIN …).
func (r *rule) iptablesText() string {
	t := &iptablesText{head: map[string][]string{}}
	for _, c := range readRule(r) {
		t.add(c)
	}
	out := []string{"-A", r.chain.name}
	for _, h := range headOrder {
		out = append(out, t.head[h]...)
	}
	return strings.Join(append(append(out, t.matches...), t.target...), " ")
}

// iptablesText collects a rule's options: addresses, interfaces and protocol
// first, then the matches in order, then the target.
type iptablesText struct {
	head            map[string][]string // by option
	matches, target []string
	ports           bool // -m tcp stands already
}

var headOrder = []string{"-s", "-d", "-i", "-o", "-p", "-f"}

func (t *iptablesText) add(c clause) {
	switch {
	case c.raw != nil:
		t.statement(c)
	case c.field == "ip saddr" || c.field == "ip6 saddr":
		t.option("-s", c.op, withPrefix(c.value))
	case c.field == "ip daddr" || c.field == "ip6 daddr":
		t.option("-d", c.op, withPrefix(c.value))
	case c.field == "iifname":
		t.option("-i", c.op, xtName(c.value))
	case c.field == "oifname":
		t.option("-o", c.op, xtName(c.value))
	case c.field == "meta l4proto" || c.field == "ip protocol" || c.field == "ip6 nexthdr":
		t.option("-p", c.op, c.value)
	case strings.HasSuffix(c.field, " sport") || strings.HasSuffix(c.field, " dport"):
		proto, side, _ := strings.Cut(c.field, " ")
		t.matchPorts(proto, c.op, "--"+side, strings.Replace(c.value, "-", ":", 1))
	case c.field == "tcp flags":
		t.matchPorts("tcp", pick(c.op == "!=", "!=", ""), "--tcp-flags", strings.ToUpper(orElse(c.mask, c.value)), strings.ToUpper(c.value))
	case c.field == "meta mark" || c.field == "ct mark":
		t.matchMark(c)
	default:
		t.matches = append(t.matches, c.String())
	}
}

func (t *iptablesText) option(name, op, value string) {
	t.head[name] = append(bang(op == "!="), name, value)
}

func (t *iptablesText) matchPorts(proto, op, name string, values ...string) {
	if !t.ports {
		t.matches = append(t.matches, "-m", proto)
		t.ports = true
	}
	t.matches = append(append(append(t.matches, bang(op == "!=")...), name), values...)
}

func (t *iptablesText) matchMark(c clause) {
	value := "0x" + strings.TrimLeft(strings.TrimPrefix(c.value, "0x"), "0")
	if value == "0x" {
		value = "0x0"
	}
	if c.mask != "" {
		value += "/0x" + strings.TrimLeft(strings.TrimPrefix(c.mask, "0x"), "0")
	}
	t.matches = append(append(append(t.matches, "-m", pick(c.field == "ct mark", "connmark", "mark")), bang(c.op == "!=")...), "--mark", value)
}

func (t *iptablesText) statement(c clause) {
	switch e := c.raw.(type) {
	case *counter:
	case *legacyHeader:
		e.options(t)
	case *xtMatch:
		t.ports = t.ports || e.name == "tcp"
		t.matches = append(append(t.matches, "-m", e.name), e.args...)
	case *xtTarget:
		t.target = append([]string{"-j", e.name}, e.args...)
	case *immediateVerdict:
		t.target = verdictArgs(e.verdict)
	case *limit:
		unit := lookupName(map[uint64]string{1: "sec", 60: "min", 3600: "hour", 86400: "day"}, e.unit)
		t.matches = append(t.matches, "-m", "limit", "--limit", itoa(int64(e.rate))+"/"+unit)
		if e.burst != 5 {
			t.matches = append(t.matches, "--limit-burst", itoa(int64(e.burst)))
		}
	case *logLine:
		t.target = []string{"-j", pick(e.group >= 0, "NFLOG", "LOG")}
	case *pass:
	default:
		t.matches = append(t.matches, c.value)
	}
}

func verdictArgs(v verdict) []string {
	switch v.kind {
	case vJump:
		return []string{"-j", v.chain}
	case vGoto:
		return []string{"-g", v.chain}
	}
	return []string{"-j", strings.ToUpper(v.String())}
}

// withPrefix is an address as iptables-save prints it, always with its length.
func withPrefix(s string) string {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()).String()
	}
	return s
}

func xtName(s string) string { return strings.Replace(strings.Trim(s, `"`), "*", "+", 1) }

// options puts the header's matches among the options.
func (h *legacyHeader) options(t *iptablesText) {
	add := func(invert byte, name, value string) { t.option(name, pick(h.inv&invert != 0, "!=", ""), value) }
	if !allZero(h.srcMask) {
		add(invSrc, "-s", prefixText(h.src, h.srcMask))
	}
	if !allZero(h.dstMask) {
		add(invDst, "-d", prefixText(h.dst, h.dstMask))
	}
	if !h.in.any() {
		add(invIn, "-i", h.in.String())
	}
	if !h.out.any() {
		add(invOut, "-o", h.out.String())
	}
	if h.proto != 0 {
		add(invProto, "-p", lookupName(protoNames, uint64(h.proto)))
	}
	if h.fragment {
		t.head["-f"] = []string{"-f"}
	}
}

func allZero(b []byte) bool { return strings.Trim(string(b), "\x00") == "" }

func prefixText(a netip.Addr, mask []byte) string {
	if n, ok := prefixLen(mask); ok {
		return a.String() + "/" + itoa(int64(n))
	}
	return a.String() + "/" + addrFrom(mask).String()
}
