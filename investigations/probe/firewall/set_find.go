package firewall

import (
	"bytes"
	"fmt"
)

// found is what a look into a set gave: whether an element matches, and the
// data or the verdicts of those that may.
type found struct {
	match    tri
	why      string
	data     value
	verdicts []verdict
}

// find looks a key up as the kernel does: exact elements, intervals,
// concatenations of intervals, and the catch-all element for all others.
func (s *set) find(key value) found {
	f := found{why: s.doubt(key)}
	for i := range s.elems {
		e := &s.elems[i]
		if e.catchall {
			continue
		}
		f.add(e, s.holds(e, key))
		if f.match == yes {
			return f // no other element can hold it
		}
	}
	if s.partial {
		f.add(&element{unsure: "set " + s.name}, maybe)
	}
	for i := range s.elems {
		if e := &s.elems[i]; e.catchall {
			f.add(e, yes)
		}
	}
	return f
}

func (s *set) doubt(key value) string {
	if s.partial {
		return "the elements of set " + s.name
	}
	return key.what
}

func (f *found) add(e *element, t tri) {
	if t == no {
		return
	}
	if e.unsure != "" {
		t, f.why = maybe, e.unsure
	}
	first := f.match == no
	if e.verdict != nil {
		v := *e.verdict
		v.note = e.comment
		f.verdicts = append(f.verdicts, v)
	}
	if first {
		f.data = exact(e.data...)
	} else {
		f.data = f.data.either(exact(e.data...))
	}
	f.match = f.match.or(t)
}

// holds says whether an element holds a key. In a concatenation each field
// lies in 4-byte registers of its own and is compared on its own.
func (s *set) holds(e *element, key value) tri {
	if len(s.fields) < 2 {
		return key.between(e.from, e.to)
	}
	t, off := yes, 0
	for _, n := range s.fields {
		if off+n > len(e.from) || off+n > len(e.to) {
			return maybe
		}
		t = t.and(key.part(off, n).between(e.from[off:off+n], e.to[off:off+n]))
		off += (n + 3) &^ 3
	}
	return t
}

// intervals turns the kernel's list of interval starts and ends into elements
// from..to: an end is the first key that does not belong.
func intervals(raw []rawElement) []element {
	var out []element
	for i, r := range raw {
		if r.end {
			continue
		}
		e := r.element
		e.to = bytes.Repeat([]byte{0xff}, len(e.from))
		if i+1 < len(raw) && !e.catchall {
			e.to = before(raw[i+1].from)
		}
		out = append(out, e)
	}
	return out
}

// rawElement is an element as the kernel lists it.
type rawElement struct {
	element
	end bool
}

// before is the key before this one.
func before(b []byte) []byte {
	r := append([]byte(nil), b...)
	for i := len(r) - 1; i >= 0; i-- {
		r[i]--
		if r[i] != 0xff {
			break
		}
	}
	return r
}

func (v verdict) String() string {
	switch v.kind {
	case vAccept:
		return "accept"
	case vDrop:
		return "drop"
	case vReject:
		return "reject with " + v.with
	case vJump:
		return "jump " + v.chain
	case vGoto:
		return "goto " + v.chain
	case vReturn:
		return "return"
	case vContinue:
		return "continue"
	}
	return fmt.Sprintf("verdict %d", v.kind)
}
