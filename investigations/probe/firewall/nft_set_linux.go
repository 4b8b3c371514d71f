package firewall

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Attributes that golang.org/x/sys does not name (linux/netfilter/nf_tables.h).
const (
	setDescConcat      = 2    // NFTA_SET_DESC_CONCAT
	setFieldLen        = 1    // NFTA_SET_FIELD_LEN
	setElemKeyEnd      = 10   // NFTA_SET_ELEM_KEY_END
	setElemExpressions = 0x11 // NFTA_SET_ELEM_EXPRESSIONS
	setElemCatchall    = 2    // NFT_SET_ELEM_CATCHALL
	setTypeVerdict     = 0xffffff00
)

func (r *nftReader) addSet(m nfMessage) {
	t := r.tables[nftKey{m.family, m.str(unix.NFTA_SET_TABLE)}]
	if t == nil {
		return
	}
	flags := m.u32(unix.NFTA_SET_FLAGS)
	s := &set{name: m.str(unix.NFTA_SET_NAME), anon: flags&unix.NFT_SET_ANONYMOUS != 0, interval: flags&unix.NFT_SET_INTERVAL != 0,
		isMap: flags&unix.NFT_SET_MAP != 0, keyLen: int(m.u32(unix.NFTA_SET_KEY_LEN)), keyType: m.u32(unix.NFTA_SET_KEY_TYPE),
		dataType: m.u32(unix.NFTA_SET_DATA_TYPE)}
	s.verdicts = s.dataType == setTypeVerdict
	for _, f := range m.nested(unix.NFTA_SET_DESC).nested(setDescConcat) {
		if as, err := parseAttrs(f.data); err == nil {
			s.fields = append(s.fields, int(as.u32(setFieldLen)))
		}
	}
	t.sets[s.name] = s
}

// readElements reads the elements of every set.
func (r *nftReader) readElements() error {
	for key, t := range r.tables {
		for _, s := range t.sets {
			answers, err := r.c.ask(unix.NFNL_SUBSYS_NFTABLES, unix.NFT_MSG_GETSETELEM, key.family,
				[]netlink.Attribute{nftAttr(unix.NFTA_SET_ELEM_LIST_TABLE, t.name), nftAttr(unix.NFTA_SET_ELEM_LIST_SET, s.name)}, true)
			if err != nil {
				return fmt.Errorf("list elements of set %s of table %s %s: %w", s.name, t.family, t.name, err)
			}
			var raw []rawElement
			for _, a := range answers {
				for _, e := range a.nested(unix.NFTA_SET_ELEM_LIST_ELEMENTS) {
					raw = append(raw, decodeElement(e.data))
				}
			}
			s.fill(raw)
		}
	}
	return nil
}

// fill gives a set its elements: a plain interval set lists starts and ends.
func (s *set) fill(raw []rawElement) {
	if s.interval && len(s.fields) < 2 {
		slices.SortStableFunc(raw, func(a, b rawElement) int {
			if c := bytes.Compare(a.from, b.from); c != 0 || a.end == b.end {
				return c
			}
			return pick(a.end, -1, 1)
		})
		s.elems = intervals(raw)
		return
	}
	for _, e := range raw {
		if e.to == nil {
			e.to = e.from
		}
		s.elems = append(s.elems, e.element)
	}
}

func decodeElement(b []byte) rawElement {
	as, err := parseAttrs(b)
	if err != nil {
		return rawElement{element: element{unsure: "an element that cannot be read"}}
	}
	flags := as.u32(unix.NFTA_SET_ELEM_FLAGS)
	e := rawElement{end: flags&unix.NFT_SET_ELEM_INTERVAL_END != 0}
	e.catchall = flags&setElemCatchall != 0
	e.from = as.nested(unix.NFTA_SET_ELEM_KEY).get(unix.NFTA_DATA_VALUE)
	e.to = as.nested(setElemKeyEnd).get(unix.NFTA_DATA_VALUE)
	e.comment = udataString(as.get(unix.NFTA_SET_ELEM_USERDATA), 0)
	data := as.nested(unix.NFTA_SET_ELEM_DATA)
	e.data = data.get(unix.NFTA_DATA_VALUE)
	if data.has(unix.NFTA_DATA_VERDICT) {
		v := decodeVerdict(data.nested(unix.NFTA_DATA_VERDICT))
		e.verdict = &v
	}
	for _, n := range elementExprs(as) {
		if n != "counter" && n != "last" {
			e.unsure = "the " + n + " of a set's element"
		}
	}
	return e
}

func elementExprs(as attrs) []string {
	var names []string
	if as.has(unix.NFTA_SET_ELEM_EXPR) {
		names = append(names, as.nested(unix.NFTA_SET_ELEM_EXPR).str(unix.NFTA_EXPR_NAME))
	}
	for _, x := range as.nested(setElemExpressions) {
		if in, err := parseAttrs(x.data); err == nil {
			names = append(names, in.str(unix.NFTA_EXPR_NAME))
		}
	}
	return names
}
