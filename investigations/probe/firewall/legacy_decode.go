package firewall

import (
	"bytes"
	"fmt"
)

// legacyLayout is where the fields of struct ipt_entry or ip6t_entry lie
// (linux/netfilter_ipv4/ip_tables.h, linux/netfilter_ipv6/ip6_tables.h).
type legacyLayout struct {
	v6                          bool
	addrLen                     int
	iniface                     int // names and masks: in, out, in mask, out mask
	proto, flags, invflags      int
	target, next, counters, end int
}

var (
	layout4 = legacyLayout{false, 4, 16, 80, 82, 83, 88, 90, 96, 112}
	layout6 = legacyLayout{true, 16, 64, 128, 131, 132, 140, 142, 152, 168}
)

// legacyInfo is what struct ipt_getinfo says of a table.
type legacyInfo struct {
	hooks      [5]uint32 // offsets of the base chains, in the order of NF_INET_PRE_ROUTING …
	underflows [5]uint32
	valid      uint32 // bits: which hooks
}

var legacyHooks = [5]string{hookPrerouting, hookInput, hookForward, hookOutput, hookPostrouting}

// legacyPriorities are those of the tables (linux/netfilter_ipv4.h).
func legacyPriority(table, hook string) int {
	switch table {
	case "raw":
		return -300
	case "mangle":
		return -150
	case "nat":
		return pick(hook == hookPrerouting || hook == hookOutput, priorityNATDst, priorityNATSrc)
	case "security":
		return 50
	}
	return 0
}

const (
	xtHeader       = 32 // struct xt_entry_match and xt_entry_target
	maxLegacyRules = 200_000
)

// decodeLegacy turns the entries of a table into chains. It bounds every offset
// that it follows.
func decodeLegacy(name string, info legacyInfo, data []byte, l legacyLayout) (*table, error) {
	d := &legacyDecoder{l: l, data: data, info: info,
		table: &table{engine: engineLegacy, family: pick(l.v6, "ip6", "ip"), name: name, byName: map[string]*chain{}},
		at:    map[int]*chain{}}
	if err := d.split(); err != nil {
		return nil, fmt.Errorf("table %s: %w", name, err)
	}
	for _, c := range d.table.chains {
		if err := d.fill(c); err != nil {
			return nil, fmt.Errorf("table %s: chain %s: %w", name, c.name, err)
		}
	}
	return d.table, nil
}

// legacyEntry is one entry: its place and that of its target.
type legacyEntry struct {
	off, target, next int // from the table's start
}

type legacyDecoder struct {
	l       legacyLayout
	data    []byte
	info    legacyInfo
	table   *table
	at      map[int]*chain // by the offset of the first rule
	entries map[*chain][]legacyEntry
}

// split finds the chains: base chains start at hook offsets, others after an
// ERROR target that bears their name; the last ERROR ends the table.
func (d *legacyDecoder) split() error {
	d.entries = map[*chain][]legacyEntry{}
	var current *chain
	for off, n := 0, 0; off < len(d.data); n++ {
		e, err := d.entry(off)
		if err != nil || n > maxLegacyRules {
			return fmt.Errorf("entry at %d: %w", off, orErr(err, errShort))
		}
		if c := d.baseAt(off); c != nil {
			current = c
		}
		if name, ok := d.errorName(e); ok {
			current = &chain{table: d.table, name: name}
			d.add(current, e.next)
		} else if current != nil {
			d.entries[current] = append(d.entries[current], e)
		}
		off = e.next
	}
	if n := len(d.table.chains); n > 0 && len(d.entries[d.table.chains[n-1]]) == 0 {
		delete(d.table.byName, d.table.chains[n-1].name) // the ERROR that ends the table
		d.table.chains = d.table.chains[:n-1]
	}
	return nil
}

func orErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func (d *legacyDecoder) add(c *chain, off int) {
	d.table.chains = append(d.table.chains, c)
	d.table.byName[c.name] = c
	d.at[off] = c
}

// baseAt makes the base chain that starts at an offset, if one does.
func (d *legacyDecoder) baseAt(off int) *chain {
	for i, hook := range legacyHooks {
		if d.info.valid&(1<<i) != 0 && int(d.info.hooks[i]) == off {
			c := &chain{table: d.table, name: legacyChainName(hook), base: true, hook: hook,
				kind: pick(d.table.name == "nat", "nat", "filter"), priority: legacyPriority(d.table.name, hook)}
			d.add(c, off)
			return c
		}
	}
	return nil
}

func legacyChainName(hook string) string { return string(bytes.ToUpper([]byte(hook))) }

func (d *legacyDecoder) entry(off int) (legacyEntry, error) {
	if off < 0 || off+d.l.end > len(d.data) {
		return legacyEntry{}, errShort
	}
	b := &blob{data: d.data[off:]}
	e := legacyEntry{off, off + int(b.u16(d.l.target)), off + int(b.u16(d.l.next))}
	if e.target < off+d.l.end || e.next < e.target+xtHeader || e.next > len(d.data) {
		return legacyEntry{}, errShort
	}
	return e, nil
}

func (d *legacyDecoder) errorName(e legacyEntry) (string, bool) {
	b := &blob{data: d.data[e.target:e.next]}
	if b.str(2, 29) != "ERROR" || len(b.data) <= xtHeader {
		return "", false
	}
	return b.str(xtHeader, 30), true
}
