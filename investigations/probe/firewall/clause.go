package firewall

import (
	"strings"
)

// clause is one part of a rule as a reader sees it: a match of a field, or a
// statement.
type clause struct {
	field string // "ip saddr"; empty: a statement
	op    string // "", "!=", "<" …
	value string
	// mask is the text of a mask that is not a prefix.
	mask string
	kind fieldKind
	raw  expr // the expression of a statement
}

// symbol is what a register holds, as text.
type symbol struct {
	field string
	kind  fieldKind
	len   int
	mask  []byte // of a bitwise, unless it is nil
	xor   []byte
	data  []byte // of an immediate
	isMap bool   // out of a map
}

// clauses are a rule's expressions as text, register by register.
type clauses struct {
	table *table
	regs  map[int]symbol
	list  []clause
}

// readRule turns native expressions into clauses; others stay statements.
func readRule(r *rule) []clause {
	c := &clauses{table: r.chain.table, regs: map[int]symbol{}}
	for _, e := range r.exprs {
		c.read(e)
	}
	return c.list
}

func (c *clauses) load(reg uint32, s symbol) {
	if off, ok := regOffset(reg); ok {
		c.regs[off] = s
	}
}

func (c *clauses) at(reg uint32) symbol {
	off, _ := regOffset(reg)
	if s, ok := c.regs[off]; ok {
		return s
	}
	return symbol{field: "register " + itoa(int64(reg))}
}

func (c *clauses) read(e expr) {
	switch e := e.(type) {
	case *metaLoad:
		c.load(e.dreg, metaSymbol(e.key))
	case *metaSet, *ctSet:
		c.list = append(c.list, clause{value: c.statement(e), raw: e})
	case *ctLoad:
		c.load(e.dreg, ctSymbol(e.key, e.dir))
	case *payload:
		c.load(e.dreg, payloadSymbol(e, c.v6(), c.proto()))
	case *fib:
		c.load(e.dreg, fibSymbol(e))
	case *exthdr:
		c.load(e.dreg, symbol{field: exthdrField(e), kind: kindNumber})
	case *opaque:
		c.load(e.dreg, symbol{field: orElse(e.text, e.name), kind: kindHost, len: 4})
	case *immediate:
		c.load(e.dreg, symbol{data: e.data, len: len(e.data)})
	case *bitwise:
		s := c.at(e.sreg)
		s.mask, s.xor = e.mask, e.xor
		c.load(e.dreg, s)
	case *byteorder:
		s := c.at(e.sreg)
		s.kind = s.kind.swapped()
		c.load(e.dreg, s)
	case *cmp:
		c.compare(e)
	case *inRange:
		s := c.at(e.sreg)
		c.match(s, pick(e.invert, "!=", ""), s.kind.text(e.from)+"-"+s.kind.text(e.to))
	case *lookup:
		c.lookup(e)
	default:
		c.list = append(c.list, clause{value: c.statement(e), raw: e})
	}
}

// v6 says whether what was read so far makes the packet one of IPv6.
func (c *clauses) v6() bool {
	for _, l := range c.list {
		if l.field == "meta nfproto" && l.value == "ipv6" || l.field == "meta protocol" && l.value == "ip6" {
			return true
		}
	}
	return c.table.family == "ip6"
}

// proto is the transport protocol that was matched so far, or th.
func (c *clauses) proto() string {
	for _, l := range c.list {
		if (l.field == "meta l4proto" || l.field == "ip protocol" || l.field == "ip6 nexthdr") && l.op == "" {
			switch l.value {
			case "tcp", "udp", "sctp", "dccp", "udplite":
				return l.value
			}
		}
	}
	return "th"
}

func (c *clauses) match(s symbol, op, value string) {
	c.list = append(c.list, clause{field: s.field, op: op, value: value, kind: s.kind})
}

var cmpOps = []string{"", "!=", "<", "<=", ">", ">="}

// compare adds a comparison; >= and <= of one field become a range.
func (c *clauses) compare(e *cmp) {
	s := c.at(e.sreg)
	op := at(cmpOps, e.op)
	if s.mask != nil {
		c.compareMasked(s, op, e.data)
		return
	}
	if n := len(c.list); n > 0 && op == "<=" && c.list[n-1].op == ">=" && c.list[n-1].field == s.field {
		c.list[n-1].op = ""
		c.list[n-1].value += "-" + s.kind.text(e.data)
		return
	}
	c.match(s, op, c.valueText(s, e.data))
}

// valueText is a value as its field reads; an interface's index is its name.
func (c *clauses) valueText(s symbol, data []byte) string {
	if s.kind == kindIfindex {
		if name := c.table.links[int(hostNumber(data))]; name != "" {
			return quote(name)
		}
		return itoa(int64(hostNumber(data)))
	}
	return s.kind.prefixText(data, s.len)
}

// compareMasked adds a comparison of some bits: a prefix, flags, or a mask.
func (c *clauses) compareMasked(s symbol, op string, data []byte) {
	if n, ok := prefixLen(s.mask); ok && s.kind.isAddr() {
		c.match(s, op, s.kind.text(data)+"/"+itoa(int64(n)))
		return
	}
	mask := s.kind.maskText(s.mask)
	if len(strings.Trim(string(data), "\x00")) == 0 && s.kind.isBits() {
		if op == "!=" {
			c.match(s, "", mask)
		} else {
			c.match(s, "!", mask)
		}
		return
	}
	c.list = append(c.list, clause{field: s.field, op: orElse(op, "=="), value: s.kind.maskText(data), mask: mask, kind: s.kind})
}

func (c *clauses) lookup(e *lookup) {
	s := c.table.sets[e.set]
	key, kinds := c.key(e.sreg, s)
	name := "@" + e.set
	if s != nil && s.anon {
		name = s.text(kinds)
	}
	switch {
	case e.isMap && e.dreg == regVerdict:
		c.list = append(c.list, clause{field: key, op: "vmap", value: name})
	case e.isMap:
		c.load(e.dreg, symbol{field: key + " map " + name, isMap: true})
	default:
		c.list = append(c.list, clause{field: key, op: pick(e.invert, "!=", ""), value: name})
	}
}

// key is the text of the registers that a set's key covers.
func (c *clauses) key(reg uint32, s *set) (string, []fieldKind) {
	off, _ := regOffset(reg)
	first := c.at(reg)
	names, kinds := []string{first.field}, []fieldKind{first.kind}
	if s == nil {
		return first.field, kinds
	}
	for n := (first.len + 3) &^ 3; n > 0 && n < s.keyLen; {
		next, ok := c.regs[off+n]
		if !ok || next.len == 0 {
			break
		}
		names, kinds = append(names, next.field), append(kinds, next.kind)
		n += (next.len + 3) &^ 3
	}
	return strings.Join(names, " . "), kinds
}
