package firewall

import (
	"bytes"
	"slices"
	"strings"
)

// text is an anonymous set with its elements, as nft prints it inline.
func (s *set) text(kinds []fieldKind) string {
	const most = 40
	var out []string
	for i, e := range s.sorted(kinds) {
		if i == most {
			out = append(out, "…")
			break
		}
		out = append(out, s.elementText(e, kinds))
	}
	return "{ " + strings.Join(out, ", ") + " }"
}

// sorted are the elements by value, as nft prints them.
func (s *set) sorted(kinds []fieldKind) []element {
	elems := slices.Clone(s.elems)
	slices.SortStableFunc(elems, func(a, b element) int {
		switch {
		case a.catchall != b.catchall:
			return pick(a.catchall, 1, -1)
		case len(kinds) == 1 && kinds[0].inHostOrder():
			return compareU64(hostNumber(a.from), hostNumber(b.from))
		}
		return bytes.Compare(a.from, b.from)
	})
	return elems
}

func (k fieldKind) inHostOrder() bool {
	return k == kindHost || k == kindMark || k == kindCtState || k == kindCtStatus || k == kindAddrType
}

func (s *set) elementText(e element, kinds []fieldKind) string {
	text := "*"
	if !e.catchall {
		var parts []string
		off := 0
		for i, k := range kinds {
			n := s.fieldLen(i, off, kinds)
			from, to := exact(e.from...).part(off, n).bits, exact(e.to...).part(off, n).bits
			parts = append(parts, k.rangeText(from, to))
			off += (n + 3) &^ 3
		}
		text = strings.Join(parts, " . ")
	}
	if e.verdict != nil {
		return text + " : " + e.verdict.String()
	}
	return text
}

func (s *set) fieldLen(i, off int, kinds []fieldKind) int {
	switch {
	case i < len(s.fields):
		return s.fields[i]
	case len(kinds) == 1:
		return s.keyLen
	case kinds[i] == kindAddr:
		return pick(s.keyLen-off >= 16, 16, 4)
	case kinds[i] == kindName:
		return 16
	case kinds[i] == kindProto:
		return 1
	case kinds[i] == kindNumber:
		return 2
	}
	return 4
}

func (k fieldKind) rangeText(from, to []byte) string {
	if string(from) == string(to) {
		return k.text(from)
	}
	if k == kindAddr {
		mask := make([]byte, len(from))
		for i := range mask {
			mask[i] = ^(from[i] ^ to[i])
		}
		if n, ok := prefixLen(mask); ok && string(masked(from, mask)) == string(from) && string(masked(to, mask)) == string(from) {
			return k.text(from) + "/" + itoa(int64(n))
		}
	}
	return k.text(from) + "-" + k.text(to)
}
